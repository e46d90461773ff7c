namespace Bld.Dockerfile;

/// <summary><c>$name</c> and <c>${name…}</c>.</summary>
public sealed partial class WordExpander
{
    private string Dollar()
    {
        var start = _position++;
        if (Peek != '{')
        {
            var plain = Name();
            return plain.Length == 0 ? "$" : Value(plain) ?? (KeepsUnset ? _text[start.._position] : "");
        }

        _position++;
        if (++_depth > DeepestNesting)
        {
            throw new DockerfileException("syntax error: substitutions are nested too deep");
        }

        var value = Substitution(start);
        _depth--;
        return value;
    }

    private bool KeepsUnset => _rules.HasFlag(ExpansionRules.KeepUnset);

    /// <summary>What stands behind <c>${</c>, the closing brace included.</summary>
    private string Substitution(int start)
    {
        if (!AtEnd && Peek is '{' or '}' or ':')
        {
            throw new DockerfileException("syntax error: bad substitution");
        }

        var name = Name();
        var modifier = Next();
        switch (modifier)
        {
            case '}':
                return Value(name) ?? (KeepsUnset ? _text[start.._position] : "");
            case ':':
                return Modified(start, name, Next(), emptyIsUnset: true);
            case '/':
                return Replaced(start, name);
            default:
                return Modified(start, name, modifier, emptyIsUnset: false);
        }
    }

    private char Next() => AtEnd ? throw MissingBrace() : _text[_position++];

    private string Modified(int start, string name, char modifier, bool emptyIsUnset)
    {
        var trims = modifier is '#' or '%';
        var isKnown = modifier is '+' or '-' or '?' || (trims && !emptyIsUnset);
        if (!isKnown && !emptyIsUnset)
        {
            throw new DockerfileException($"unsupported modifier ({modifier}) in substitution");
        }

        var longest = trims && Peek == modifier;
        if (longest)
        {
            _position++;
        }

        var word = Until('}', keepEscapes: trims) ?? throw MissingBrace();
        if (!isKnown)
        {
            throw new DockerfileException($"unsupported modifier (:{modifier}) in substitution");
        }

        var value = Value(name);
        if (value is null && KeepsUnset)
        {
            return _text[start.._position];
        }

        var missing = value is null || (emptyIsUnset && value.Length == 0);
        return modifier switch
        {
            '-' => missing ? word : value!,
            '+' => missing ? "" : word,
            '#' => GlobText.TrimStart(value ?? "", word, longest),
            '%' => GlobText.TrimEnd(value ?? "", word, longest),
            _ when !missing => value!,
            _ when word.Length > 0 => throw new DockerfileException($"{name}: {word}"),
            _ => throw new DockerfileException($"{name}: is not allowed to be {(value is null ? "unset" : "empty")}"),
        };
    }

    private string Replaced(int start, string name)
    {
        var all = Peek == '/';
        if (all)
        {
            _position++;
        }

        var pattern = Until('/', keepEscapes: true) ?? throw new DockerfileException("syntax error: missing '/' in ${}");
        var replacement = Until('}', keepEscapes: true) ?? throw MissingBrace();
        var value = Value(name);
        return value is null && KeepsUnset ? _text[start.._position] : GlobText.Replace(value ?? "", pattern, replacement, all);
    }

    /// <summary>The text up to a character; null when it never comes, whatever else is wrong up to the end.</summary>
    private string? Until(char stop, bool keepEscapes)
    {
        var before = _keepsEscapes;
        _keepsEscapes = keepEscapes;
        try
        {
            return Process(stop);
        }
        catch (DockerfileException) when (AtEnd)
        {
            return null;
        }
        finally
        {
            _keepsEscapes = before;
        }
    }

    private static DockerfileException MissingBrace() => new("syntax error: missing '}'");

    /// <summary>A name, a number or one of the shell's special parameters; empty when none of them follows.</summary>
    private string Name()
    {
        var start = _position;
        if (char.IsDigit(Peek))
        {
            while (char.IsDigit(Peek))
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
            while (char.IsLetterOrDigit(Peek) || Peek == '_')
            {
                _position++;
            }
        }

        return _text[start.._position];
    }

    private string? Value(string name)
    {
        // Positional and special parameters never have a value here.
        var value = name.Length > 0 && (char.IsLetter(name[0]) || name[0] == '_') ? _lookup(name) : null;
        var names = value is null ? _unmatched : _matched;
        if (!names.Contains(name))
        {
            names.Add(name);
        }

        return value;
    }
}
