using System.Text;

namespace Bld.Builder.Cli.Progress;

/// <summary>What strangers' output may look like on a terminal: printable text of a known width.</summary>
internal static class TerminalText
{
    /// <summary>The text without escape sequences and control characters; tabs become spaces.</summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var letter = text[i];
            if (letter == '\u001b')
            {
                i = SkipSequence(text, i);
            }
            else if (letter == '\t')
            {
                clean.Append("    ");
            }
            else if (!char.IsControl(letter))
            {
                clean.Append(letter);
            }
        }

        return clean.ToString();
    }

    /// <summary>The text cut to a number of columns.</summary>
    public static string Fit(string text, int columns)
    {
        if (columns <= 0)
        {
            return "";
        }

        if (text.Length <= columns / 2 || Width(text) <= columns)
        {
            return text;
        }

        var (used, length) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            used += Width(rune);
            if (used > columns - 1)
            {
                break;
            }

            length += rune.Utf16SequenceLength;
        }

        return string.Concat(text.AsSpan(0, length), "…");
    }

    /// <summary>How many columns a text takes.</summary>
    public static int Width(string text)
    {
        var width = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            width += Width(rune);
        }

        return width;
    }

    /// <summary>East Asian wide characters and pictures take two columns, combining marks none (Unicode TR 11, by blocks).</summary>
    private static int Width(Rune rune) => rune.Value switch
    {
        < 0x300 => 1,
        <= 0x36F or (>= 0x200B and <= 0x200F) or (>= 0x20D0 and <= 0x20FF) or (>= 0xFE00 and <= 0xFE0F) or 0xFEFF => 0,
        (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF and not 0x303F) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
            or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6) or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD) => 2,
        _ => 1,
    };

    /// <summary>The last character of the escape sequence that begins at a position (ECMA-48: CSI, OSC, or two characters).</summary>
    private static int SkipSequence(string text, int start)
    {
        var i = start + 1;
        if (i >= text.Length)
        {
            return start;
        }

        if (text[i] == '[')
        {
            for (i++; i < text.Length && text[i] is < '@' or > '~'; i++)
            {
            }
        }
        else if (text[i] == ']')
        {
            for (i++; i < text.Length && text[i] != '\a' && !(text[i] == '\\' && text[i - 1] == '\u001b'); i++)
            {
            }
        }

        return Math.Min(i, text.Length - 1);
    }
}
