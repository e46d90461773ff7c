namespace Bld.Dockerfile;

/// <summary>
/// Cuts a file into logical lines: comments go, continuations are joined, here-documents are taken to the instruction that they
/// belong to. What a line means is the grammar's business.
/// </summary>
internal sealed class LineReader(SourceText source, char escape, int start, List<Diagnostic> diagnostics)
{
    private int _next = start;

    /// <summary>All logical lines from the starting line (from 0) on.</summary>
    internal IEnumerable<LogicalLine> Read()
    {
        var comments = new List<string>();
        while (_next < source.Lines.Count)
        {
            var line = source.Lines[_next];
            var trimmed = line.TrimStart(' ', '\t');
            if (trimmed.Length == 0)
            {
                comments = [];
                _next++;
            }
            else if (trimmed[0] == '#')
            {
                comments.Add(trimmed[1..].Trim());
                _next++;
            }
            else
            {
                var logical = ReadOne(comments);
                ReadHeredocs(logical);
                comments = [];
                yield return logical;
            }
        }
    }

    private LogicalLine ReadOne(List<string> comments)
    {
        var logical = new LogicalLine { Comments = comments };
        var first = source.Lines[_next];
        var indent = first.Length - first.TrimStart(' ', '\t').Length;
        var continues = Append(logical, first[indent..], indent + 1);
        while (continues && _next < source.Lines.Count)
        {
            var line = source.Lines[_next];
            var trimmed = line.TrimStart(' ', '\t');
            if (trimmed.Length == 0)
            {
                logical.HasEmptyContinuation = true;
                logical.EndLine = ++_next;
            }
            else if (trimmed[0] == '#')
            {
                logical.EndLine = ++_next;
            }
            else
            {
                continues = Append(logical, line, 1);
            }
        }

        logical.TrimEnd();
        return logical;
    }

    /// <summary>Adds a line; true when it ends in a continuation. A doubled escape character is none.</summary>
    private bool Append(LogicalLine logical, string text, int column)
    {
        var end = text.TrimEnd(' ', '\t');
        var continues = end.EndsWith(escape) && (end.Length < 2 || end[^2] != escape);
        logical.Add(continues ? end[..^1] : text, ++_next, column);
        return continues;
    }

    private void ReadHeredocs(LogicalLine logical)
    {
        if (!logical.Text.Contains("<<", StringComparison.Ordinal) || !TakesHeredocs(logical.Text))
        {
            return;
        }

        foreach (var word in HeredocWords.Find(logical.Text))
        {
            if (Heredoc.FromWord(word) is not { } heredoc)
            {
                continue;
            }

            if (ReadBody(heredoc) is not { } body)
            {
                diagnostics.Add(new Diagnostic($"unterminated heredoc: no line holds only \"{heredoc.Name}\"", logical.Span));
                return;
            }

            logical.Heredocs.Add(heredoc with { Content = body });
            logical.EndLine = _next;
        }
    }

    private string? ReadBody(Heredoc heredoc)
    {
        var body = new System.Text.StringBuilder();
        while (_next < source.Lines.Count)
        {
            var line = source.Lines[_next++];
            line = heredoc.StripsTabs ? line.TrimStart('\t') : line;
            if (line == heredoc.Name)
            {
                return body.ToString();
            }

            body.Append(line).Append('\n');
        }

        return null;
    }

    private static bool TakesHeredocs(string text)
    {
        var keyword = FirstWord(text);
        if (keyword.Equals("ONBUILD", StringComparison.OrdinalIgnoreCase))
        {
            keyword = FirstWord(text.AsSpan(keyword.Length).Trim());
        }

        return keyword.Equals("RUN", StringComparison.OrdinalIgnoreCase)
            || keyword.Equals("COPY", StringComparison.OrdinalIgnoreCase)
            || keyword.Equals("ADD", StringComparison.OrdinalIgnoreCase);
    }

    private static ReadOnlySpan<char> FirstWord(ReadOnlySpan<char> text) =>
        text.IndexOfAny(' ', '\t') is var end and >= 0 ? text[..end] : text;
}
