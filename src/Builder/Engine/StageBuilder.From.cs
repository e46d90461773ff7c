using Bld.Builder.Cache;
using Bld.Dockerfile;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>FROM: the base, and the triggers that it brings.</summary>
internal sealed partial class StageBuilder
{
    private void From()
    {
        var start = FindBase();
        _state = new StageState(start, StageVariables.From(start.Config.Config?.Env ?? [], start.Variables));
        if (planned.BaseStage is null)
        {
            AdaptBase();
        }

        var based = new CacheKeyBuilder("base", null).Add("image", planned.Base).Add("manifest", start.BaseDigest?.ToString() ?? "").Add("root", start.Key.Hex);
        session.Observer.Report(new StepLookedUp(_step, start.Key, based, CacheOutcome.Base));
        session.Observer.Report(new StepFinished(_step, Cached: false, "", TimeSpan.Zero));

        // A directory in the place of an image is an empty base and a copy of all of it.
        IReadOnlyList<string> triggers = IsDirectory(planned.Base) ? [$"COPY --from={planned.Base} / /"] : Settings.OnBuild ?? [];
        Settings = Settings with { OnBuild = null };
        _extraSteps = triggers.Count;
        foreach (var trigger in triggers)
        {
            var instruction = DockerfileParser.ParseTrigger(trigger, planned.Stage.From.Span);
            Step(instruction, () => Execute(instruction));
        }
    }

    /// <summary>Begins to fetch what the variables of the base and of the stage name, as its ADDs will see them.</summary>
    private void BeginExpanded()
    {
        if (!planned.Stage.Instructions.OfType<AddInstruction>().Any(SourcesAhead.HasVariables))
        {
            return;
        }

        var variables = StageVariables.From(_state.Variables.Environment, _state.Variables);
        string Expand(string word) => WordExpander.Expand(word, variables.Lookup, Document.EscapeCharacter);
        try
        {
            foreach (var instruction in planned.Stage.Instructions)
            {
                variables.Follow(instruction, session.Request.BuildArguments, session.Plan);
                if (instruction is AddInstruction add)
                {
                    _ahead.BeginExpanded(add, Expand);
                }
            }
        }
        catch (DockerfileException)
        {
            // The instruction will say so.
        }
    }

    /// <summary>What the command line changes of a base image's configuration, before the first instruction.</summary>
    private void AdaptBase()
    {
        foreach (var (name, value) in session.Request.Environment)
        {
            _state.Variables.SetEnvironment(name, value);
        }

        var labels = new SortedDictionary<string, string>(session.Request.InheritLabels ? Settings.Labels ?? [] : [], StringComparer.Ordinal);
        foreach (var name in session.Request.Metadata.UnsetLabels)
        {
            labels.Remove(name);
        }

        Settings = Settings with { Labels = labels.Count > 0 ? labels : null };
    }

    private bool IsDirectory(string name) => planned.BaseStage is null && session.Contexts.IsDirectory(name);

    private StageResult FindBase()
    {
        if (planned.BaseStage is { } index)
        {
            return scheduler.Result(index);
        }

        var platform = planned.Platform is { } text ? Platform.Parse(text) : session.Request.Platform;
        if (session.Contexts.TryFindImage(planned.Base, platform) is { } image)
        {
            return image;
        }

        return planned.Base == "scratch" || IsDirectory(planned.Base) ? StageBases.Scratch(platform) : session.Bases.Image(planned.Base, platform);
    }
}
