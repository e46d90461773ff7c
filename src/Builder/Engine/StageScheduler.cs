using System.Runtime.ExceptionServices;

namespace Bld.Builder.Engine;

/// <summary>
/// Runs stages side by side. A stage starts when somebody first asks for it, on a thread of its own, and asks at its start for
/// the stages that its instructions name; so stages without an edge between them never wait for each other.
/// </summary>
internal sealed class StageScheduler : IDisposable
{
    private readonly BuildSession _session;
    private readonly Lazy<Task<StageResult>>[] _stages;
    private ExceptionDispatchInfo? _failure;

    public StageScheduler(BuildSession session)
    {
        _session = session;
        _stages = [.. session.Plan.Document.Stages.Select(stage => new Lazy<Task<StageResult>>(() => Start(stage.Index)))];
    }

    /// <summary>Builds the target and everything that it needs.</summary>
    public StageResult Build()
    {
        try
        {
            foreach (var stage in _session.Plan.Needed)
            {
                Begin(stage);
            }

            return Result(_session.Plan.Target);
        }
        catch (Exception) when (_failure is not null)
        {
            // The stage that failed first says why; the others were only told to stop.
            _failure.Throw();
            throw;
        }
        finally
        {
            WaitForAll();
        }
    }

    /// <summary>A stage's result, waiting for it.</summary>
    public StageResult Result(int stage)
    {
        Begin(stage);
        return _stages[stage].Value.GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public void Dispose() => WaitForAll();

    private void Begin(int stage) => _ = _stages[stage].Value;

    private Task<StageResult> Start(int index)
    {
        var done = new TaskCompletionSource<StageResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_session.Plan.Needed.Count == 1 && index == _session.Plan.Target)
        {
            // Nothing to run beside it.
            Run(index, done);
            return done.Task;
        }

        var thread = new Thread(() => Run(index, done), 1024 * 1024) { IsBackground = true, Name = $"stage {index}" };
        thread.Start();
        return done.Task;
    }

    private void Run(int index, TaskCompletionSource<StageResult> done)
    {
        try
        {
            done.SetResult(new StageBuilder(_session, this, _session.Plan.Stage(index)).Build());
        }
        catch (Exception exception)
        {
            // A thread's top: whatever went wrong belongs to whoever waits for the stage.
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
            _session.Stop();
            done.SetException(exception);
        }
    }

    private void WaitForAll()
    {
        foreach (var stage in _stages)
        {
            if (stage.IsValueCreated)
            {
                ((IAsyncResult)stage.Value).AsyncWaitHandle.WaitOne();
            }
        }
    }
}
