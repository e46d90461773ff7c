namespace Bld.Dockerfile.Checks;

/// <summary>What all checks of a file found.</summary>
/// <param name="Warnings">In the order of the file, none twice.</param>
/// <param name="Error">Why the checks could not go on to the end of the file; null when they could. The build will fail of it.</param>
/// <param name="WarningsAreErrors">Whether the file wants a build to fail when there is a warning.</param>
public sealed record CheckReport(IReadOnlyList<CheckWarning> Warnings, Diagnostic? Error, bool WarningsAreErrors)
{
    /// <summary>Why the build has to stop because of warnings; null when it doesn't.</summary>
    public string? Violation =>
        WarningsAreErrors && Warnings.Count > 0
            ? $"lint violation found for rules: {string.Join(", ", Warnings.Select(static warning => warning.Rule.Name).Distinct().Order(StringComparer.Ordinal))}"
            : null;
}
