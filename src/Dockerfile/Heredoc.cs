namespace Bld.Dockerfile;

/// <summary>A here-document: lines that follow an instruction up to one that holds only its name.</summary>
/// <param name="Name">The word that ends it, and the file's name in COPY and ADD.</param>
/// <param name="Content">Its lines with their ends; leading tabs are gone when it began with <c>&lt;&lt;-</c>.</param>
/// <param name="Expands">Whether variables in it are expanded: not when its name is quoted.</param>
/// <param name="StripsTabs">Whether it began with <c>&lt;&lt;-</c>.</param>
/// <param name="Descriptor">The digits before <c>&lt;&lt;</c>; empty for the standard input.</param>
public sealed record Heredoc(string Name, string Content, bool Expands, bool StripsTabs, string Descriptor)
{
    /// <summary>Reads a word such as <c>&lt;&lt;-"EOF"</c>; null when it begins no here-document.</summary>
    internal static Heredoc? FromWord(string word)
    {
        var start = word.IndexOf("<<", StringComparison.Ordinal);
        if (start < 0 || !word.AsSpan(0, start).ContainsOnlyDigits())
        {
            return null;
        }

        var rest = word[(start + 2)..];
        var strips = rest.StartsWith('-');
        rest = strips ? rest[1..] : rest;
        if (rest.Length == 0 || rest.Contains('<'))
        {
            return null;
        }

        var name = WordExpander.Expand(rest, static _ => null, '\\');
        return name.Length == 0 ? null : new Heredoc(name, "", name == rest, strips, word[..start]);
    }
}

internal static class SpanExtensions
{
    internal static bool ContainsOnlyDigits(this ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') < 0;
}
