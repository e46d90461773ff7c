namespace Bld.Dockerfile.Checks;

/// <summary>The checks that need no more than one instruction's text.</summary>
internal static class TextChecks
{
    internal static void Run(IEnumerable<Instruction> instructions, WarningList warnings)
    {
        foreach (var instruction in instructions)
        {
            if (instruction.EmptyContinuationLine is { } line)
            {
                warnings.Add(CheckRule.NoEmptyContinuation, instruction, "Empty continuation line", SourceSpan.OfLines(line, line));
            }

            switch (instruction)
            {
                case FromInstruction { StageName: { } name } from:
                    CheckStageName(from, name, warnings);
                    CheckDescription(from, "FROM", [name.ToLowerInvariant()], warnings);
                    break;
                case ArgInstruction arg:
                    CheckDescription(arg, "ARG", [.. arg.Arguments.Select(static argument => argument.Name)], warnings);
                    break;
                case MaintainerInstruction:
                    warnings.Add(CheckRule.MaintainerDeprecated, instruction, "Maintainer instruction is deprecated in favor of using label");
                    break;
            }
        }
    }

    private static void CheckStageName(FromInstruction from, string name, WarningList warnings)
    {
        if (!Casing.IsLower(name))
        {
            warnings.Add(CheckRule.StageNameCasing, from, $"Stage name '{name}' should be lowercase");
        }

        // A FROM in mixed case is told of elsewhere; then no AS could match it.
        var matches = Casing.IsLower(from.Keyword) ? Casing.IsLower(from.AsKeyword!)
            : !Casing.IsUpper(from.Keyword) || Casing.IsUpper(from.AsKeyword!);
        if (!matches)
        {
            warnings.Add(CheckRule.FromAsCasing, from, $"'{from.AsKeyword}' and '{from.Keyword}' keywords' casing do not match");
        }
    }

    private static void CheckDescription(Instruction instruction, string kind, IReadOnlyList<string> names, WarningList warnings)
    {
        if (instruction.Comments is not [.., { Length: > 0 } comment] || names.Contains(comment.Split(' ', 2)[0]))
        {
            return;
        }

        var name = names.Count > 1 ? "<arg_key>" : names[0];
        warnings.Add(
            CheckRule.InvalidDefinitionDescription, instruction, $"Comment for {kind} should follow the format: `# {name} <description>`");
    }
}
