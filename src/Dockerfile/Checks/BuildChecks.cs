namespace Bld.Dockerfile.Checks;

/// <summary>Looks for what is allowed but most likely not meant, by Docker's rules.</summary>
public static class BuildChecks
{
    /// <summary>Checks a whole file.</summary>
    /// <exception cref="DockerfileException">The check options can't be understood.</exception>
    public static CheckReport Run(DockerfileDocument document, CheckOptions options)
    {
        var warnings = new WarningList(Settings(document, options));
        TextChecks.Run(document.Instructions, warnings);
        StageChecks.Run(document, warnings);
        var error = Examine(document, options, warnings);
        return new CheckReport(warnings.InOrder, error, warnings.WarningsAreErrors);
    }

    /// <summary>
    /// Checks what could be read of a file with errors: only what needs no more than the text of an instruction, and only above the
    /// first error.
    /// </summary>
    /// <param name="document">From <see cref="DockerfileParser.Read"/>.</param>
    /// <param name="problems">From there too; not empty.</param>
    /// <param name="options">As for <see cref="Run"/>.</param>
    /// <exception cref="DockerfileException">The check options can't be understood.</exception>
    public static CheckReport RunOnUnreadable(DockerfileDocument document, IReadOnlyList<Diagnostic> problems, CheckOptions options)
    {
        var warnings = new WarningList(Settings(document, options));
        var first = problems.Min(static problem => problem.Span.StartLine);
        TextChecks.Run(document.Instructions.TakeWhile(instruction => instruction.Span.StartLine < first), warnings);
        return new CheckReport(warnings.InOrder, problems[0], warnings.WarningsAreErrors);
    }

    private static CheckSettings Settings(DockerfileDocument document, CheckOptions options) =>
        options.BuildArguments.GetValueOrDefault(CheckSettings.BuildArgument) is { } given
            ? CheckSettings.Parse(given)
            : CheckSettings.ParseComment(document.Directives.Check ?? "");

    /// <summary>What needs values: names of base images, variables, paths. Gives what stopped it.</summary>
    private static Diagnostic? Examine(DockerfileDocument document, CheckOptions options, WarningList warnings)
    {
        Instruction? current = null;
        try
        {
            var globals = GlobalVariables.Of(document, options, instruction => current = instruction);
            FromChecks.CheckDefaults(document, options, warnings);
            FromChecks.Run(document, globals, warnings, instruction => current = instruction);
            new StageExaminer(document, options, globals, warnings, instruction => current = instruction).Run();
            return null;
        }
        catch (DockerfileException exception) when (current is not null)
        {
            return new Diagnostic(exception.Message, current.Span);
        }
    }
}
