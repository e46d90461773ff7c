namespace Bld.Dockerfile.Checks;

/// <summary>What FROM lines see: the platform's arguments, and those that are declared before the first FROM.</summary>
internal sealed class GlobalVariables
{
    private static readonly string[] PlatformNames =
    [
        "BUILDPLATFORM", "BUILDOS", "BUILDOSVERSION", "BUILDARCH", "BUILDVARIANT",
        "TARGETPLATFORM", "TARGETOS", "TARGETOSVERSION", "TARGETARCH", "TARGETVARIANT", "TARGETSTAGE",
    ];

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private GlobalVariables(CheckOptions options)
    {
        foreach (var name in PlatformNames)
        {
            _values[name] = options.PlatformArguments.GetValueOrDefault(name, "");
        }
    }

    /// <summary>Every declared name, with or without a value.</summary>
    internal HashSet<string> Declared { get; } = new(PlatformNames, StringComparer.Ordinal);

    /// <summary>The variables of a build.</summary>
    internal static GlobalVariables Of(DockerfileDocument document, CheckOptions options, Action<Instruction> visit) =>
        Evaluate(document, options, options.BuildArguments, visit);

    /// <summary>The variables of a build without build arguments.</summary>
    internal static GlobalVariables Defaults(DockerfileDocument document, CheckOptions options) =>
        Evaluate(document, options, new Dictionary<string, string>(StringComparer.Ordinal), static _ => { });

    internal string? Lookup(string name) => _values.GetValueOrDefault(name);

    private static GlobalVariables Evaluate(
        DockerfileDocument document, CheckOptions options, IReadOnlyDictionary<string, string> arguments, Action<Instruction> visit)
    {
        var variables = new GlobalVariables(options);
        foreach (var instruction in document.GlobalArguments)
        {
            visit(instruction);
            foreach (var argument in instruction.Arguments)
            {
                variables.Declared.Add(argument.Name);
                // A default that isn't needed isn't looked at: it may not even expand.
                var value = arguments.GetValueOrDefault(argument.Name)
                    ?? (argument.Default is { } word ? WordExpander.Expand(word, variables.Lookup, document.EscapeCharacter) : null);
                if (value is not null)
                {
                    variables._values[argument.Name] = value;
                }
            }
        }

        return variables;
    }
}
