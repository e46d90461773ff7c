namespace Bld.Dockerfile.Checks;

/// <summary>The checks that compare stages and instructions with each other.</summary>
internal static class StageChecks
{
    internal static void Run(DockerfileDocument document, WarningList warnings)
    {
        CheckNames(document, warnings);
        CheckCasing([.. document.Stages.SelectMany(static stage => stage.Instructions.Prepend(stage.From))], warnings);
    }

    private static void CheckNames(DockerfileDocument document, WarningList warnings)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var stage in document.Stages)
        {
            if (stage.Name is not { } name)
            {
                continue;
            }

            if (name is "scratch" or "context")
            {
                warnings.Add(
                    CheckRule.ReservedStageName, stage.From, $"Stage name should not use the same name as reserved stage {GoText.Quote(name)}");
            }

            if (!names.Add(name))
            {
                warnings.Add(
                    CheckRule.DuplicateStageName, stage.From, $"Duplicate stage name {GoText.Quote(name)}, stage names should be unique");
            }
        }
    }

    /// <summary>Global arguments have no vote, and are not judged. Upper case wins a tie.</summary>
    private static void CheckCasing(List<Instruction> instructions, WarningList warnings)
    {
        var lower = instructions.Count(static instruction => Casing.IsLower(instruction.Keyword));
        var upper = instructions.Count(static instruction => Casing.IsUpper(instruction.Keyword));
        var wantsLower = lower > upper;
        foreach (var instruction in instructions)
        {
            if (!(wantsLower ? Casing.IsLower(instruction.Keyword) : Casing.IsUpper(instruction.Keyword)))
            {
                warnings.Add(
                    CheckRule.ConsistentInstructionCasing,
                    instruction,
                    $"Command '{instruction.Keyword}' should match the case of the command majority ({(wantsLower ? "lowercase" : "uppercase")})");
            }
        }
    }
}
