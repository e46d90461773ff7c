using Bld.Builder.Store;

namespace Bld.Builder.Engine;

/// <summary>
/// A regular expression of a source policy, in the part of Go's syntax that names of images and URLs need: characters, <c>.</c>,
/// classes, <c>\d \w \s</c>, <c>^ $</c>, groups (also named, and those that keep nothing), <c>|</c>, and repetitions, greedy or not.
/// It is made of closures: the library's own would make the program larger than all of the engine.
/// </summary>
internal sealed class PolicyExpression
{
    private const int LongestText = 1000;
    private const int MostSteps = 1_000_000;
    private const string Digits = "0123456789";
    private const string WordCharacters = Digits + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    private const string Blanks = " \t\n\r\f\v";

    private readonly string _source;
    private readonly List<string> _names = [""];
    private readonly Matcher _whole;
    private (int Start, int End)[] _groups = [];
    private string _text = "";
    private int _position;
    private int _steps;

    /// <summary>Reads an expression.</summary>
    /// <exception cref="FormatException">It is none, or uses something that is not supported.</exception>
    public PolicyExpression(string source)
    {
        _source = source;
        _whole = Alternatives();
        if (_position < source.Length)
        {
            throw Wrong("there is no group that this closes");
        }
    }

    /// <summary>Goes on from a place of the text with what is left of the expression.</summary>
    private delegate bool Matcher(int at, Func<int, bool> rest);

    /// <summary>The expression of a pattern in which <c>*</c> stands for any characters and <c>?</c> for one; what a <c>*</c> stands for is a group.</summary>
    public static PolicyExpression OfWildcard(string pattern) => new(string.Concat(pattern.Select(static each => each switch
    {
        '*' => "(.*)",
        '?' => ".",
        _ when char.IsAsciiLetterOrDigit(each) || each > '~' => $"{each}",
        _ => $"\\{each}",
    }).Prepend("^").Append("$")));

    /// <summary>Whether it matches somewhere in a text.</summary>
    public bool Matches(string text) => Find(text, 0) >= 0;

    /// <summary>The text with each match replaced; <c>$1</c>, <c>${1}</c> and <c>${name}</c> in the replacement are what the groups matched.</summary>
    public string Replace(string text, string replacement)
    {
        var result = "";
        var at = 0;
        while (at <= text.Length && Find(text, at) is var start and >= 0)
        {
            var end = _groups[0].End;
            result += text[at..start] + Expand(replacement);
            if (end == start)
            {
                result += start < text.Length ? text[start] : "";
                end++;
            }

            at = end;
        }

        return at < text.Length ? result + text[at..] : result;
    }

    private int Find(string text, int from)
    {
        if (text.Length > LongestText)
        {
            throw new BuildException($"a source of more than {LongestText} characters can't be matched by the source policy's expression {_source}");
        }

        _text = text;
        _steps = 0;
        for (var start = from; start <= text.Length; start++)
        {
            _groups = new (int, int)[_names.Count];
            var end = -1;
            if (_whole(start, at => (end = at) >= 0))
            {
                _groups[0] = (start, end);
                return start;
            }
        }

        return -1;
    }

    private string Expand(string replacement)
    {
        var result = "";
        for (var i = 0; i < replacement.Length; i++)
        {
            if (replacement[i] != '$' || i + 1 == replacement.Length)
            {
                result += replacement[i];
                continue;
            }

            var braced = replacement[++i] == '{';
            var end = braced ? replacement.IndexOf('}', i) : i;
            while (!braced && end < replacement.Length && WordCharacters.Contains(replacement[end]))
            {
                end++;
            }

            if (end < 0 || replacement[i] == '$')
            {
                result += '$';
                continue;
            }

            result += Group(braced ? replacement[(i + 1)..end] : replacement[i..end]);
            i = braced ? end : end - 1;
        }

        return result;
    }

    private string Group(string name)
    {
        var index = int.TryParse(name, out var number) ? number : name.Length > 0 ? _names.IndexOf(name) : -1;
        return index >= 0 && index < _groups.Length ? _text[_groups[index].Start.._groups[index].End] : "";
    }

    private Matcher Alternatives()
    {
        var first = Sequence();
        if (!Take('|'))
        {
            return first;
        }

        var others = Alternatives();
        return (at, rest) => first(at, rest) || others(at, rest);
    }

    private Matcher Sequence()
    {
        if (_position == _source.Length || _source[_position] is '|' or ')')
        {
            return static (at, rest) => rest(at);
        }

        var first = Repeated();
        var others = Sequence();
        return (at, rest) => first(at, next => others(next, rest));
    }

    private Matcher Repeated()
    {
        var one = Atom();
        while (Count() is var (least, most))
        {
            var (item, lazy) = (one, Take('?'));
            one = (at, rest) => Repeat(item, 0, at, least, most, lazy, rest);
        }

        return one;
    }

    private bool Repeat(Matcher item, int count, int at, int least, int most, bool lazy, Func<int, bool> rest)
    {
        if (++_steps > MostSteps)
        {
            throw new BuildException($"the source policy's expression {_source} takes too long on {_text}");
        }

        // Once enough have matched, one that takes nothing would go on for ever.
        bool Again() => count < most && item(at, next => (next > at || count < least) && Repeat(item, count + 1, next, least, most, lazy, rest));
        bool End() => count >= least && rest(at);
        return lazy ? End() || Again() : Again() || End();
    }

    private (int Least, int Most)? Count()
    {
        if (Take('*'))
        {
            return (0, int.MaxValue);
        }

        if (Take('+'))
        {
            return (1, int.MaxValue);
        }

        if (Take('?'))
        {
            return (0, 1);
        }

        if (!Take('{'))
        {
            return null;
        }

        var end = _source.IndexOf('}', _position);
        var parts = end < 0 ? [] : _source[_position..end].Split(',');
        _position = end + 1;
        return parts.Length is 1 or 2 && int.TryParse(parts[0], out var least) && (parts[^1].Length == 0 ? int.MaxValue : int.TryParse(parts[^1], out var most) ? most : -1) is var limit and >= 0
            ? (least, limit)
            : throw Wrong("{ begins no count");
    }

    private Matcher Atom()
    {
        switch (_source[_position++])
        {
            case '(':
                return InGroup();
            case '[':
                return One(Class());
            case '.':
                return One(static each => each != '\n');
            case '^':
                return static (at, rest) => at == 0 && rest(at);
            case '$':
                return (at, rest) => at == _text.Length && rest(at);
            case '\\':
                return One(Escape());
            case '*' or '+' or '?' or ')':
                throw Wrong("nothing stands before it");
            case var literal:
                return One(each => each == literal);
        }
    }

    private Matcher One(Predicate<char> fits) => (at, rest) => at < _text.Length && fits(_text[at]) && rest(at + 1);

    private Matcher InGroup()
    {
        var keeps = !Take('?');
        var name = "";
        if (!keeps && !Take(':'))
        {
            _ = Take('P');
            var end = Take('<') ? _source.IndexOf('>', _position) : -1;
            name = end < 0 ? throw Wrong("a group may be (?:…) or (?P<name>…)") : _source[_position..end];
            (keeps, _position) = (true, end + 1);
        }

        var index = _names.Count;
        if (keeps)
        {
            _names.Add(name);
        }

        var inner = Alternatives();
        if (!Take(')'))
        {
            throw Wrong("a group isn't closed");
        }

        return !keeps ? inner : (at, rest) => inner(at, end =>
        {
            var before = _groups[index];
            _groups[index] = (at, end);
            if (rest(end))
            {
                return true;
            }

            _groups[index] = before;
            return false;
        });
    }

    private Predicate<char> Class()
    {
        var excludes = Take('^');
        var members = new List<Predicate<char>>();
        do
        {
            if (_position == _source.Length)
            {
                throw Wrong("a [ isn't closed");
            }

            var first = _source[_position++];
            if (first == '\\')
            {
                members.Add(Escape());
            }
            else if (_position + 1 < _source.Length && _source[_position] == '-' && _source[_position + 1] != ']')
            {
                var last = _source[_position + 1];
                _position += 2;
                members.Add(each => each >= first && each <= last);
            }
            else
            {
                members.Add(each => each == first);
            }
        }
        while (!Take(']'));
        return each => members.Exists(member => member(each)) != excludes;
    }

    private Predicate<char> Escape()
    {
        var letter = _position < _source.Length ? _source[_position++] : throw Wrong("it ends in a backslash");
        var set = char.ToLowerInvariant(letter) switch { 'd' => Digits, 'w' => WordCharacters, 's' => Blanks, _ => null };
        return set is not null ? each => set.Contains(each) == char.IsLower(letter)
            : char.IsAsciiLetterOrDigit(letter) ? throw Wrong($"\\{letter} is not supported")
            : each => each == letter;
    }

    private bool Take(char wanted)
    {
        if (_position == _source.Length || _source[_position] != wanted)
        {
            return false;
        }

        _position++;
        return true;
    }

    private FormatException Wrong(string why) => new($"\"{_source}\" is no regular expression that source policies can have: {why} (character {_position})");
}
