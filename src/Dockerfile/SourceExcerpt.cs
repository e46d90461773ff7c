using System.Globalization;
using System.Text;

namespace Bld.Dockerfile;

/// <summary>Shows people where in their Dockerfile something is wrong.</summary>
public static class SourceExcerpt
{
    private const int LinesAround = 3;
    private const string Rule = "--------------------";

    /// <summary>The place, an excerpt with every line of the span marked by <c>&gt;&gt;&gt;</c>, and the sentence.</summary>
    public static string Format(SourceText source, SourceSpan span, string message) => Format(source, new Diagnostic(message, span));

    /// <inheritdoc cref="Format(SourceText, SourceSpan, string)"/>
    public static string Format(DockerfileDocument document, SourceSpan span, string message) => Format(document.Source, span, message);

    /// <summary>Like the others, with a caret below the word that is wrong.</summary>
    public static string Format(SourceText source, Diagnostic diagnostic)
    {
        var span = diagnostic.Span;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{source.Name}:{span.StartLine}\n{Rule}\n");
        var first = Math.Max(1, span.StartLine - LinesAround);
        var last = Math.Min(source.Lines.Count, span.EndLine + LinesAround);
        for (var line = first; line <= last; line++)
        {
            var mark = span.Contains(line) ? ">>>" : "   ";
            text.Append($"{line,4} | {mark} {source.Lines[line - 1]}".TrimEnd()).Append('\n');
            if (diagnostic.Focus is { } focus && focus.StartLine == line)
            {
                AppendCaret(text, source.Lines[line - 1], focus);
            }
        }

        return text.Append(Rule).Append('\n').Append(diagnostic.Message).ToString();
    }

    private static void AppendCaret(StringBuilder text, string line, SourceSpan focus)
    {
        text.Append("     |     ");
        for (var i = 0; i < Math.Min(focus.StartColumn - 1, line.Length); i++)
        {
            // Tabs stay tabs, so that the caret stands below its column whatever a tab's width.
            text.Append(line[i] == '\t' ? '\t' : ' ');
        }

        text.Append("^\n");
    }
}
