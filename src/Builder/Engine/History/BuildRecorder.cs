using System.Diagnostics;

namespace Bld.Builder.Engine.History;

/// <summary>
/// Listens to a build: says of each miss why it is one, and writes down what happened. Everything that it hears it hands on.
/// Nothing is read unless something missed, so a build that finds everything pays for one small file.
/// </summary>
internal sealed class BuildRecorder(BuildHistory history, BuildRequest request, IBuildObserver next) : IBuildObserver
{
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;
    private readonly BuildProject _project = BuildProject.Of(request);
    private readonly Lock _gate = new();
    private readonly Dictionary<(int Stage, int Number), RecordedStep> _steps = [];
    private readonly List<string> _warnings = [];
    private IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> _stages = [];
    private MissExplainer? _explainer;

    /// <inheritdoc/>
    public void Report(BuildEvent happened)
    {
        lock (_gate)
        {
            happened = Take(happened);
        }

        next.Report(happened);
    }

    /// <summary>Writes the record and gives it.</summary>
    public BuildRecord Finish(BuildResult? result, Exception? failure)
    {
        BuildRecord record;
        lock (_gate)
        {
            record = new BuildRecord
            {
                Started = _started,
                Milliseconds = Now(),
                Outcome = failure is null ? "succeeded" : failure is OperationCanceledException ? "interrupted" : "failed",
                Error = failure is OperationCanceledException ? null : failure?.Message,
                Image = result?.ImageId,
                Names = request.Names,
                Dockerfile = request.DockerfileName,
                Source = request.DockerfileText,
                Platform = request.Platform.ToString(),
                Jobs = request.Jobs,
                Host = $"Linux {Environment.OSVersion.Version}, {Environment.ProcessorCount} processors, bld {typeof(BuildRecorder).Assembly.GetName().Version?.ToString(3)}",
                Epoch = request.SourceDateEpoch ?? request.Timestamp,
                Steps = [.. _steps.Values.OrderBy(static step => step.Stage).ThenBy(static step => step.Number)],
                Warnings = _warnings,
                Stages = [.. _stages.Select(static stage => stage.Key)],
            };
        }

        return record with { Id = history.Publish(record, _project) };
    }

    private BuildEvent Take(BuildEvent happened)
    {
        switch (happened)
        {
            case BuildPlanned planned:
                _stages = planned.Stages;
                break;
            case StepStarted started:
                _steps[At(started.Step)] = new RecordedStep
                {
                    Stage = started.Step.Stage,
                    StageName = started.Step.StageName,
                    Number = started.Step.Number,
                    Text = started.Step.Text,
                    Start = Now(),
                    Outcome = "unfinished",
                };
                break;
            case StepLookedUp looked:
                return LookedUp(looked);
            case StepOutput written:
                Change(written.Step, step => step with { Output = step.Output + written.Bytes.Length });
                break;
            case StepFinished finished:
                Change(finished.Step, step => step with
                {
                    Milliseconds = Math.Round(Now() - step.Start, 2),
                    Work = Math.Round(finished.Elapsed.TotalMilliseconds, 2),
                    Outcome = step.Key is null ? "config" : step.Outcome,
                    Snapshot = finished.Result.Length > 0 ? finished.Result : null,
                });
                break;
            case StepFailed failed:
                Change(failed.Step, step => step with { Milliseconds = Math.Round(Now() - step.Start, 2), Work = Math.Round(Now() - step.Start, 2), Outcome = "failed" });
                break;
            case BuildWarning warning:
                _warnings.Add(warning.Message);
                break;
            default:
                break;
        }

        return happened;
    }

    private StepLookedUp LookedUp(StepLookedUp looked)
    {
        var parts = RecordedParts.Of(looked.Inputs);
        var isMiss = looked.Outcome is not (CacheOutcome.Hit or CacheOutcome.Base);
        foreach (var (digest, lines) in looked.Inputs.Details)
        {
            if (isMiss && lines.Length > 0)
            {
                history.KeepTree(digest, lines.Span);
            }
        }

        var reason = isMiss ? Explainer().Explain(looked, parts, _steps.Values) : null;
        Change(looked.Step, step => step with
        {
            Key = looked.Key.Hex,
            Parts = parts,
            Reason = reason,
            Outcome = looked.Outcome switch { CacheOutcome.Hit => "hit", CacheOutcome.Base => "base", _ => "miss" },
        });
        return looked with { Reason = reason };
    }

    private MissExplainer Explainer() => _explainer ??= new MissExplainer(history, [.. history.Before(_project)], _stages);

    private void Change(StepIdentity step, Func<RecordedStep, RecordedStep> change)
    {
        if (_steps.TryGetValue(At(step), out var known))
        {
            _steps[At(step)] = change(known);
        }
    }

    private double Now() => Math.Round(Stopwatch.GetElapsedTime(_began).TotalMilliseconds, 2);

    private static (int Stage, int Number) At(StepIdentity step) => (step.Stage, step.Number);
}
