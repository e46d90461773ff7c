using System.Text;

namespace Bld.Dockerfile;

/// <summary>
/// One instruction's text with its continuations joined, and where each of its characters stands in the file.
/// </summary>
internal sealed class LogicalLine
{
    private (int Offset, int Line, int Column) _first;
    private List<(int Offset, int Line, int Column)>? _others;
    private StringBuilder? _joined;
    private int _indent;

    /// <summary>The joined text, without blanks around.</summary>
    internal string Text { get; private set; } = "";

    internal int StartLine => _first.Line;

    /// <summary>The last line, here-documents included.</summary>
    internal int EndLine { get; set; }

    /// <summary>The comments right above, without their <c>#</c> and blanks around.</summary>
    internal IReadOnlyList<string> Comments { get; init; } = [];

    /// <summary>Where the instruction ended (without here-documents) if it had an empty line inside; else null.</summary>
    internal int? EmptyContinuation { get; set; }

    internal IReadOnlyList<Heredoc> Heredocs { get; set; } = [];

    internal void Add(string text, int line, int column)
    {
        EndLine = line;
        if (_first.Line == 0)
        {
            Text = text;
            _first = (0, line, column);
            return;
        }

        (_joined ??= new StringBuilder(Text)).Append(text);
        (_others ??= []).Add((_joined.Length - text.Length, line, column));
    }

    /// <summary>Says that all lines have been added.</summary>
    internal void Finish()
    {
        var text = _joined?.ToString() ?? Text;
        Text = text.Trim();
        _indent = text.Length - text.AsSpan().TrimStart().Length;
        _joined = null;
    }

    /// <summary>The whole instruction.</summary>
    internal SourceSpan Span => new(StartLine, _first.Column, EndLine, int.MaxValue);

    /// <summary>A part of <see cref="Text"/>.</summary>
    internal SourceSpan SpanOf(Token token)
    {
        var (line, column) = Place(token.Start);
        var (endLine, endColumn) = Place(Math.Max(token.Start, token.Start + token.Length - 1));
        return new SourceSpan(line, column, endLine, endColumn);
    }

    /// <summary>The line and column of a character of <see cref="Text"/>.</summary>
    private (int Line, int Column) Place(int offset)
    {
        offset += _indent;
        var piece = (_others?.Count ?? 0) - 1;
        while (piece >= 0 && _others![piece].Offset > offset)
        {
            piece--;
        }

        var (start, line, column) = piece < 0 ? _first : _others![piece];
        return (line, column + offset - start);
    }
}
