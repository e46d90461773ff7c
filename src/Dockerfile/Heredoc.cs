namespace Bld.Dockerfile;

/// <summary>A here-document: lines that follow an instruction up to one that holds only its name.</summary>
/// <param name="Name">The word that ends it, and the file's name in COPY and ADD.</param>
/// <param name="Content">
/// Its lines with their ends as they stand in the file, so with CRLF where that has them; leading tabs are gone when it began with
/// <c>&lt;&lt;-</c>.
/// </param>
/// <param name="Expands">Whether variables in it are expanded: not when a part of its name is quoted.</param>
/// <param name="StripsTabs">Whether it began with <c>&lt;&lt;-</c>.</param>
/// <param name="Descriptor">The digits before <c>&lt;&lt;</c>; empty for the standard input.</param>
public sealed record Heredoc(string Name, string Content, bool Expands, bool StripsTabs, string Descriptor)
{
    /// <summary>Whether blanks stand before the name: then it may as well be a shift, as in <c>$((1 &lt;&lt; 2))</c>.</summary>
    internal bool IsSpaced { get; init; }

    private const ExpansionRules AsWritten = ExpansionRules.KeepQuotes | ExpansionRules.KeepUnset;

    /// <summary>The here-documents that a line announces, in their order and without content.</summary>
    internal static IEnumerable<Heredoc> FindIn(string line)
    {
        IReadOnlyList<string> words;
        try
        {
            words = WordExpander.Split(line, Unset, '\\', AsWritten | ExpansionRules.KeepEscapes);
        }
        catch (DockerfileException)
        {
            // A quote or a brace that never ends: the shell will say so, and there is nothing after it to read as a name.
            return [];
        }

        return words.Select(FromWord).OfType<Heredoc>();
    }

    /// <summary>
    /// Reads a word such as <c>&lt;&lt;-"EOF"</c>; null when it begins no here-document. A word that is quoted as a whole begins none,
    /// and neither does one with something else around.
    /// </summary>
    internal static Heredoc? FromWord(string word)
    {
        var start = word.IndexOf("<<", StringComparison.Ordinal);
        if (start < 0 || word.AsSpan(0, start).IndexOfAnyExceptInRange('0', '9') >= 0)
        {
            return null;
        }

        var rest = word[(start + 2)..];
        var strips = rest.StartsWith('-');
        var spaced = rest[(strips ? 1 : 0)..];
        rest = spaced.TrimStart();
        return rest.Length == 0 || rest.Contains('<') || Unquote(rest) is not var (name, expands)
            ? null
            : new Heredoc(name, "", expands, strips, word[..start]) { IsSpaced = rest.Length < spaced.Length };
    }

    private static (string Name, bool Expands)? Unquote(string word)
    {
        try
        {
            if (WordExpander.Split(word, Unset, '\\', ExpansionRules.KeepUnset) is not [var name])
            {
                return null;
            }

            var written = string.Concat(WordExpander.Split(word, Unset, '\\', AsWritten));
            return (name, Quotes(name) == Quotes(written));
        }
        catch (DockerfileException)
        {
            return null;
        }
    }

    private static int Quotes(string text) => text.AsSpan().Count('"') + text.AsSpan().Count('\'');

    private static string? Unset(string name) => null;
}
