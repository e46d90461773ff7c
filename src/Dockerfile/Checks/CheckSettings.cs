namespace Bld.Dockerfile.Checks;

/// <summary>What a <c># check=</c> directive says: <c>skip=A,B;error=true;experimental=C</c>, with <c>all</c> for every rule.</summary>
internal sealed record CheckSettings(RuleSet Skipped, RuleSet Experimental, bool WarningsAreErrors)
{
    internal const string BuildArgument = "BUILDKIT_DOCKERFILE_CHECK";

    internal static CheckSettings Default { get; } = new(RuleSet.None, RuleSet.None, WarningsAreErrors: false);

    /// <summary>Reads a directive's or comment's value: what stands behind its first blank is for people.</summary>
    /// <exception cref="DockerfileException">It has an option that there isn't.</exception>
    internal static CheckSettings ParseComment(string text) => Parse(text.Trim().Split(' ')[0]);

    /// <summary>Reads the options alone.</summary>
    /// <exception cref="DockerfileException">One of them is unknown or has a wrong value.</exception>
    internal static CheckSettings Parse(string text)
    {
        var settings = Default;
        if (string.IsNullOrWhiteSpace(text))
        {
            return settings;
        }

        foreach (var part in text.Split(';', 3))
        {
            var equals = part.IndexOf('=');
            var key = (equals < 0 ? part : part[..equals]).Trim();
            var value = equals < 0 ? null : part[(equals + 1)..].Trim();
            settings = (key, value) switch
            {
                ("skip", not null) => settings with { Skipped = RuleSet.Parse(value) },
                ("experimental", not null) => settings with { Experimental = RuleSet.Parse(value) },
                ("error", not null) => settings with { WarningsAreErrors = Truth(part, value) },
                _ => throw new DockerfileException(
                    $"failed to parse check options: invalid check option {GoText.Quote(value is null ? part : key)}"),
            };
        }

        return settings;
    }

    /// <summary>Whether a rule is to be heard, in the file as a whole.</summary>
    internal bool Allow(CheckRule rule) => rule.IsExperimental ? Experimental.Contains(rule) : !Skipped.Contains(rule);

    private static bool Truth(string part, string value) => value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw new DockerfileException($"failed to parse check options: failed to parse check option {GoText.Quote(part)}: neither true nor false"),
    };
}

/// <summary>Some rules, or all.</summary>
internal sealed record RuleSet(IReadOnlyList<string> Names)
{
    private const string All = "all";

    internal static RuleSet None { get; } = new([]);

    internal static RuleSet Parse(string names) => new(names.Split(',', StringSplitOptions.TrimEntries));

    internal bool Contains(CheckRule rule) => Names.Contains(rule.Name) || Names is [All];
}
