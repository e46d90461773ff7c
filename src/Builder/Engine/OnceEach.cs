using System.Collections.Concurrent;

namespace Bld.Builder.Engine;

/// <summary>
/// Things that a build makes once each, whoever asks first, and that it can begin to make before somebody asks. Of one type for all, since each
/// type of such a table costs kilobytes of the program.
/// </summary>
internal sealed class OnceEach
{
    private readonly ConcurrentDictionary<string, Lazy<object>> _all = new(StringComparer.Ordinal);
    private readonly List<Task> _begun = [];

    /// <summary>Those that are there.</summary>
    public IEnumerable<object> Made => _all.Values.Where(static each => each.IsValueCreated).Select(static each => each.Value);

    /// <summary>A thing, which is made if nobody has asked for it yet; who asks meanwhile waits.</summary>
    public object Get(string key, Func<object> make) => _all.GetOrAdd(key, _ => new Lazy<object>(make)).Value;

    /// <summary>Begins to make a thing on a thread of its own; what goes wrong comes out of <see cref="Get"/>.</summary>
    public void Begin(string key, Func<object> make)
    {
        var task = Task.Factory.StartNew(() => _ = Get(key, make), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        lock (_begun)
        {
            _begun.Add(task);
        }
    }

    /// <summary>Waits for what was begun; nothing may be begun any more.</summary>
    public void Wait()
    {
        foreach (var task in _begun)
        {
            ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
        }
    }
}
