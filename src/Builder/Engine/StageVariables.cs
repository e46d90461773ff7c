using Bld.Dockerfile;

namespace Bld.Builder.Engine;

/// <summary>
/// The variables that an instruction sees: the image's environment, and the arguments declared so far in the stage.
/// The environment wins over an argument of the same name.
/// </summary>
internal sealed class StageVariables
{
    private readonly List<string> _environmentOrder = [];
    private readonly Dictionary<string, string> _environment = [];
    private readonly List<string> _argumentOrder = [];
    private readonly Dictionary<string, string?> _arguments = [];

    /// <summary>The environment in the image's order, as <c>NAME=value</c>.</summary>
    public IReadOnlyList<string> Environment => [.. _environmentOrder.Select(name => $"{name}={_environment[name]}")];

    /// <summary>The declared arguments that have a value, in the order of their declaration.</summary>
    public IEnumerable<KeyValuePair<string, string>> Arguments =>
        _argumentOrder.Where(name => _arguments[name] is not null).Select(name => KeyValuePair.Create(name, _arguments[name]!));

    /// <summary>The names of the declared arguments, with or without a value.</summary>
    public IReadOnlyList<string> Declared => _argumentOrder;

    /// <summary>Starts with the variables of an image or of the stage that this one is based on.</summary>
    public static StageVariables From(IEnumerable<string> environment, StageVariables? inherited)
    {
        var variables = new StageVariables();
        foreach (var pair in environment)
        {
            var equals = pair.IndexOf('=');
            variables.SetEnvironment(equals < 0 ? pair : pair[..equals], equals < 0 ? "" : pair[(equals + 1)..]);
        }

        foreach (var name in inherited?._argumentOrder ?? [])
        {
            variables.Declare(name, inherited!._arguments[name]);
        }

        return variables;
    }

    /// <summary>A variable's value; null when it isn't set.</summary>
    public string? Lookup(string name) => _environment.GetValueOrDefault(name) ?? _arguments.GetValueOrDefault(name);

    /// <summary>An argument's value, whatever ENV says; null when it has none.</summary>
    public string? Argument(string name) => _arguments.GetValueOrDefault(name);

    /// <summary>Whether ENV, the base image or a previous ENV set this name.</summary>
    public bool IsInEnvironment(string name) => _environment.ContainsKey(name);

    /// <summary>ENV: a known name keeps its place.</summary>
    public void SetEnvironment(string name, string value)
    {
        if (!_environment.ContainsKey(name))
        {
            _environmentOrder.Add(name);
        }

        _environment[name] = value;
    }

    /// <summary>Takes what an ARG or an ENV says; others say nothing.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="arguments">What the command line gives.</param>
    /// <param name="plan">Has the global arguments.</param>
    /// <exception cref="DockerfileException">A word can't be expanded.</exception>
    public void Follow(Instruction instruction, IReadOnlyDictionary<string, string> arguments, BuildPlan plan)
    {
        switch (instruction)
        {
            case ArgInstruction declared:
                foreach (var argument in declared.Arguments)
                {
                    Declare(argument.Name, plan.ArgumentValue(argument, arguments, Expand));
                }

                break;
            case EnvInstruction set:
                // All pairs of one instruction see the environment from before it.
                foreach (var (name, value) in set.Pairs.Select(pair => (Expand(pair.Name), Expand(pair.Value))).ToList())
                {
                    SetEnvironment(name, value);
                }

                break;
            default:
                break;
        }

        string Expand(string word) => WordExpander.Expand(word, Lookup, plan.Document.EscapeCharacter);
    }

    /// <summary>Takes a name out of the environment (<c>--unsetenv</c>).</summary>
    public void UnsetEnvironment(string name)
    {
        _environmentOrder.Remove(name);
        _environment.Remove(name);
    }

    /// <summary>ARG: null means declared without a value, which leaves the value of an earlier declaration.</summary>
    public void Declare(string name, string? value)
    {
        if (_arguments.TryAdd(name, value))
        {
            _argumentOrder.Add(name);
        }
        else if (value is not null)
        {
            _arguments[name] = value;
        }
    }
}
