namespace Bld.Builder.Snapshots;

/// <summary>Root file systems made of snapshots.</summary>
internal sealed partial class SnapshotStore
{
    /// <summary>A read-only view of a snapshot and all below it.</summary>
    /// <param name="id">The topmost snapshot; null for a view of nothing.</param>
    /// <param name="extraLowers">More directories on top of it, the topmost first.</param>
    internal OverlayMount MountReadOnly(SnapshotId? id, params IReadOnlyList<string> extraLowers) =>
        OverlayMount.ReadOnly(Lowers(id, extraLowers), state.EmptyPath);

    /// <summary>A view of an active snapshot's parents that writes into the active one. Dispose it before the commit.</summary>
    /// <param name="active">Receives the changes.</param>
    /// <param name="extraLowers">More directories between the parent and the changes, the topmost first.</param>
    internal OverlayMount MountWritable(ActiveSnapshot active, params IReadOnlyList<string> extraLowers) =>
        OverlayMount.Writable(Lowers(active.Parent, extraLowers), active.OverlayUpper, state.EmptyPath);

    /// <summary>A view of any directory of the host, whose changes go to an active snapshot that is never committed.</summary>
    internal OverlayMount MountOver(ActiveSnapshot active, string directory) =>
        OverlayMount.Writable([directory], active.OverlayUpper, state.EmptyPath);

    private List<string> Lowers(SnapshotId? id, IReadOnlyList<string> extraLowers)
    {
        var lowers = new List<string>(extraLowers);
        if (id is { } top)
        {
            foreach (var snapshot in Ancestry(top))
            {
                lowers.Add(snapshot.Path);
            }
        }

        return lowers;
    }
}
