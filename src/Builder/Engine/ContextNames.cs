namespace Bld.Builder.Engine;

/// <summary>
/// When two names mean the same named context: as image names they do, so <c>docker.io/library/alpine:latest</c> is <c>alpine</c>, and
/// as stage names, so case means nothing.
/// </summary>
internal sealed class ContextNames : IEqualityComparer<string>
{
    private static readonly string[] Prefixes = ["index.docker.io/", "docker.io/", "library/"];

    /// <summary>The only instance.</summary>
    public static ContextNames Comparer { get; } = new();

    /// <inheritdoc/>
    public bool Equals(string? x, string? y) => string.Equals(Short(x), Short(y), StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public int GetHashCode(string obj) => StringComparer.OrdinalIgnoreCase.GetHashCode(Short(obj));

    private static string Short(string? name)
    {
        const string Latest = ":latest";
        var text = name ?? "";
        foreach (var prefix in Prefixes)
        {
            text = text.StartsWith(prefix) ? text[prefix.Length..] : text;
        }

        return text.EndsWith(Latest) ? text[..^Latest.Length] : text;
    }
}
