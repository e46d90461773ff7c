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
    public static string Format(SourceText source, Diagnostic diagnostic)
    {
        var span = diagnostic.Span;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{source.Name}:{span.StartLine}\n{Rule}\n");
        var last = Math.Min(source.Lines.Count, span.EndLine + LinesAround);
        for (var line = Math.Max(1, span.StartLine - LinesAround); line <= last; line++)
        {
            var mark = span.Contains(line) ? ">>>" : "   ";
            text.Append($"{line,4} | {mark} {source.Lines[line - 1]}".TrimEnd()).Append('\n');
            if (line == span.StartLine && diagnostic.Column > 1)
            {
                text.Append("     |     ").Append(Indent(source.Lines[line - 1], diagnostic.Column)).Append("^\n");
            }
        }

        return text.Append(Rule).Append('\n').Append(diagnostic.Message).ToString();
    }

    // Tabs stay tabs, so that the caret stands below its column whatever a tab's width.
    private static string Indent(string line, int column) =>
        string.Concat(line.Take(column - 1).Select(static each => each == '\t' ? '\t' : ' '));
}
