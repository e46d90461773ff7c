using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Registry;
using Bld.Runtime;

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
    private SourcesAhead _ahead = null!;
    private SpareInit? _spare;
    private int _number;
    private int _extraSteps;

    private DockerfileDocument Document => session.Plan.Document;

    private EngineServices Services => session.Services;

    /// <summary>Builds the stage.</summary>
    public StageResult Build()
    {
        try
        {
            _ahead = new SourcesAhead(session, planned, isMade: !_usesCache);
            _ahead.BeginPlain();
            Step(planned.Stage.From, From);
            BeginExpanded();
            foreach (var instruction in planned.Stage.Instructions)
            {
                Step(instruction, () => Execute(instruction));
            }

            return _state.ToResult();
        }
        finally
        {
            _spare?.Dispose();
        }
    }

    private void Step(Instruction instruction, Action execute)
    {
        session.Cancellation.ThrowIfCancellationRequested();
        _number++;
        _step = new StepIdentity(
            planned.Position, session.Plan.Needed.Count, planned.Stage.Name ?? $"{planned.Stage.Index}",
            _number, planned.Stage.Instructions.Count + 1 + _extraSteps, instruction is FromInstruction ? planned.FromText : instruction.Text)
        {
            Platform = session.Title,
        };
        session.Observer.Report(new StepStarted(_step));
        try
        {
            SourceErrors.Locate(Document, instruction.Span, execute);
        }
        catch (LocatedException exception) when (!exception.IsTold)
        {
            // Stages that wait for this one fail with the same exception.
            exception.IsTold = true;
            if (exception.InnerException is not ToldException)
            {
                session.Observer.Report(new StepFailed(_step, exception.InnerException?.Message ?? exception.Message, exception.ExitCode));
            }

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
}
