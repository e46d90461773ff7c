using System.Text;

namespace Bld.Dockerfile;

/// <summary>Writes a document as text.</summary>
internal static class DocumentPrinter
{
    // Behind an escape that ended its line without continuing it: some other white space stood there, and was cut off.
    private const string NoBreak = "\u00A0";

    internal static string Print(DockerfileDocument document)
    {
        var text = new StringBuilder();
        Directive(text, "syntax", document.Directives.Syntax);
        Directive(text, "escape", document.Directives.Escape == '\\' ? null : document.Directives.Escape.ToString());
        Directive(text, "check", document.Directives.Check);
        foreach (var instruction in document.Instructions)
        {
            // The blank line keeps a comment from becoming a directive.
            text.Append('\n');
            foreach (var comment in instruction.Comments)
            {
                text.Append("# ").Append(comment).Append('\n');
            }

            text.Append(instruction.Text).Append(EndsInEscape(instruction.Text, document.EscapeCharacter) ? NoBreak : "").Append('\n');
            foreach (var heredoc in instruction.Heredocs)
            {
                text.Append(heredoc.Content).Append(heredoc.Name).Append('\n');
            }
        }

        return text.ToString();
    }

    private static bool EndsInEscape(string text, char escape) =>
        text.EndsWith(escape) && (text.Length == 1 || text[^2] != escape);

    private static void Directive(StringBuilder text, string name, string? value)
    {
        if (value is not null)
        {
            text.Append("# ").Append(name).Append('=').Append(value).Append('\n');
        }
    }
}
