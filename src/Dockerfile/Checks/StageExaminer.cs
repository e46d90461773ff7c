using System.Globalization;

namespace Bld.Dockerfile.Checks;

/// <summary>The checks that follow a stage's instructions with their variables.</summary>
internal sealed class StageExaminer(
    DockerfileDocument document, CheckOptions options, GlobalVariables globals, WarningList warnings, Action<Instruction> visit)
{
    private readonly Dictionary<string, StageState> _byName = new(StringComparer.Ordinal);

    internal void Run()
    {
        foreach (var stage in document.Stages)
        {
            visit(stage.From);
            var state = Begin(stage, out var triggers);
            if (options.Stages?.Contains(stage.Index) ?? true)
            {
                var steps = new StepChecks(document.EscapeCharacter, options, globals, warnings, state);
                foreach (var instruction in triggers.Concat(stage.Instructions))
                {
                    visit(instruction);
                    steps.Check(instruction);
                }
            }

            _byName[stage.Index.ToString(CultureInfo.InvariantCulture)] = state;
            if (stage.Name is { } name)
            {
                _byName[name] = state;
            }
        }
    }

    private StageState Begin(Stage stage, out IEnumerable<Instruction> triggers)
    {
        var name = WordExpander.Expand(stage.From.Image, globals.Lookup, document.EscapeCharacter);
        if (_byName.TryGetValue(name.ToLowerInvariant(), out var parent))
        {
            triggers = Parse(parent.Triggers, stage);
            return parent.Derive();
        }

        var facts = name == "scratch" ? new BaseImageFacts(new Dictionary<string, string>(StringComparer.Ordinal)) : options.BaseImage(name);
        CheckPlatform(stage, name, facts);
        triggers = Parse(facts?.Triggers ?? [], stage);
        var state = StageState.Of(facts);
        state.Triggers.Clear();
        return state;
    }

    private static List<Instruction> Parse(IEnumerable<string> triggers, Stage stage) =>
        [.. triggers.Select(trigger => DockerfileParser.ParseTrigger(trigger, stage.From.Span))];

    private void CheckPlatform(Stage stage, string name, BaseImageFacts? facts)
    {
        var wanted = stage.From.Platform is { } word
            ? WordExpander.Expand(word, globals.Lookup, document.EscapeCharacter)
            : options.TargetPlatform;
        if (facts?.Platform is { } present && PlatformName.Parse(present) is { } actual
            && PlatformName.Parse(wanted) is { } expected && actual != expected)
        {
            warnings.Add(
                CheckRule.InvalidBaseImagePlatform,
                stage.From,
                $"Base image {name} was pulled with platform {GoText.Quote(present)}, expected {GoText.Quote(wanted)} for current build");
        }
    }
}
