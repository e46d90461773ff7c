namespace Bld.Dockerfile;

/// <summary>A Dockerfile's text with the name that errors show. A byte order mark at its start is no part of it.</summary>
public sealed class SourceText
{
    private readonly string _text;
    private readonly int[] _starts;

    public SourceText(string text, string name)
    {
        Name = name;
        _text = text.Length > 0 && text[0] == '\uFEFF' ? text[1..] : text;
        _starts = FindLines(_text);
        AllLines = Cut();
    }

    /// <summary>The name that errors show, such as <c>Dockerfile</c>.</summary>
    public string Name { get; }

    /// <summary>The lines without their ends, be they LF or CRLF.</summary>
    public IReadOnlyList<string> Lines => AllLines;

    /// <inheritdoc cref="Lines"/>
    internal string[] AllLines { get; }

    /// <summary>A line (from 0) with its end; only the last one can lack it.</summary>
    internal ReadOnlySpan<char> WholeLine(int index) => _text.AsSpan(_starts[index].._starts[index + 1]);

    private string[] Cut()
    {
        var lines = new string[_starts.Length - 1];
        for (var i = 0; i < lines.Length; i++)
        {
            lines[i] = WholeLine(i).TrimEnd("\r\n").ToString();
        }

        return lines;
    }

    // One more start than there are lines: the end of the text.
    private static int[] FindLines(string text)
    {
        var count = text.AsSpan().Count('\n');
        var unfinished = text.Length > 0 && text[^1] != '\n';
        var starts = new int[count + (unfinished ? 2 : 1)];
        for (var i = 1; i <= count; i++)
        {
            starts[i] = text.IndexOf('\n', starts[i - 1]) + 1;
        }

        starts[^1] = text.Length;
        return starts;
    }
}
