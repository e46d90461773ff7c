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
        var based = new CacheKeyBuilder("base", null).Add("image", planned.Base).Add("manifest", start.Image?.ToString() ?? "").Add("root", start.Key.Hex);
        session.Observer.Report(new StepLookedUp(_step, start.Key, based, CacheOutcome.Base));
        session.Observer.Report(new StepFinished(_step, Cached: false, "", TimeSpan.Zero));

        var triggers = Settings.OnBuild ?? [];
        Settings = Settings with { OnBuild = null };
        if (planned.BaseStage is not null)
        {
            // A stage's own ONBUILD is for images that are built on it later, not for the stages of its file.
            return;
        }

        _extraSteps = triggers.Count;
        foreach (var trigger in triggers)
        {
            var instruction = DockerfileParser.ParseTrigger(trigger, planned.Stage.From.Span);
            Step(instruction, () => Execute(instruction));
        }
    }

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

        return planned.Base == "scratch" ? StageBases.Scratch(platform) : session.Bases.Image(planned.Base, platform);
    }
}
