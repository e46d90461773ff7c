using System.Text;

namespace Bld.Dockerfile;

/// <summary>
/// Expands variables and removes quotes as Docker's Dockerfile reference, "Environment replacement", describes:
/// single quotes are literal; in double quotes the escape character escapes only <c>"</c>, <c>$</c> and itself.
/// </summary>
public sealed class WordExpander
{
    private const char End = '\0';
    private readonly string _text;
    private readonly Func<string, string?> _lookup;
    private readonly char _escape;
    private readonly bool _quotesAreText;
    private readonly WordList? _words;
    private int _position;
    private int _depth;

    private WordExpander(string text, Func<string, string?> lookup, char escape, bool quotesAreText, WordList? words = null)
    {
        _words = words;
        _text = text;
        _lookup = lookup;
        _escape = escape;
        _quotesAreText = quotesAreText;
    }

    private char Peek => _position < _text.Length ? _text[_position] : End;

    private bool AtEnd => _position >= _text.Length;

    /// <summary>Expands a word; an unset variable is empty.</summary>
    /// <param name="word">The word as written.</param>
    /// <param name="lookup">A variable's value; null when it isn't set.</param>
    /// <param name="escape">The file's escape character.</param>
    /// <exception cref="DockerfileException">A substitution is malformed, or asks for a variable that isn't set.</exception>
    public static string Expand(string word, Func<string, string?> lookup, char escape) =>
        IsPlain(word, escape) ? word : new WordExpander(word, lookup, escape, quotesAreText: false).Process(End, keepEscapes: false)!;

    /// <summary>Expands a text whose quotes are ordinary characters: the body of a COPY's or ADD's here-document.</summary>
    public static string ExpandText(string text, Func<string, string?> lookup) =>
        new WordExpander(text, lookup, '\\', quotesAreText: true).Process(End, keepEscapes: false)!;

    /// <summary>Expands a word and splits what came of it at blanks outside of quotes.</summary>
    public static IReadOnlyList<string> ExpandWords(string word, Func<string, string?> lookup, char escape)
    {
        var words = new WordList();
        new WordExpander(word, lookup, escape, quotesAreText: false, words).Process(End, keepEscapes: false);
        return words.Finish();
    }

    private static bool IsPlain(string word, char escape) => word.AsSpan().IndexOfAny("'\"$") < 0 && !word.Contains(escape);

    /// <summary>Expands up to a character, or to the end; null when the character never comes.</summary>
    private string? Process(char stop, bool keepEscapes)
    {
        var result = new StringBuilder();
        while (!AtEnd)
        {
            var next = Peek;
            if (stop != End && next == stop)
            {
                _position++;
                return result.ToString();
            }

            if (next == '$')
            {
                var value = Dollar();
                Collect(value, quoted: false);
                result.Append(value);
            }
            else if (next is '\'' or '"' && !_quotesAreText)
            {
                var quoted = next == '\'' ? SingleQuoted() : DoubleQuoted();
                Collect(quoted, quoted: true);
                result.Append(quoted);
            }
            else
            {
                Character(result, keepEscapes);
            }
        }

        return stop == End ? result.ToString() : null;
    }

    private void Character(StringBuilder result, bool keepEscapes)
    {
        var character = _text[_position++];
        if (character != _escape)
        {
            Collect(character.ToString(), quoted: false);
            result.Append(character);
            return;
        }

        if (keepEscapes)
        {
            result.Append('\\');
        }

        if (!AtEnd)
        {
            character = _text[_position++];
            Collect(character.ToString(), quoted: true);
            result.Append(character);
        }
    }

    private void Collect(string text, bool quoted)
    {
        if (_words is null || _depth > 0)
        {
            return;
        }

        if (quoted)
        {
            _words.AddQuoted(text);
        }
        else
        {
            _words.AddText(text);
        }
    }

    private string SingleQuoted()
    {
        var end = _text.IndexOf('\'', _position + 1);
        if (end < 0)
        {
            throw new DockerfileException("unexpected end of statement while looking for matching single-quote");
        }

        var quoted = _text[(_position + 1)..end];
        _position = end + 1;
        return quoted;
    }

    private string DoubleQuoted()
    {
        var result = new StringBuilder();
        _position++;
        while (!AtEnd)
        {
            var character = Peek;
            if (character == '"')
            {
                _position++;
                return result.ToString();
            }

            if (character == '$')
            {
                result.Append(Dollar());
                continue;
            }

            _position++;
            if (character == _escape)
            {
                if (AtEnd)
                {
                    break;
                }

                if (Peek is '"' or '$' || Peek == _escape)
                {
                    character = _text[_position++];
                }
            }

            result.Append(character);
        }

        throw new DockerfileException("unexpected end of statement while looking for matching double-quote");
    }

    private string Dollar()
    {
        _position++;
        if (Peek != '{' || AtEnd)
        {
            var plain = Name();
            return plain.Length == 0 ? "$" : Value(plain) ?? "";
        }

        _position++;
        if (AtEnd)
        {
            throw new DockerfileException("syntax error: missing '}'");
        }

        if (Peek is '{' or '}' or ':')
        {
            throw new DockerfileException("syntax error: bad substitution");
        }

        var name = Name();
        if (AtEnd)
        {
            throw new DockerfileException("syntax error: missing '}'");
        }

        var modifier = _text[_position++];
        switch (modifier)
        {
            case '}':
                return Value(name) ?? "";
            case ':':
                return AtEnd ? throw new DockerfileException("syntax error: missing '}'") : Modified(name, _text[_position++], emptyIsUnset: true);
            case '/':
                return Replaced(name);
            default:
                return Modified(name, modifier, emptyIsUnset: false);
        }
    }

    private string Modified(string name, char modifier, bool emptyIsUnset)
    {
        var trims = modifier is '#' or '%';
        if (modifier is not ('+' or '-' or '?' or '#' or '%') || (trims && emptyIsUnset))
        {
            throw new DockerfileException($"unsupported modifier ({(emptyIsUnset ? ":" : "")}{modifier}) in substitution");
        }

        var longest = trims && Peek == modifier && !AtEnd;
        if (longest)
        {
            _position++;
        }

        var word = UntilBrace(trims);
        var value = Value(name);
        var missing = value is null || (emptyIsUnset && value.Length == 0);
        return modifier switch
        {
            '-' => missing ? word : value!,
            '+' => missing ? "" : word,
            '#' => GlobText.TrimStart(value ?? "", word, longest),
            '%' => GlobText.TrimEnd(value ?? "", word, longest),
            _ when !missing => value!,
            _ => throw new DockerfileException(
                $"{name}: {(word.Length > 0 ? word : value is null ? "is not allowed to be unset" : "is not allowed to be empty")}"),
        };
    }

    private string Replaced(string name)
    {
        var all = Peek == '/' && !AtEnd;
        if (all)
        {
            _position++;
        }

        var pattern = Nested('/', keepEscapes: true) ?? throw new DockerfileException("syntax error: missing '/' in ${}");
        var replacement = UntilBrace(keepEscapes: false);
        return GlobText.Replace(Value(name) ?? "", pattern, replacement, all);
    }

    private string UntilBrace(bool keepEscapes) =>
        Nested('}', keepEscapes) ?? throw new DockerfileException("syntax error: missing '}'");

    // What stands inside of a substitution makes no words; only what the substitution gives does.
    private string? Nested(char stop, bool keepEscapes)
    {
        _depth++;
        var text = Process(stop, keepEscapes);
        _depth--;
        return text;
    }

    /// <summary>A name, a number or one of the shell's special parameters; empty when none of them follows.</summary>
    private string Name()
    {
        var start = _position;
        if (char.IsAsciiDigit(Peek))
        {
            while (char.IsAsciiDigit(Peek))
            {
                _position++;
            }
        }
        else if (Peek is '@' or '*' or '#' or '?' or '-' or '$' or '!')
        {
            _position++;
        }
        else
        {
            while (char.IsAsciiLetterOrDigit(Peek) || Peek == '_')
            {
                _position++;
            }
        }

        return _text[start.._position];
    }

    // Positional and special parameters never have a value here.
    private string? Value(string name) => name.Length > 0 && (char.IsAsciiLetter(name[0]) || name[0] == '_') ? _lookup(name) : null;
}
