using System.Globalization;
using System.Text;

namespace Bld.Registry.Configuration;

/// <summary>The characters of a TOML document: white space, keys and texts.</summary>
internal sealed class TomlScanner(string text, string file)
{
    private int _at;

    internal bool IsAtEnd => _at >= text.Length;

    internal int Line => text.AsSpan(0, Math.Min(_at, text.Length)).Count('\n') + 1;

    private char Current => _at < text.Length ? text[_at] : '\0';

    /// <summary>Goes to what is neither white space nor a comment, over ends of lines too.</summary>
    internal void SkipToContent()
    {
        while (_at < text.Length && (char.IsWhiteSpace(Current) || Current is '#' or '\uFEFF'))
        {
            SkipOne();
        }
    }

    internal bool Take(string sign)
    {
        SkipBlanks();
        if (!text.AsSpan(_at).StartsWith(sign))
        {
            return false;
        }

        _at += sign.Length;
        return true;
    }

    internal void Expect(string sign)
    {
        if (!Take(sign))
        {
            throw Error($"'{sign}' is missing");
        }
    }

    internal void ExpectLineEnd()
    {
        SkipBlanks();
        if (Current == '#')
        {
            SkipOne();
        }

        if (!IsAtEnd && Current is not ('\n' or '\r'))
        {
            throw Error("something stands behind the value");
        }
    }

    /// <summary>A key's parts: <c>a.b."c d"</c>.</summary>
    internal string[] ReadKey()
    {
        var parts = new List<string>();
        do
        {
            SkipBlanks();
            parts.Add(TryReadText() ?? ReadBareKey());
        }
        while (Take("."));

        return [.. parts];
    }

    /// <summary>A text in quotes; null when there is none here.</summary>
    internal string? TryReadText()
    {
        SkipBlanks();
        return Take("'''") ? ReadLiteral("'''")
            : Take("\"\"\"") ? ReadBasic("\"\"\"")
            : Take("'") ? ReadLiteral("'")
            : Take("\"") ? ReadBasic("\"")
            : null;
    }

    /// <summary>A word without quotes, up to what ends a value.</summary>
    internal string ReadPlain()
    {
        var start = _at;
        while (_at < text.Length && Current is not (',' or ']' or '}' or '#' or '\n' or '\r'))
        {
            _at++;
        }

        return text[start.._at].Trim();
    }

    internal RegistryException Error(string what) => new($"{file}, line {Line}: {what}");

    private void SkipBlanks()
    {
        while (Current is ' ' or '\t')
        {
            _at++;
        }
    }

    private void SkipOne()
    {
        if (Current != '#')
        {
            _at++;
            return;
        }

        var end = text.IndexOf('\n', _at);
        _at = end < 0 ? text.Length : end;
    }

    private string ReadBareKey()
    {
        var start = _at;
        while (char.IsAsciiLetterOrDigit(Current) || Current is '_' or '-')
        {
            _at++;
        }

        return _at > start ? text[start.._at] : throw Error("a key is missing");
    }

    private string ReadLiteral(string quotes)
    {
        SkipFirstNewline(quotes);
        var end = text.IndexOf(quotes, _at, StringComparison.Ordinal);
        if (end < 0 || (quotes.Length == 1 && text.AsSpan(_at, end - _at).Contains('\n')))
        {
            throw Error("a text has no end");
        }

        var content = text[_at..end];
        _at = end + quotes.Length;
        return content;
    }

    private string ReadBasic(string quotes)
    {
        SkipFirstNewline(quotes);
        var content = new StringBuilder();
        while (!text.AsSpan(_at).StartsWith(quotes))
        {
            if (IsAtEnd || (quotes.Length == 1 && Current == '\n'))
            {
                throw Error("a text has no end");
            }

            if (Current == '\\')
            {
                content.Append(ReadEscape(quotes));
            }
            else
            {
                content.Append(text[_at++]);
            }
        }

        _at += quotes.Length;
        return content.ToString();
    }

    private void SkipFirstNewline(string quotes)
    {
        if (quotes.Length == 1)
        {
            return;
        }

        _at += text.AsSpan(_at).StartsWith("\r\n") ? 2 : Current == '\n' ? 1 : 0;
    }

    private string ReadEscape(string quotes)
    {
        _at++;
        var character = Current;
        _at++;
        switch (character)
        {
            case 'b':
                return "\b";
            case 't':
                return "\t";
            case 'n':
                return "\n";
            case 'f':
                return "\f";
            case 'r':
                return "\r";
            case 'e':
                return "\e";
            case '"' or '\\':
                return character.ToString();
            case 'u' or 'U':
                return ReadCode(character == 'u' ? 4 : 8);
            case '\n' or '\r' or ' ' or '\t' when quotes.Length == 3:
                // A backslash at a line's end joins it with what follows the white space.
                while (char.IsWhiteSpace(Current))
                {
                    _at++;
                }

                return "";
            default:
                throw Error($"unknown escape \\{character}");
        }
    }

    private string ReadCode(int digits)
    {
        if (_at + digits > text.Length
            || !int.TryParse(text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            || !Rune.IsValid(code))
        {
            throw Error("a \\u without a character's code");
        }

        _at += digits;
        return new Rune(code).ToString();
    }
}
