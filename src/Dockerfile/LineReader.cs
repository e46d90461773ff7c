using System.Text;

namespace Bld.Dockerfile;

/// <summary>
/// Cuts a file into logical lines: comments go, continuations are joined, here-documents are taken to the instruction that they
/// belong to. What a line means is the grammar's business.
/// </summary>
/// <param name="source">The file.</param>
/// <param name="escape">What continues a line when it stands at its end.</param>
/// <param name="start">The line, from 0, behind the directives.</param>
/// <param name="problems">Takes what is wrong.</param>
internal sealed class LineReader(SourceText source, char escape, int start, List<Diagnostic> problems)
{
    private readonly string[] _lines = source.AllLines;
    private int _next = start;

    /// <summary>All logical lines from the starting line on.</summary>
    internal IEnumerable<LogicalLine> Read()
    {
        List<string>? comments = null;
        while (_next < _lines.Length)
        {
            var line = _lines[_next].AsSpan().TrimStart();
            if (line.IsEmpty)
            {
                // A blank line takes a comment away from the instruction below.
                comments = null;
                _next++;
            }
            else if (line[0] == '#')
            {
                (comments ??= []).Add(line[1..].Trim().ToString());
                _next++;
            }
            else
            {
                var logical = ReadOne(comments ?? (IReadOnlyList<string>)[]);
                comments = null;
                if (logical.Text.Length > 0)
                {
                    ReadHeredocs(logical);
                    yield return logical;
                }
            }
        }
    }

    private LogicalLine ReadOne(IReadOnlyList<string> comments)
    {
        var logical = new LogicalLine { Comments = comments };
        var first = _lines[_next];
        var indent = first.Length - first.AsSpan().TrimStart().Length;
        var hasEmpty = false;
        var continues = Append(logical, first[indent..], indent + 1);
        while (continues && _next < _lines.Length)
        {
            var line = _lines[_next];
            var trimmed = line.AsSpan().TrimStart();
            if (trimmed.IsEmpty || trimmed[0] == '#')
            {
                hasEmpty |= trimmed.IsEmpty;
                logical.EndLine = ++_next;
            }
            else
            {
                continues = Append(logical, line, 1);
            }
        }

        logical.Finish();
        logical.EmptyContinuation = hasEmpty ? logical.EndLine : null;
        return logical;
    }

    /// <summary>Adds a line; true when it ends in a continuation. A doubled escape character is none.</summary>
    private bool Append(LogicalLine logical, string text, int column)
    {
        var end = text.AsSpan().TrimEnd(" \t").Length;
        var continues = end > 0 && text[end - 1] == escape && (end == 1 || text[end - 2] != escape);
        logical.Add(continues ? text[..(end - 1)] : text, ++_next, column);
        return continues;
    }

    private void ReadHeredocs(LogicalLine logical)
    {
        if (!logical.Text.Contains("<<", StringComparison.Ordinal) || !TakesHeredocs(logical.Text))
        {
            return;
        }

        var heredocs = new List<Heredoc>();
        logical.Heredocs = heredocs;
        foreach (var heredoc in Heredoc.FindIn(logical.Text))
        {
            var before = _next;
            if (ReadBody(heredoc) is not { } body)
            {
                if (heredoc.IsSpaced)
                {
                    _next = before;
                    continue;
                }

                logical.EndLine = _next;
                problems.Add(new Diagnostic(
                    $"dockerfile parse error on line {logical.StartLine}: unterminated heredoc: no line holds only {heredoc.Name}", logical.Span));
                return;
            }

            heredocs.Add(heredoc with { Content = body });
            logical.EndLine = _next;
        }
    }

    /// <summary>The lines up to the heredoc's name; null when the file ends before.</summary>
    private string? ReadBody(Heredoc heredoc)
    {
        var body = new StringBuilder();
        while (_next < _lines.Length)
        {
            var line = _lines[_next].AsSpan();
            if ((heredoc.StripsTabs ? line.TrimStart('\t') : line).SequenceEqual(heredoc.Name))
            {
                _next++;
                return body.ToString();
            }

            var whole = source.WholeLine(_next++);
            body.Append(heredoc.StripsTabs ? whole.TrimStart('\t') : whole);
        }

        return null;
    }

    private static bool TakesHeredocs(string text)
    {
        var raw = LineGrammar.Parse(text);
        if (raw.Keyword.Text.Equals("ONBUILD", StringComparison.OrdinalIgnoreCase))
        {
            raw = LineGrammar.Parse(text, raw.Start);
        }

        return raw.Keyword.Text.ToUpperInvariant() is "RUN" or "COPY" or "ADD" && !JsonWords.IsArray(raw.RestText);
    }
}
