namespace Bld.Dockerfile.Checks;

/// <summary>What a check found.</summary>
/// <param name="Rule">The check.</param>
/// <param name="Message">One sentence without its place.</param>
/// <param name="Span">The lines that it is about.</param>
public sealed record CheckWarning(CheckRule Rule, string Message, SourceSpan Span)
{
    /// <summary>The first line that it is about, from 1.</summary>
    public int Line => Span.StartLine;

    /// <summary><c>RULE: message (line N)</c>.</summary>
    public override string ToString() => $"{Rule.Name}: {Message} (line {Line})";
}
