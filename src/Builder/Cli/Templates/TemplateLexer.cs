using System.Globalization;
using System.Text;

namespace Bld.Builder.Cli.Templates;

/// <summary>What a token is.</summary>
internal enum TokenKind
{
    /// <summary>Text between actions.</summary>
    Text,

    /// <summary><c>{{</c></summary>
    Open,

    /// <summary><c>}}</c></summary>
    Close,

    /// <summary>A keyword or a function's name.</summary>
    Word,

    /// <summary><c>.Name</c>, without the dot.</summary>
    Field,

    /// <summary><c>$name</c>, without the dollar.</summary>
    Variable,

    /// <summary>A number or a text.</summary>
    Literal,

    /// <summary><c>. | ( ) , := =</c></summary>
    Sign,

    /// <summary>The end of the template.</summary>
    End,
}

/// <summary>A token.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text, without what its kind says.</param>
/// <param name="At">Where it begins.</param>
/// <param name="Spaced">Whether there is white space before it.</param>
/// <param name="Value">A literal's value.</param>
internal readonly record struct TemplateToken(TokenKind Kind, string Text, int At, bool Spaced, object? Value = null);

/// <summary>Takes a template apart.</summary>
internal sealed class TemplateLexer(string source)
{
    private readonly List<TemplateToken> _tokens = [];
    private int _at;

    /// <summary>The tokens, with the end.</summary>
    /// <exception cref="TemplateException">An action, a text or a comment has no end, or a character has no meaning.</exception>
    public IReadOnlyList<TemplateToken> Read()
    {
        var trims = false;
        while (true)
        {
            var open = source.IndexOf("{{", _at, StringComparison.Ordinal);
            var text = open < 0 ? source[_at..] : source[_at..open];
            var trimsBefore = open >= 0 && IsTrimMark(open + 2, before: false);
            AddText(text, trims, trimsBefore);
            if (open < 0)
            {
                _tokens.Add(new TemplateToken(TokenKind.End, "", source.Length, false));
                return _tokens;
            }

            _at = open + 2 + (trimsBefore ? 2 : 0);
            trims = source.AsSpan(_at).StartsWith("/*") ? SkipComment() : ReadAction(open);
        }
    }

    // "{{- " and " -}}": the white space belongs to the mark, or {{-3}} would lose its sign.
    private bool IsTrimMark(int at, bool before) =>
        before
            ? at + 3 < source.Length && char.IsWhiteSpace(source[at]) && source.AsSpan(at + 1).StartsWith("-}}")
            : at + 1 < source.Length && source[at] == '-' && char.IsWhiteSpace(source[at + 1]);

    private void AddText(string text, bool trimStart, bool trimEnd)
    {
        text = trimStart ? text.TrimStart() : text;
        text = trimEnd ? text.TrimEnd() : text;
        if (text.Length > 0)
        {
            _tokens.Add(new TemplateToken(TokenKind.Text, text, _at, false));
        }
    }

    private bool SkipComment()
    {
        var end = source.IndexOf("*/", _at, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Error("unclosed comment");
        }

        _at = end + 2;
        var trims = IsTrimMark(_at, before: true);
        _at += trims ? 2 : 0;
        if (!source.AsSpan(_at).StartsWith("}}"))
        {
            throw Error("comment ends before closing delimiter");
        }

        _at += 2;
        return trims;
    }

    /// <summary>Reads up to the closing braces; true when they trim what follows.</summary>
    private bool ReadAction(int open)
    {
        _tokens.Add(new TemplateToken(TokenKind.Open, "", open, false));
        while (true)
        {
            var start = _at;
            while (_at < source.Length && char.IsWhiteSpace(source[_at]) && !IsTrimMark(_at, before: true))
            {
                _at++;
            }

            var trims = IsTrimMark(_at, before: true);
            if (trims || source.AsSpan(_at).StartsWith("}}"))
            {
                _at += trims ? 4 : 2;
                _tokens.Add(new TemplateToken(TokenKind.Close, "", _at, false));
                return trims;
            }

            if (_at >= source.Length)
            {
                throw Error("unclosed action");
            }

            _tokens.Add(ReadToken(_at > start));
        }
    }

    private TemplateToken ReadToken(bool spaced)
    {
        var start = _at;
        var character = source[_at];
        switch (character)
        {
            case '"':
                return new TemplateToken(TokenKind.Literal, "string", start, spaced, ReadQuoted());
            case '`':
                return new TemplateToken(TokenKind.Literal, "string", start, spaced, ReadRaw());
            case '\'':
                return new TemplateToken(TokenKind.Literal, "character", start, spaced, ReadCharacter());
            case '$':
                _at++;
                return new TemplateToken(TokenKind.Variable, ReadName(), start, spaced);
            case '.' when _at + 1 < source.Length && IsNameCharacter(source[_at + 1]) && !char.IsAsciiDigit(source[_at + 1]):
                _at++;
                return new TemplateToken(TokenKind.Field, ReadName(), start, spaced);
            case '.' or '|' or '(' or ')' or ',' or '=':
                _at++;
                return new TemplateToken(TokenKind.Sign, character.ToString(), start, spaced);
            case ':' when source.AsSpan(_at).StartsWith(":="):
                _at += 2;
                return new TemplateToken(TokenKind.Sign, ":=", start, spaced);
            case '+' or '-' or (>= '0' and <= '9'):
                return new TemplateToken(TokenKind.Literal, "number", start, spaced, ReadNumber());
            case var _ when IsNameCharacter(character):
                return new TemplateToken(TokenKind.Word, ReadName(), start, spaced);
            default:
                throw Error($"unexpected '{character}' in an action");
        }
    }

    private static bool IsNameCharacter(char character) => char.IsLetterOrDigit(character) || character == '_';

    private string ReadName()
    {
        var start = _at;
        while (_at < source.Length && IsNameCharacter(source[_at]))
        {
            _at++;
        }

        return source[start.._at];
    }

    private object ReadNumber()
    {
        var start = _at++;
        while (_at < source.Length && (char.IsAsciiLetterOrDigit(source[_at]) || source[_at] is '.' or '_'))
        {
            _at++;
        }

        var text = source[start.._at].Replace("_", "", StringComparison.Ordinal);
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex))
        {
            return hex;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? (object)whole
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? real
            : throw Error($"bad number syntax: \"{text}\"");
    }

    private string ReadRaw()
    {
        var end = source.IndexOf('`', _at + 1);
        if (end < 0)
        {
            throw Error("unterminated raw quoted string");
        }

        var text = source[(_at + 1)..end];
        _at = end + 1;
        return text;
    }

    private long ReadCharacter()
    {
        var text = ReadUntil('\'', "unterminated character constant");
        return text.EnumerateRunes() is var runes && runes.MoveNext() && runes.Current.Utf16SequenceLength == text.Length
            ? runes.Current.Value
            : throw Error($"malformed character constant: '{text}'");
    }

    private string ReadQuoted() => ReadUntil('"', "unterminated quoted string");

    private string ReadUntil(char quote, string unclosed)
    {
        var text = new StringBuilder();
        for (_at++; _at < source.Length && source[_at] != '\n'; _at++)
        {
            if (source[_at] == quote)
            {
                _at++;
                return text.ToString();
            }

            text.Append(source[_at] == '\\' && _at + 1 < source.Length ? ReadEscape() : source[_at].ToString());
        }

        throw Error(unclosed);
    }

    // _at is at the backslash, and afterwards at the last character of the sequence.
    private string ReadEscape()
    {
        var character = source[++_at];
        return character switch
        {
            'n' => "\n",
            't' => "\t",
            'r' => "\r",
            'a' => "\a",
            'b' => "\b",
            'f' => "\f",
            'v' => "\v",
            '\\' or '"' or '\'' => character.ToString(),
            'x' => ReadCode(2),
            'u' => ReadCode(4),
            'U' => ReadCode(8),
            _ => throw Error($"unknown escape sequence \\{character}"),
        };
    }

    private string ReadCode(int digits)
    {
        if (_at + digits < source.Length
            && int.TryParse(source.AsSpan(_at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            && Rune.IsValid(code))
        {
            _at += digits;
            return new Rune(code).ToString();
        }

        throw Error("malformed escape sequence");
    }

    private TemplateException Error(string what) => new($"cannot read the template \"{source}\": {what} at character {_at + 1}");
}
