using System.Globalization;

namespace Bld.Builder.Cli.Templates;

/// <summary>
/// A moment with all the digits that it was written with: .NET's own types count tenths of microseconds, and images nanoseconds.
/// </summary>
/// <param name="Text">RFC 3339 in UTC.</param>
internal sealed record GoTime(string Text)
{
    /// <summary>Go's zero time.</summary>
    public static GoTime Zero { get; } = new("0001-01-01T00:00:00Z");

    /// <summary>The moment that a text spells; the text itself where it is in UTC already.</summary>
    public static GoTime Parse(string text) =>
        !text.EndsWith('Z') && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? From(time)
            : new GoTime(text);

    public static GoTime From(DateTimeOffset time) => new(time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));

    /// <summary>As Go's time.Time shows itself.</summary>
    public override string ToString() => Text.Replace('T', ' ').TrimEnd('Z') + " +0000 UTC";
}

/// <summary>A duration, which JSON shows as nanoseconds and text as <c>1m30s</c>.</summary>
internal readonly record struct GoSpan(long Nanoseconds)
{
    /// <inheritdoc/>
    public override string ToString() => Bld.Dockerfile.GoDuration.Format(Nanoseconds);
}
