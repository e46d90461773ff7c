using System.Collections.Concurrent;

namespace Bld.Builder.Snapshots;

/// <summary>Snapshots that have their id before they are there: their content comes from elsewhere, and only when somebody wants it.</summary>
internal sealed partial class SnapshotStore
{
    private readonly ConcurrentDictionary<SnapshotId, Promise> _promises = new();

    /// <summary>
    /// Promises a snapshot. Whoever asks for it (<see cref="Get"/>, so every mount and every child's preparation) waits until
    /// <paramref name="keep"/> has committed it; nobody else ever pays for it. Known to this process only.
    /// </summary>
    /// <param name="id">Its id, from <see cref="SnapshotId.Create"/>.</param>
    /// <param name="parent">What it lies on; may be promised too.</param>
    /// <param name="begin">Starts what takes time, on other threads; called for all promised ancestors at once. Twice is fine.</param>
    /// <param name="keep">Commits it under its id; called once, when the parent is there. Its failure is what <see cref="Get"/> throws.</param>
    internal void PromiseSnapshot(SnapshotId id, SnapshotId? parent, Action begin, Func<Snapshot> keep) =>
        _promises[id] = new Promise(parent, begin, new Lazy<Snapshot>(keep));

    /// <summary>Starts what a promised snapshot and those below it need; does nothing for others.</summary>
    internal void BeginPromised(SnapshotId? id)
    {
        while (id is { } current && _promises.TryGetValue(current, out var promise))
        {
            promise.Begin();
            id = promise.Parent;
        }
    }

    private Snapshot? Kept(SnapshotId id)
    {
        if (!_promises.TryGetValue(id, out var promise))
        {
            return null;
        }

        BeginPromised(id);

        // From the bottom up: a deep chain must not become a deep stack.
        var chain = new Stack<Promise>();
        for (SnapshotId? next = id; next is { } current && _promises.TryGetValue(current, out var each); next = each.Parent)
        {
            chain.Push(each);
        }

        foreach (var each in chain)
        {
            _ = each.Snapshot.Value;
        }

        _promises.TryRemove(id, out _);
        return promise.Snapshot.Value;
    }

    private sealed record Promise(SnapshotId? Parent, Action Begin, Lazy<Snapshot> Snapshot);
}
