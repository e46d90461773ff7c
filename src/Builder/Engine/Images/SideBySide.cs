namespace Bld.Builder.Engine.Images;

/// <summary>
/// Work on several layers at once, on threads of their own because it waits for the network and the disk. The first failure stops
/// the rest; disposing it stops and awaits what is still going on.
/// </summary>
internal sealed class SideBySide<T> : IDisposable
{
    private readonly SemaphoreSlim _slots;
    private readonly CancellationTokenSource _stop;
    private readonly List<Task<T>> _tasks = [];

    /// <param name="atOnce">How much may go on at a time.</param>
    /// <param name="cancellation">Stops everything.</param>
    public SideBySide(int atOnce, CancellationToken cancellation)
    {
        _slots = new SemaphoreSlim(atOnce);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    }

    /// <summary>The results so far of what ended well.</summary>
    public IEnumerable<T> Finished => _tasks.Where(static task => task.IsCompletedSuccessfully).Select(static task => task.GetAwaiter().GetResult());

    /// <summary>Begins a piece of work as soon as there is a slot.</summary>
    public void Add(Func<CancellationToken, T> work) =>
        _tasks.Add(Task.Factory.StartNew(() => InTurn(work), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));

    /// <summary>Adds a result that is there already.</summary>
    public void AddResult(T result) => _tasks.Add(Task.FromResult(result));

    /// <summary>The result of one piece of work; the first real error comes before the cancellations that it caused.</summary>
    public T Wait(int index)
    {
        try
        {
            return _tasks[index].GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            AwaitAll();
            // A task that was stopped from here counts as faulted too, because the token isn't its own.
            if (_tasks.Find(static each => each.Exception?.InnerException is not (null or OperationCanceledException)) is { } failed)
            {
                return failed.GetAwaiter().GetResult();
            }

            throw;
        }
    }

    /// <summary>Stops what is going on and returns when nothing is.</summary>
    public void Stop()
    {
        _stop.Cancel();
        AwaitAll();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _slots.Dispose();
        _stop.Dispose();
    }

    private T InTurn(Func<CancellationToken, T> work)
    {
        _slots.Wait(_stop.Token);
        try
        {
            return work(_stop.Token);
        }
        catch
        {
            _stop.Cancel();
            throw;
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Returns when nothing is going on any more, well or not.</summary>
    public void AwaitAll()
    {
        foreach (IAsyncResult task in _tasks)
        {
            task.AsyncWaitHandle.WaitOne();
        }
    }
}
