namespace Bld.Dockerfile;

/// <summary>
/// One instruction's text with its continuations joined, and where each of its characters stands in the file.
/// </summary>
internal sealed class LogicalLine
{
    private readonly List<(int Offset, int Line, int Column)> _pieces = [];
    private readonly System.Text.StringBuilder _text = new();
    private string? _joined;

    /// <summary>The joined text, without blanks at its start and end.</summary>
    internal string Text => _joined ??= _text.ToString();

    internal int StartLine { get; private set; }

    /// <summary>The last line, here-documents included.</summary>
    internal int EndLine { get; set; }

    /// <summary>The comments right above, without their <c>#</c> and blanks around.</summary>
    internal IReadOnlyList<string> Comments { get; init; } = [];

    /// <summary>Whether there was an empty line inside.</summary>
    internal bool HasEmptyContinuation { get; set; }

    internal List<Heredoc> Heredocs { get; } = [];

    internal void Add(string text, int line, int column)
    {
        StartLine = StartLine == 0 ? line : StartLine;
        EndLine = line;
        _pieces.Add((_text.Length, line, column));
        _text.Append(text);
        _joined = null;
    }

    internal void TrimEnd()
    {
        while (_text.Length > 0 && _text[^1] is ' ' or '\t')
        {
            _text.Length--;
        }

        _joined = null;
    }

    /// <summary>The line and column of a character of <see cref="Text"/>.</summary>
    internal (int Line, int Column) Place(int offset)
    {
        var piece = _pieces.FindLastIndex(each => each.Offset <= offset);
        var (start, line, column) = _pieces[Math.Max(0, piece)];
        return (line, column + offset - start);
    }

    /// <summary>The whole instruction.</summary>
    internal SourceSpan Span => new(StartLine, _pieces[0].Column, EndLine, int.MaxValue);

    /// <summary>A part of <see cref="Text"/>.</summary>
    internal SourceSpan SpanOf(int start, int length)
    {
        var (line, column) = Place(start);
        var (endLine, endColumn) = Place(Math.Max(start, start + length - 1));
        return new SourceSpan(line, column, endLine, endColumn);
    }
}
