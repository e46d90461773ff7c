namespace Bld.Dockerfile.Checks;

/// <summary>The checks of FROM lines.</summary>
internal static class FromChecks
{
    /// <summary>Whether every base image has a name when no build arguments are given.</summary>
    internal static void CheckDefaults(DockerfileDocument document, CheckOptions options, WarningList warnings)
    {
        try
        {
            var defaults = GlobalVariables.Defaults(document, options);
            foreach (var stage in document.Stages)
            {
                if (!ImageName.IsValid(WordExpander.Expand(stage.From.Image, defaults.Lookup, document.EscapeCharacter)))
                {
                    warnings.Add(
                        CheckRule.InvalidDefaultArgInFrom,
                        stage.From,
                        $"Default value for ARG {stage.From.Image} results in empty or invalid base image name");
                }
            }
        }
        catch (DockerfileException)
        {
            // An argument without default that a build must give: nothing can be said about defaults then.
        }
    }

    internal static void Run(DockerfileDocument document, GlobalVariables globals, WarningList warnings, Action<Instruction> visit)
    {
        foreach (var stage in document.Stages)
        {
            visit(stage.From);
            var image = WordExpander.Examine(stage.From.Image, globals.Lookup, document.EscapeCharacter);
            TellUndeclared(stage.From, image, globals, warnings);
            if (stage.From.Platform is { } word)
            {
                var platform = WordExpander.Examine(word, globals.Lookup, document.EscapeCharacter);
                TellUndeclared(stage.From, platform, globals, warnings);
                CheckRedundant(stage.From, word, platform, globals, warnings);
                CheckConstant(stage, platform, warnings);
                PlatformWord.Check(word, platform, globals.Declared);
            }
        }
    }

    private static void TellUndeclared(FromInstruction from, Expansion expansion, GlobalVariables globals, WarningList warnings)
    {
        foreach (var name in expansion.Unmatched)
        {
            if (!globals.Declared.Contains(name))
            {
                warnings.Add(
                    CheckRule.UndefinedArgInFrom, from, $"FROM argument '{name}' is not declared{Suggestion.Text(name, globals.Declared)}");
            }
        }
    }

    private static void CheckRedundant(FromInstruction from, string word, Expansion platform, GlobalVariables globals, WarningList warnings)
    {
        const string Target = "TARGETPLATFORM";
        if (platform is { Matched: [Target], Unmatched: [] } && platform.Text == globals.Lookup(Target))
        {
            warnings.Add(
                CheckRule.RedundantTargetPlatform,
                from,
                $"Setting platform to predefined {word} in FROM is redundant as this is the default behavior");
        }
    }

    private static void CheckConstant(Stage stage, Expansion platform, WarningList warnings)
    {
        if (platform is not { Matched: [], Unmatched: [] } || PlatformName.Parse(platform.Text) is not var (system, architecture))
        {
            return;
        }

        // A stage that is named after its platform means it.
        if (stage.Name is not { } name || !(name.Contains(system) || name.Contains(architecture)))
        {
            warnings.Add(
                CheckRule.FromPlatformFlagConstDisallowed,
                stage.From,
                $"FROM --platform flag should not use constant value {GoText.Quote(platform.Text)}");
        }
    }
}
