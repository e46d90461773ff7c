using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>Finds which stages a target needs. Stages that it doesn't need are neither built nor resolved.</summary>
internal sealed class BuildPlanner
{
    private readonly DockerfileDocument _document;
    private readonly BuildRequest _request;
    private readonly Dictionary<string, string> _globals;

    private BuildPlanner(DockerfileDocument document, BuildRequest request, int target)
    {
        _document = document;
        _request = request;
        var stage = document.Stages[target];
        _globals = PlatformArguments.Of(request.Platform, Platform.Host, request.Target ?? stage.Name ?? "default");
    }

    /// <summary>Plans a build.</summary>
    /// <exception cref="BuildException">The target isn't there, or a global argument or a FROM can't be expanded.</exception>
    public static BuildPlan Plan(DockerfileDocument document, BuildRequest request)
    {
        var target = FindTarget(document, request.Target);
        var planner = new BuildPlanner(document, request, target);
        planner.ReadGlobals();
        StageCycles.Refuse(document, request.NamedContexts.ContainsKey);
        var needed = planner.Needed(target);
        return new BuildPlan(document, needed, target, planner._globals, planner.PlanStage);
    }

    private static int FindTarget(DockerfileDocument document, string? wanted)
    {
        if (string.IsNullOrEmpty(wanted))
        {
            return document.Stages.Count - 1;
        }

        return BuildPlan.FindStage(document, wanted, document.Stages.Count)
            ?? throw new BuildException(
                $"The target \"{wanted}\" was not found in the provided Dockerfile: target stage \"{wanted}\" could not be found{Suggestion.Text(wanted, document.Stages.Select(static stage => stage.Name).OfType<string>())}");
    }

    private void ReadGlobals()
    {
        foreach (var (name, value) in _request.BuildArguments)
        {
            if (_globals.ContainsKey(name))
            {
                _globals[name] = value;
            }
        }

        foreach (var instruction in _document.GlobalArguments)
        {
            SourceErrors.Locate(_document, instruction.Span, () => Declare(instruction));
        }
    }

    private void Declare(ArgInstruction instruction)
    {
        foreach (var argument in instruction.Arguments)
        {
            var value = _request.BuildArguments.GetValueOrDefault(argument.Name)
                ?? (argument.Default is { } word ? Expand(word) : _globals.GetValueOrDefault(argument.Name));
            if (value is not null)
            {
                _globals[argument.Name] = value;
            }
        }
    }

    private List<int> Needed(int target)
    {
        var found = new SortedSet<int>();
        var pending = new Stack<int>(_request.SkipUnusedStages ? [target] : Enumerable.Range(0, target + 1));
        while (pending.TryPop(out var index))
        {
            if (!found.Add(index))
            {
                continue;
            }

            var stage = _document.Stages[index];
            if (PlanStage(index, 0).BaseStage is { } below)
            {
                pending.Push(below);
            }

            foreach (var reference in StageReferences.Of(stage))
            {
                if (!_request.NamedContexts.ContainsKey(reference) && BuildPlan.FindStage(_document, reference, index) is { } other
                    && !_request.NamedContexts.ContainsKey(_document.Stages[other].Name ?? ""))
                {
                    pending.Push(other);
                }
            }
        }

        return [.. found];
    }

    private PlannedStage PlanStage(int index, int position)
    {
        var stage = _document.Stages[index];
        PlannedStage? planned = null;
        SourceErrors.Locate(_document, stage.From.Span, () =>
        {
            var image = index == 0 && _request.From is { } replacement ? replacement : Expand(stage.From.Image);
            if (image.Length == 0)
            {
                throw new BuildException($"base name ({stage.From.Image}) should not be blank");
            }

            var platform = stage.From.Platform is { } word
                ? PlatformWord.Expand(word, _globals.GetValueOrDefault, _globals.Keys, _document.EscapeCharacter)
                : null;
            Check(stage.From, platform);
            var below = _request.NamedContexts.ContainsKey(image) ? null : BuildPlan.FindStage(_document, image, index);
            planned = new PlannedStage(stage, position, image, below, platform);
        });
        return planned!;
    }

    private static void Check(FromInstruction from, string? platform)
    {
        try
        {
            _ = platform is null ? null : Platform.Parse(platform);
        }
        catch (FormatException exception)
        {
            throw new BuildException($"failed to parse platform {from.Platform}: {exception.Message}", exception);
        }
    }

    private string Expand(string word) => WordExpander.Expand(word, _globals.GetValueOrDefault, _document.EscapeCharacter);
}
