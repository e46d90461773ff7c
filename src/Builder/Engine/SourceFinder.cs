using Bld.Builder.Context;
using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>
/// Finds the tree that <c>COPY --from=…</c>, <c>RUN --mount=from=…</c> or their absence means: the build context, a named
/// context, a stage or an image.
/// </summary>
internal sealed class SourceFinder(BuildSession session, StageScheduler scheduler, PlannedStage planned) : IDisposable
{
    private readonly List<IDisposable> _opened = [];

    /// <summary>The tree that <paramref name="from"/> means; null means the build context.</summary>
    public CopySource Find(string? from)
    {
        if (from is null)
        {
            return session.Request.Context.Source;
        }

        if (session.Contexts.TryFindDirectory(from) is { } context)
        {
            return context;
        }

        if (session.Contexts.TryFindImage(from, session.Request.Platform) is { } given)
        {
            return View(given, from);
        }

        if (BuildPlan.FindStage(session.Plan.Document, from, planned.Stage.Index) is { } index)
        {
            // A stage that was named by its number may be replaced by a context of its name.
            if (session.Plan.Document.Stages[index].Name is { } name && name != from && session.Request.NamedContexts.ContainsKey(name))
            {
                return Find(name);
            }

            return View(scheduler.Result(index), $"the stage {from}");
        }

        RefuseLaterStage(from);
        var platform = session.Request.Platform;
        return from == "scratch" ? View(StageBases.Scratch(platform), from) : View(Image(from, platform), $"the image {from}");
    }

    private StageResult Image(string from, Platform platform)
    {
        try
        {
            return session.Bases.Image(from, platform);
        }
        catch (Exception exception) when (exception is BuildException or RegistryException)
        {
            // Mostly a stage was meant.
            var stages = session.Plan.Document.Stages.Take(planned.Stage.Index).Select(static stage => stage.Name ?? "");
            var hint = Suggestion.Text(from, stages, "the stage ");
            throw new BuildException($"no stage or image found with that name: {exception.Message}{hint}", exception) { Word = from };
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _opened.ForEach(static opened => opened.Dispose());

    private CopySource View(StageResult stage, string name)
    {
        var mount = session.Services.Snapshots.MountReadOnly(stage.Top);
        _opened.Add(mount);
        return CopySource.OfRoot(mount.Root, name);
    }

    private void RefuseLaterStage(string from)
    {
        var stages = session.Plan.Document.Stages;
        var number = StageReferences.NumberOf(from);
        if (number >= stages.Count)
        {
            throw new BuildException($"invalid stage index {from}: the file has {stages.Count} {(stages.Count == 1 ? "stage" : "stages")}, counted from 0") { Word = from };
        }

        for (var i = planned.Stage.Index; i < stages.Count; i++)
        {
            if (i == number || string.Equals(stages[i].Name, from, StringComparison.OrdinalIgnoreCase))
            {
                throw new BuildException(
                    i == planned.Stage.Index
                        ? $"circular dependency detected on stage: {from}"
                        : $"cannot copy from stage \"{from}\", it needs to be defined before current stage \"{planned.Stage.Name ?? $"{planned.Stage.Index}"}\"");
            }
        }
    }
}
