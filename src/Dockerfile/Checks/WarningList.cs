namespace Bld.Dockerfile.Checks;

/// <summary>Collects warnings: those that the file wants, none twice.</summary>
internal sealed class WarningList(CheckSettings settings)
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<CheckWarning> _warnings = [];

    internal bool WarningsAreErrors => settings.WarningsAreErrors;

    /// <summary>In the order of the file.</summary>
    internal IReadOnlyList<CheckWarning> InOrder => [.. _warnings.OrderBy(static warning => warning.Line)];

    internal void Add(CheckRule rule, Instruction instruction, string message, SourceSpan? span = null)
    {
        var warning = new CheckWarning(rule, message, span ?? instruction.Span);
        if (settings.Allow(rule) && !SkipsHere(instruction, rule) && _seen.Add(warning.ToString()))
        {
            _warnings.Add(warning);
        }
    }

    /// <summary>Whether <c># check=skip=…</c> right above an instruction names the rule.</summary>
    private static bool SkipsHere(Instruction instruction, CheckRule rule)
    {
        foreach (var comment in instruction.Comments)
        {
            var equals = comment.IndexOf('=');
            if (equals < 0 || !comment.AsSpan(0, equals).Trim().Equals("check", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            try
            {
                if (CheckSettings.ParseComment(comment[(equals + 1)..]).Skipped.Contains(rule))
                {
                    return true;
                }
            }
            catch (DockerfileException)
            {
                // An ordinary comment after all.
            }
        }

        return false;
    }
}
