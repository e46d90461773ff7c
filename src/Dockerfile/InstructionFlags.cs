namespace Bld.Dockerfile;

/// <summary>The flags of one instruction, taken one by one; what is left over is unknown.</summary>
internal sealed class InstructionFlags
{
    private readonly Dictionary<string, List<(string? Value, Token Token)>> _flags = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];

    internal InstructionFlags(IReadOnlyList<Token> tokens)
    {
        foreach (var token in tokens)
        {
            var equals = token.Text.IndexOf('=');
            var name = equals < 0 ? token.Text[2..] : token.Text[2..equals];
            var values = _flags.TryGetValue(name, out var present) ? present : _flags[name] = [];
            values.Add((equals < 0 ? null : token.Text[(equals + 1)..], token));
        }
    }

    internal string? Text(string name) => Single(name) is { } flag ? flag.Value ?? throw NoValue(name) : null;

    internal bool? Boolean(string name) =>
        Single(name) is not { } flag ? null
        : flag.Value?.ToLowerInvariant() switch
        {
            null or "true" => true,
            "false" => false,
            _ => throw new DockerfileException($"expecting boolean value for flag --{name}, not: {flag.Value}"),
        };

    internal IReadOnlyList<string> Texts(string name)
    {
        _known.Add(name);
        return _flags.Remove(name, out var values) ? [.. values.Select(each => each.Value ?? throw NoValue(name))] : [];
    }

    /// <summary>Refuses what nobody asked for.</summary>
    internal void End()
    {
        foreach (var name in _flags.Keys)
        {
            throw new DockerfileException($"unknown flag: --{name}{Suggestion.Text(name, _known)}");
        }
    }

    private (string? Value, Token Token)? Single(string name)
    {
        _known.Add(name);
        if (!_flags.Remove(name, out var values))
        {
            return null;
        }

        return values.Count == 1 ? values[0] : throw new DockerfileException($"duplicate flag specified: --{name}");
    }

    private static DockerfileException NoValue(string name) => new($"missing a value on flag: --{name}");
}
