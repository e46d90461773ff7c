using System.Text;

namespace Bld.Builder.Cli.Progress;

/// <summary>
/// The lines at the bottom of a terminal that are drawn again and again, below what stays. The cursor rests at the beginning of the
/// line after the last one.
/// </summary>
/// <param name="terminal">Where it writes.</param>
/// <param name="size">Asks the terminal for its size, at each drawing: people resize.</param>
internal sealed class LiveRegion(Stream terminal, Func<(int Columns, int Rows)> size)
{
    private const string HideCursor = "\u001b[?25l";
    private const string ShowCursor = "\u001b[?25h";
    private const string EraseBelow = "\r\u001b[J";
    private readonly List<int> _widths = [];
    private bool _hidden;

    /// <summary>Draws.</summary>
    /// <param name="staying">Lines that stay, above the live ones.</param>
    /// <param name="live">The live lines; called with the terminal's size.</param>
    /// <param name="raw">Bytes that stay, as they are, behind the staying lines.</param>
    public void Draw(IReadOnlyList<StyledLine> staying, Func<int, int, IReadOnlyList<StyledLine>> live, ReadOnlyMemory<byte> raw = default)
    {
        var (columns, rows) = size();
        var text = new StringBuilder();
        if (!_hidden)
        {
            text.Append(HideCursor);
            _hidden = true;
        }

        Erase(text, columns);
        foreach (var line in staying)
        {
            text.Append(line.Render(columns - 1)).Append("\r\n");
        }

        if (!raw.IsEmpty)
        {
            Write(text);
            terminal.Write(raw.Span);
            text.Append(raw.Span[^1] == '\n' ? "\r" : "\r\n");
        }

        // One row is left free: a terminal that scrolls away the first line can't be drawn over.
        foreach (var line in live(columns, rows - 1))
        {
            _widths.Add(Math.Min(line.Width, columns - 1));
            text.Append(line.Render(columns - 1)).Append("\r\n");
        }

        Write(text);
    }

    /// <summary>Takes the live lines away and gives the cursor back.</summary>
    public void Close()
    {
        var text = new StringBuilder();
        Erase(text, size().Columns);
        text.Append(_hidden ? ShowCursor : "");
        _hidden = false;
        Write(text);
    }

    // A terminal that became narrower has wrapped the lines that were drawn: they take more rows now.
    private void Erase(StringBuilder text, int columns)
    {
        var up = 0;
        foreach (var width in _widths)
        {
            up += Math.Max(1, (width + columns - 1) / Math.Max(1, columns));
        }

        _widths.Clear();
        if (up > 0)
        {
            text.Append("\u001b[").Append(up).Append('A');
        }

        text.Append(EraseBelow);
    }

    private void Write(StringBuilder text)
    {
        terminal.Write(Encoding.UTF8.GetBytes(text.ToString()));
        terminal.Flush();
        text.Clear();
    }
}

/// <summary>How a piece of a line looks.</summary>
internal enum LineStyle
{
    Plain,
    Dim,
    Bold,
    Good,
    Bad,
    Busy,
}

/// <summary>A line of a terminal: a left part that is cut when it is too long, and a right part that never is.</summary>
/// <param name="Style">How the left part looks.</param>
/// <param name="Left">Text.</param>
/// <param name="Right">Text at the right margin; empty for none.</param>
internal sealed record StyledLine(LineStyle Style, string Left, string Right = "")
{
    /// <summary>Whether colours are wanted: not with <c>NO_COLOR</c> (no-color.org).</summary>
    private static readonly bool Colours = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>Columns that it takes when there is room.</summary>
    public int Width => Right.Length > 0 ? int.MaxValue : TerminalText.Width(Left);

    /// <summary>The line for a terminal of that width.</summary>
    public string Render(int columns)
    {
        const int WidestGap = 100;
        var room = Right.Length > 0 ? Math.Min(columns, WidestGap) - Right.Length - 1 : columns;
        if (room < Right.Length)
        {
            return Paint(TerminalText.Fit(Left, columns));
        }

        var left = TerminalText.Fit(Left, room);
        return Right.Length == 0 ? Paint(left) : $"{Paint(left)}{new string(' ', Math.Max(1, room + 1 - TerminalText.Width(left)))}{Dim(Right)}";
    }

    private static string Dim(string text) => Colours ? $"\u001b[2m{text}\u001b[0m" : text;

    private string Paint(string text)
    {
        var code = Style switch
        {
            LineStyle.Dim => "2",
            LineStyle.Bold => "1",
            LineStyle.Good => "32",
            LineStyle.Bad => "1;31",
            LineStyle.Busy => "36",
            _ => "",
        };
        return Colours && code.Length > 0 ? $"\u001b[{code}m{text}\u001b[0m" : text;
    }
}
