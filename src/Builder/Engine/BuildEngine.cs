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
    public BuildResult Build(BuildRequest request, IBuildObserver observer, CancellationToken cancellation)
    {
        new FailedSteps(services.State).Collect();
        var recorder = new BuildRecorder(new BuildHistory(services.State), request, observer);
        try
        {
            var result = Make(request, recorder, cancellation);
            return result with { Record = recorder.Finish(result, null) };
        }
        catch (Exception exception) when (exception is not (DockerfileException or DebugEndedException))
        {
            // A file that can't be parsed is no build; anything else is one that is worth remembering.
            recorder.Finish(null, exception);
            throw;
        }
    }

    private BuildResult Make(BuildRequest request, BuildRecorder observer, CancellationToken cancellation)
    {
        var warnings = new BuildWarnings(request, services.Images, observer);
        var document = warnings.Parse();
        using var shared = CachePlaces.OpenReader(services, request, message => observer.Report(new BuildWarning(message)), cancellation);
        try
        {
            return Build(request, document, warnings, shared, observer, cancellation);
        }
        catch (Exception exception) when (shared?.Failure is { } failure && exception is not OperationCanceledException)
        {
            // What it promised was counted on by all that came after: what is here already is used again, the rest is made.
            observer.Report(new BuildWarning($"{failure}; the build begins again without it"));
            return Build(request, document, warnings, null, observer, cancellation);
        }
    }

    private BuildResult Build(
        BuildRequest request, DockerfileDocument document, BuildWarnings warnings, SharedCacheReader? shared, BuildRecorder observer, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        request = new EpochSource(services, document, stop.Token).Resolve(request);
        var plan = BuildPlanner.Plan(document, request);
        warnings.TellOfStages(plan);
        observer.Report(new BuildPlanned(
            [.. plan.Needed.Select(index => new KeyValuePair<string, IReadOnlyList<string>>(StageName(document.Stages[index]), Texts(document.Stages[index])))]));
        using var uploads = EarlyUploads.Open(services, request.PushTargets, stop.Token);
        using var session = new BuildSession(services, request, plan, observer, stop.Token) { SharedCache = shared, Uploads = uploads };
        using var scheduler = new StageScheduler(session, stop);
        var target = scheduler.Build();
        warnings.TellOfNewImages(plan);
        WarnOfUnusedArguments(session);
        var committing = new ImageCommitting(request.Names);
        observer.Report(committing);
        var result = new StageImages(session, scheduler).Write(target);
        observer.Report(new ImageCommitted(result.ImageId, result.Names));
        CachePlaces.WriteAll(session, target, () => plan.Needed.Select(scheduler.Result));
        uploads?.Finish();
        return result;
    }

    private static string StageName(Stage stage) => stage.Name ?? $"{stage.Index}";

    private static IReadOnlyList<string> Texts(Stage stage) => [stage.From.Text, .. stage.Instructions.Select(static instruction => instruction.Text)];

    private static void WarnOfUnusedArguments(BuildSession session)
    {
        var unused = session.Request.BuildArguments.Keys
            .Where(name => !session.ConsumedArguments.ContainsKey(name) && !SpecialArguments.Contains(name))
            .Order(StringComparer.Ordinal)
            .ToList();
        if (unused.Count > 0)
        {
            session.Observer.Report(new BuildWarning($"one or more build args were not consumed: [{string.Join(' ', unused)}]"));
        }
    }
}
