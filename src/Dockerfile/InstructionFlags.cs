namespace Bld.Dockerfile;

/// <summary>The flags of one instruction, taken one by one; what is left over is unknown.</summary>
internal sealed class InstructionFlags
{
    private const int MostNames = 9;

    private static readonly Token[] NoFlags = [];

    private static readonly InstructionFlags None = new(null);

    private readonly List<Token>? _left;
    private readonly List<string> _known = new(MostNames);

    private InstructionFlags(List<Token>? tokens) => _left = tokens;

    /// <summary>The flags of an instruction.</summary>
    internal static InstructionFlags Of(IReadOnlyList<Token> tokens) => tokens.Count == 0 ? None : new([.. tokens]);

    /// <summary>A flag's name and value: <c>--name</c> or <c>--name=value</c>.</summary>
    internal static (string Name, string? Value) Split(Token token)
    {
        var equals = token.Text.IndexOf('=');
        return equals < 0 ? (token.Text[2..], null) : (token.Text[2..equals], token.Text[(equals + 1)..]);
    }

    /// <summary>A flag that can be given once; null also when its value is empty.</summary>
    internal string? Text(string name) =>
        Single(name) is not { } flag ? null
        : (Split(flag).Value ?? throw NoValue(name, flag)) is { Length: > 0 } value ? value
        : null;

    /// <summary>A flag whose value is read by <paramref name="parse"/>; its errors point at the flag.</summary>
    internal T Value<T>(string name, T otherwise, Func<string, T> parse)
    {
        if (_left is null)
        {
            return otherwise;
        }

        if (_left.Find(flag => IsNamed(flag, name)) is not { Length: > 0 } flag || Text(name) is not { } text)
        {
            _known.Add(name);
            return otherwise;
        }

        try
        {
            return parse(text);
        }
        catch (DockerfileException exception)
        {
            throw new DockerfileException(exception.Message, flag);
        }
    }

    /// <summary>A flag that may stand without a value.</summary>
    internal bool? Boolean(string name) =>
        Single(name) is not { } flag ? null
        : Split(flag).Value switch
        {
            null => true,
            "" => throw NoValue(name, flag),
            var value when value.Equals("true", StringComparison.OrdinalIgnoreCase) => true,
            var value when value.Equals("false", StringComparison.OrdinalIgnoreCase) => false,
            var value => throw new DockerfileException($"expecting boolean value for flag --{name}, not: {value}", flag),
        };

    /// <summary>All values of a flag that can be repeated, with their tokens.</summary>
    internal IReadOnlyList<(string Value, Token Token)> Each(string name) =>
        _left is null ? [] : [.. Take(name).Select(flag => (Split(flag).Value ?? throw NoValue(name, flag), flag))];

    /// <summary>All values of a flag that can be repeated.</summary>
    internal IReadOnlyList<string> Texts(string name) => _left is null ? [] : [.. Each(name).Select(static each => each.Value)];

    /// <summary>Accepts whatever there is: HEALTHCHECK NONE doesn't look at its flags.</summary>
    internal void Ignore() => _left?.Clear();

    /// <summary>Refuses what nobody asked for.</summary>
    internal void End()
    {
        if (_left is { Count: > 0 })
        {
            var name = Split(_left[0]).Name;
            throw new DockerfileException($"unknown flag: --{name}{Hint(name)}", _left[0]);
        }
    }

    private string Hint(string name) =>
        Suggestion.Text(name, _known) is { Length: > 0 } near ? near
        : _known.Count == 0 ? $" (did you mean -- --{name}? this instruction has no flags, and a lone -- ends them)"
        : $" (did you mean one of --{string.Join(", --", _known)}?)";

    private Token? Single(string name)
    {
        if (_left is null)
        {
            return null;
        }

        _known.Add(name);
        Token? found = null;
        for (var i = 0; i < _left.Count; i++)
        {
            if (IsNamed(_left[i], name))
            {
                found = found is null ? _left[i] : throw new DockerfileException($"duplicate flag specified: --{name}", _left[i]);
                _left.RemoveAt(i--);
            }
        }

        return found;
    }

    private IReadOnlyList<Token> Take(string name)
    {
        if (_left is null)
        {
            return NoFlags;
        }

        _known.Add(name);
        List<Token>? flags = null;
        for (var i = 0; i < _left.Count; i++)
        {
            if (IsNamed(_left[i], name))
            {
                (flags ??= []).Add(_left[i]);
                _left.RemoveAt(i--);
            }
        }

        return flags ?? (IReadOnlyList<Token>)NoFlags;
    }

    private static bool IsNamed(Token flag, string name)
    {
        var text = flag.Text.AsSpan(2);
        return text.StartsWith(name) && (text.Length == name.Length || text[name.Length] == '=');
    }

    private static DockerfileException NoValue(string name, Token flag) => new($"missing a value on flag: --{name}", flag);
}
