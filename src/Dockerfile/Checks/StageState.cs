namespace Bld.Dockerfile.Checks;

/// <summary>What a stage knows after its instructions so far; a stage based on it goes on from there.</summary>
internal sealed class StageState
{
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);
    private readonly KnownWords _names = new();

    private StageState(IEnumerable<KeyValuePair<string, string>> variables)
    {
        foreach (var (name, value) in variables)
        {
            Set(name, value);
        }
    }

    /// <summary>False when the base image isn't known: then nothing can be said about its variables.</summary>
    internal bool KnowsVariables { get; private init; } = true;

    /// <summary>Names that ARG declared, with or without a value.</summary>
    internal HashSet<string> Arguments { get; private init; } = new(StringComparer.Ordinal);

    internal bool HasShell { get; set; }

    /// <summary>Whether this file has set a working directory.</summary>
    internal bool HasWorkdir { get; set; }

    /// <summary>What the stages that are based on this one begin with.</summary>
    internal List<string> Triggers { get; } = [];

    internal static StageState Of(BaseImageFacts? facts)
    {
        var state = new StageState(facts?.Environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            KnowsVariables = facts is not null,
            HasShell = facts?.HasShell ?? false,
        };
        if (state.Lookup("PATH") is null)
        {
            state.Set("PATH", "");
        }

        state.Triggers.AddRange(facts?.Triggers ?? []);
        return state;
    }

    /// <summary>The state that a stage based on this one begins with.</summary>
    internal StageState Derive() => new(_variables)
    {
        KnowsVariables = KnowsVariables,
        Arguments = new HashSet<string>(Arguments, StringComparer.Ordinal),
        HasShell = HasShell,
        HasWorkdir = HasWorkdir,
    };

    internal string? Lookup(string name) => _variables.GetValueOrDefault(name);

    internal void Set(string name, string value)
    {
        if (!_variables.ContainsKey(name))
        {
            _names.Add(name);
        }

        _variables[name] = value;
    }

    /// <summary>The variable that somebody may have meant by a name that is none.</summary>
    internal string? Nearest(string name) => _names.Nearest(name);
}
