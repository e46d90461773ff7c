using System.Text;

namespace Bld.Builder.Tests.Progress;

/// <summary>A terminal as small as the tests need: text that wraps and scrolls, CR, LF, cursor up, erase below; anything else is an error.</summary>
internal sealed class TerminalScreen(int columns) : MemoryStream
{
    private readonly List<StringBuilder> _rows = [new()];
    private int _row;
    private int _column;

    internal int Columns { get; set; } = columns;

    /// <summary>All rows, those that scrolled away too, without spaces at their ends.</summary>
    internal IReadOnlyList<string> Rows => [.. _rows.Select(static row => row.ToString().TrimEnd())];

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        var text = Encoding.UTF8.GetString(buffer);
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\r':
                    _column = 0;
                    break;
                case '\n':
                    Down();
                    break;
                case '\u001b':
                    i = Sequence(text, i + 2);
                    break;
                default:
                    Put(text[i]);
                    break;
            }
        }
    }

    private int Sequence(string text, int start)
    {
        var end = start;
        while (!char.IsLetter(text[end]))
        {
            end++;
        }

        var argument = text[start..end];
        switch (text[end])
        {
            case 'A':
                _row = Math.Max(0, _row - int.Parse(argument, System.Globalization.CultureInfo.InvariantCulture));
                break;
            case 'J':
                _rows.RemoveRange(_row + 1, _rows.Count - _row - 1);
                _rows[_row].Length = Math.Min(_rows[_row].Length, _column);
                break;
            case 'm' or 'h' or 'l':
                break;
            default:
                throw new InvalidOperationException($"unknown sequence {argument}{text[end]}");
        }

        return end;
    }

    private void Put(char letter)
    {
        if (_column == Columns)
        {
            _column = 0;
            Down();
        }

        var row = _rows[_row];
        row.Append(' ', Math.Max(0, _column - row.Length));
        if (_column < row.Length)
        {
            row[_column] = letter;
        }
        else
        {
            row.Append(letter);
        }

        _column++;
    }

    private void Down()
    {
        _row++;

        // The line discipline makes CR LF of a lone LF.
        _column = 0;
        if (_row == _rows.Count)
        {
            _rows.Add(new StringBuilder());
        }
    }
}
