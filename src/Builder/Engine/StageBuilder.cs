using System.Diagnostics;

using Bld.Builder.Cache;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>
/// Builds one stage: resolves its base and executes its instructions in order, on the thread that calls it.
/// The instructions are in partial files by topic.
/// </summary>
internal sealed partial class StageBuilder(BuildSession session, StageScheduler scheduler, PlannedStage planned)
{
    private readonly bool _usesCache = session.Request.UseCache
        && !session.Request.UncachedStages.Contains(planned.Stage.Name ?? "", StringComparer.OrdinalIgnoreCase);

    private StageState _state = null!;
    private StepIdentity _step = null!;
    private int _number;
    private int _extraSteps;
    private bool _failed;

    private DockerfileDocument Document => session.Plan.Document;

    private EngineServices Services => session.Services;

    /// <summary>Builds the stage.</summary>
    public StageResult Build()
    {
        Step(planned.Stage.From, From);
        foreach (var instruction in planned.Stage.Instructions)
        {
            Step(instruction, () => Execute(instruction));
        }

        return _state.ToResult();
    }

    private void Step(Instruction instruction, Action execute)
    {
        session.Cancellation.ThrowIfCancellationRequested();
        _number++;
        _step = new StepIdentity(
            planned.Position, session.Plan.Needed.Count, planned.Stage.Name ?? $"{planned.Stage.Index}",
            _number, planned.Stage.Instructions.Count + 1 + _extraSteps, instruction.Text);
        session.Observer.Report(new StepStarted(_step));
        try
        {
            SourceErrors.Locate(Document, instruction.Span, execute);
        }
        catch (LocatedException exception) when (!_failed)
        {
            _failed = true;
            session.Observer.Report(new StepFailed(_step, exception.InnerException?.Message ?? exception.Message, exception.ExitCode));
            throw;
        }
    }

    private void Execute(Instruction instruction)
    {
        switch (instruction)
        {
            case ArgInstruction arg:
                Arg(arg);
                break;
            case EnvInstruction env:
                Env(env);
                break;
            case LabelInstruction label:
                Label(label);
                break;
            case RunInstruction run:
                Run(run);
                break;
            case CopyInstruction copy:
                Copy(copy);
                break;
            case AddInstruction add:
                Add(add);
                break;
            case WorkdirInstruction workdir:
                Workdir(workdir);
                break;
            case UserInstruction user:
                User(user);
                break;
            case CmdInstruction cmd:
                Cmd(cmd);
                break;
            case EntrypointInstruction entrypoint:
                Entrypoint(entrypoint);
                break;
            case ExposeInstruction expose:
                Expose(expose);
                break;
            case VolumeInstruction volume:
                Volume(volume);
                break;
            case ShellInstruction shell:
                Shell(shell);
                break;
            case StopSignalInstruction signal:
                StopSignal(signal);
                break;
            case HealthcheckInstruction healthcheck:
                Healthcheck(healthcheck);
                break;
            case OnbuildInstruction onbuild:
                Onbuild(onbuild);
                break;
            case MaintainerInstruction maintainer:
                Maintainer(maintainer);
                break;
            default:
                throw new BuildException($"{instruction.Keyword} is not supported");
        }
    }

    private string Expand(string word) => WordExpander.Expand(word, _state.Variables.Lookup, Document.EscapeCharacter);

    /// <summary>An instruction that only changes the configuration: an entry in the history without a layer.</summary>
    private void Configured(string createdBy)
    {
        _state.History.Add(new HistoryEntry { CreatedBy = createdBy, Comment = HistoryText.Comment, EmptyLayer = true });
        session.Observer.Report(new StepFinished(_step, Cached: false, "", TimeSpan.Zero));
    }

    /// <summary>Adopts the snapshot that the cache has for a key, or makes it.</summary>
    private void Layer(CacheKeyBuilder inputs, string createdBy, Action<ActiveSnapshot> make)
    {
        var key = inputs.ToKey();
        var started = Stopwatch.GetTimestamp();
        var record = _usesCache ? Services.Cache.Find(key) : null;
        var snapshot = SnapshotId.TryParse(record?.Snapshot) is { } id && Services.Snapshots.IsComplete(id) ? Services.Snapshots.Get(id) : null;
        var cached = snapshot is not null;
        var created = record?.Created ?? session.Now;
        session.Observer.Report(new StepLookedUp(_step, key, inputs, Outcome(record, cached)));
        if (snapshot is null)
        {
            BeginNetwork();
            snapshot = Make(make);
            created = session.Now;
            Services.Cache.Publish(key, new CacheRecord
            {
                Snapshot = snapshot.Id.ToString(),
                Created = created,
                Milliseconds = (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds,
            });
        }

        var layer = session.NewLayer(snapshot.Id);
        if (session.Plan.IsInTargetChain(planned.Stage.Index) && session.Request.Layers && !session.Request.Squash)
        {
            // Hashed while the next step runs.
            layer.StartDigest();
        }

        _state.Push(layer, key, created);
        _state.History.Add(new HistoryEntry { Created = created, CreatedBy = createdBy, Comment = HistoryText.Comment });
        session.Observer.Report(new StepFinished(_step, cached, snapshot.Id.ToString(), Stopwatch.GetElapsedTime(started)));
    }

    private CacheOutcome Outcome(CacheRecord? record, bool cached) =>
        cached ? CacheOutcome.Hit
        : _usesCache ? record is null ? CacheOutcome.Unknown : CacheOutcome.Gone
        : session.Request.UseCache ? CacheOutcome.StageRefused : CacheOutcome.Refused;

    /// <summary>After a step that had to be made, the RUNs behind it have to run as well, and need their network.</summary>
    private void BeginNetwork()
    {
        if (planned.Stage.Instructions.Skip(Math.Max(0, _number - 2)).Any(static each => each is RunInstruction { Network: null or "default" }))
        {
            session.Network.Begin();
        }
    }

    private Snapshot Make(Action<ActiveSnapshot> make)
    {
        using var active = Services.Snapshots.Prepare(_state.Top);
        make(active);
        return Services.Snapshots.Commit(active);
    }
}
