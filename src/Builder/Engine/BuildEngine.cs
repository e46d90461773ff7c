using Bld.Builder.Engine.Debugging;
using Bld.Builder.Engine.History;
using Bld.Builder.Engine.Images;
using Bld.Builder.Engine.SharedCache;
using Bld.Builder.Store;
using Bld.Dockerfile;

namespace Bld.Builder.Engine;

/// <summary>Builds images from Dockerfiles: parse → plan → stages → image.</summary>
internal sealed class BuildEngine(EngineServices services)
{
    /// <summary>Builds one image for one platform.</summary>
    /// <exception cref="BuildException">Something that the request or the Dockerfile asks for can't be done; nothing was published.</exception>
    /// <exception cref="OperationCanceledException">The caller wanted it to stop; nothing was published.</exception>
    public BuildResult Build(BuildRequest request, IBuildObserver observer, CancellationToken cancellation) =>
        BrokenCacheException.Avoid(request, observer, each =>
        {
            using var commons = new BuildCommons(services, each, observer, cancellation);
            return Build(each, observer, commons);
        });

    /// <summary>Builds one image for one platform, beside others.</summary>
    /// <exception cref="BrokenCacheException">The shared cache can't give what it promised: without it the build would go on.</exception>
    /// <inheritdoc cref="Build(BuildRequest, IBuildObserver, CancellationToken)"/>
    public BuildResult Build(BuildRequest request, IBuildObserver observer, BuildCommons commons)
    {
        new FailedSteps(services.State).Collect();
        var recorder = new BuildRecorder(new BuildHistory(services.State), request, observer);
        try
        {
            var result = Make(request, recorder, commons);
            return result with { Record = recorder.Finish(result, null) };
        }
        catch (Exception exception) when (exception is not (DockerfileException or DebugEndedException or BrokenCacheException))
        {
            // A file that can't be parsed is no build; anything else is one that is worth remembering.
            recorder.Finish(null, exception);
            throw;
        }
    }

    private BuildResult Make(BuildRequest request, BuildRecorder observer, BuildCommons commons)
    {
        var warnings = new BuildWarnings(request, services.Images, observer);
        var document = warnings.Parse();
        using var shared = CachePlaces.OpenReader(services, request, message => observer.Report(new BuildWarning(message)), commons.Cancellation);
        try
        {
            return Build(request, document, warnings, shared, observer, commons);
        }
        catch (Exception exception) when (shared?.Failure is { } failure && exception is not OperationCanceledException)
        {
            throw new BrokenCacheException(failure, exception);
        }
    }

    private BuildResult Build(
        BuildRequest request, DockerfileDocument document, BuildWarnings warnings, SharedCacheReader? shared, BuildRecorder observer, BuildCommons commons)
    {
        request = new EpochSource(services, document, commons.Cancellation).Resolve(request);
        var plan = BuildPlanner.Plan(document, request);
        warnings.TellOfStages(plan);
        using var uploads = EarlyUploads.Open(services, request.PushTargets, commons.Cancellation);
        var session = new BuildSession(services, request, plan, observer, commons) { SharedCache = shared, Uploads = uploads };
        var stages = plan.Needed.Select(index => new KeyValuePair<string, IReadOnlyList<string>>(StageName(document.Stages[index]), Texts(plan.Stage(index))));
        observer.Report(new BuildPlanned([.. stages]) { Platform = session.Title });
        using var scheduler = new StageScheduler(session);
        var target = scheduler.Build();
        warnings.TellOfNewImages(plan);
        WarnOfUnusedArguments(session);
        observer.Report(new ImageCommitting(request.Names) { Platform = session.Title });
        var result = new StageImages(session, scheduler).Write(target);
        observer.Report(new ImageCommitted(result.ImageId, result.Names) { Platform = session.Title });
        CachePlaces.WriteAll(session, target, () => plan.Needed.Select(scheduler.Result));
        uploads?.Finish();
        return result;
    }

    private static string StageName(Stage stage) => stage.Name ?? $"{stage.Index}";

    private static IReadOnlyList<string> Texts(PlannedStage planned) => [planned.FromText, .. planned.Stage.Instructions.Select(static instruction => instruction.Text)];

    private static void WarnOfUnusedArguments(BuildSession session)
    {
        var unused = session.Request.BuildArguments.Keys
            .Where(name => !session.ConsumedArguments.ContainsKey(name) && !SpecialArguments.Contains(name)
                && !session.Plan.Document.GlobalArguments.Any(global => global.Arguments.Any(argument => argument.Name == name)))
            .Order(StringComparer.Ordinal)
            .ToList();
        if (unused.Count > 0)
        {
            session.Observer.Report(new BuildWarning($"one or more build args were not consumed: [{string.Join(' ', unused)}]"));
        }
    }
}
