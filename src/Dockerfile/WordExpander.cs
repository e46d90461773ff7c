using System.Text;

namespace Bld.Dockerfile;

/// <summary>
/// Expands variables and removes quotes as Docker's Dockerfile reference, "Environment replacement", describes:
/// single quotes are literal; in double quotes the escape character escapes only <c>"</c>, <c>$</c> and itself.
/// Substitutions with braces are in the other part of this type.
/// </summary>
public sealed partial class WordExpander
{
    private const char End = '\0';

    // Substitutions nest by recursion; nobody writes so many, and a stranger's file must not end the process.
    private const int DeepestNesting = 200;

    private readonly string _text;
    private readonly Func<string, string?> _lookup;
    private readonly char _escape;
    private readonly ExpansionRules _rules;
    private readonly WordList? _words;
    private readonly List<string> _matched = [];
    private readonly List<string> _unmatched = [];
    private int _position;
    private int _depth;
    private bool _keepsEscapes;

    private WordExpander(string text, Func<string, string?> lookup, char escape, ExpansionRules rules, WordList? words)
    {
        _text = text;
        _lookup = lookup;
        _escape = escape;
        _rules = rules;
        _words = words;
        _keepsEscapes = rules.HasFlag(ExpansionRules.KeepEscapes);
    }

    private char Peek => _position < _text.Length ? _text[_position] : End;

    private bool AtEnd => _position >= _text.Length;

    /// <summary>Expands a word; an unset variable is empty.</summary>
    /// <param name="word">The word as written.</param>
    /// <param name="lookup">A variable's value; null when it isn't set.</param>
    /// <param name="escape">The file's escape character.</param>
    /// <exception cref="DockerfileException">A substitution is malformed, or asks for a variable that isn't set.</exception>
    public static string Expand(string word, Func<string, string?> lookup, char escape) =>
        IsPlain(word, escape) ? word : Create(word, lookup, escape).Run();

    /// <summary>Like <see cref="Expand"/>, and says which variables were asked for.</summary>
    /// <exception cref="DockerfileException">As for <see cref="Expand"/>.</exception>
    public static Expansion Examine(string word, Func<string, string?> lookup, char escape)
    {
        if (IsPlain(word, escape))
        {
            return new Expansion(word, [], []);
        }

        var expander = Create(word, lookup, escape);
        return new Expansion(expander.Run(), expander._matched, expander._unmatched);
    }

    /// <summary>
    /// Expands the body of a COPY's or ADD's here-document: quotes are ordinary characters, and the escape character is always a
    /// backslash, whatever the file says.
    /// </summary>
    /// <exception cref="DockerfileException">As for <see cref="Expand"/>.</exception>
    public static string ExpandText(string text, Func<string, string?> lookup) => ExamineText(text, lookup).Text;

    /// <summary>Like <see cref="ExpandText"/>, and says which variables were asked for.</summary>
    /// <exception cref="DockerfileException">As for <see cref="Expand"/>.</exception>
    public static Expansion ExamineText(string text, Func<string, string?> lookup)
    {
        var expander = new WordExpander(text, lookup, '\\', ExpansionRules.QuotesAreText, words: null);
        return new Expansion(expander.Run(), expander._matched, expander._unmatched);
    }

    /// <summary>Expands a word and splits what came of it at blanks outside of quotes, as EXPOSE wants it.</summary>
    /// <exception cref="DockerfileException">As for <see cref="Expand"/>.</exception>
    public static IReadOnlyList<string> ExpandWords(string word, Func<string, string?> lookup, char escape) =>
        Split(word, lookup, escape, ExpansionRules.None);

    /// <summary>The words of a text by other rules.</summary>
    internal static IReadOnlyList<string> Split(string text, Func<string, string?> lookup, char escape, ExpansionRules rules)
    {
        var words = new WordList();
        new WordExpander(text, lookup, escape, rules, words).Run();
        return words.Finish();
    }

    private static WordExpander Create(string word, Func<string, string?> lookup, char escape) =>
        new(word, lookup, escape, ExpansionRules.None, words: null);

    private static bool IsPlain(string word, char escape) => word.AsSpan().IndexOfAny("'\"$") < 0 && !word.Contains(escape);

    private string Run()
    {
        try
        {
            return Process(End)!;
        }
        catch (DockerfileException exception) when (!_rules.HasFlag(ExpansionRules.QuotesAreText))
        {
            // A word is shown with its error; the body of a here-document would be too much.
            throw new DockerfileException($"failed to process {GoText.Quote(_text)}: {exception.Message}");
        }
    }

    /// <summary>Expands up to a character, or to the end; null when the character never comes.</summary>
    private string? Process(char stop)
    {
        var result = new StringBuilder();
        var readsQuotes = !_rules.HasFlag(ExpansionRules.QuotesAreText);
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
                Words?.AddText(value);
                result.Append(value);
            }
            else if (next is '\'' or '"' && readsQuotes)
            {
                var quoted = next == '\'' ? SingleQuoted() : DoubleQuoted();
                Words?.AddQuoted(quoted);
                result.Append(quoted);
            }
            else if (next == '<' && Words is not null)
            {
                Redirection(result);
            }
            else
            {
                Character(result);
            }
        }

        return stop == End ? result.ToString() : null;
    }

    // What stands inside of a substitution makes no words; only what the substitution gives does.
    private WordList? Words => _depth == 0 ? _words : null;

    /// <summary>Blanks between <c>&lt;&lt;</c> and the name of a here-document are a part of its word.</summary>
    private void Redirection(StringBuilder result)
    {
        var start = _position++;
        if (Peek == '<')
        {
            _position++;
            while (Peek is ' ' or '\t')
            {
                _position++;
            }
        }

        var text = _text[start.._position];
        Words?.AddQuoted(text);
        result.Append(text);
    }

    private void Character(StringBuilder result)
    {
        var character = _text[_position++];
        if (character != _escape)
        {
            Words?.Add(character);
            result.Append(character);
            return;
        }

        if (_keepsEscapes)
        {
            Words?.AddQuoted(character);
            result.Append(character);
        }

        if (!AtEnd)
        {
            character = _text[_position++];
            Words?.AddQuoted(character);
            result.Append(character);
        }
    }

    private string SingleQuoted()
    {
        var start = _position;
        var end = _text.IndexOf('\'', start + 1);
        if (end < 0)
        {
            _position = _text.Length;
            throw new DockerfileException("unexpected end of statement while looking for matching single-quote");
        }

        _position = end + 1;
        return _rules.HasFlag(ExpansionRules.KeepQuotes) ? _text[start..(end + 1)] : _text[(start + 1)..end];
    }

    private string DoubleQuoted()
    {
        var keepsQuotes = _rules.HasFlag(ExpansionRules.KeepQuotes);
        var result = new StringBuilder(keepsQuotes ? "\"" : "");
        _position++;
        while (!AtEnd)
        {
            switch (Peek)
            {
                case '"':
                    _position++;
                    return (keepsQuotes ? result.Append('"') : result).ToString();
                case '$':
                    result.Append(Dollar());
                    break;
                default:
                    QuotedCharacter(result);
                    break;
            }
        }

        throw new DockerfileException("unexpected end of statement while looking for matching double-quote");
    }

    private void QuotedCharacter(StringBuilder result)
    {
        var character = _text[_position++];
        if (character == _escape)
        {
            if (_keepsEscapes)
            {
                result.Append(character);
            }

            if (Peek is '"' or '$' || Peek == _escape)
            {
                character = _text[_position++];
            }
            else if (_keepsEscapes)
            {
                return;
            }
        }

        result.Append(character);
    }
}
