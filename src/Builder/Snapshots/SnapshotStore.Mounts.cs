using Bld.Builder.Store;

namespace Bld.Builder.Snapshots;

/// <summary>Root file systems made of snapshots.</summary>
internal sealed partial class SnapshotStore
{
    /// <summary>How roots are put together.</summary>
    internal StorageDriver Driver { get; set; }

    /// <summary>A read-only view of a snapshot and all below it.</summary>
    /// <param name="id">The topmost snapshot; null for a view of nothing.</param>
    /// <param name="extraLowers">More directories on top of it, the topmost first.</param>
    internal OverlayMount MountReadOnly(SnapshotId? id, params IReadOnlyList<string> extraLowers)
    {
        var lowers = Lowers(id, extraLowers);
        return OverlayOr(() => OverlayMount.ReadOnly(lowers, state.EmptyPath), () => CopiedRoot.ReadOnly(state, lowers));
    }

    /// <summary>A view of an active snapshot's parents that writes into the active one. Dispose it before the commit.</summary>
    /// <param name="active">Receives the changes.</param>
    /// <param name="extraLowers">More directories between the parent and the changes, the topmost first.</param>
    internal OverlayMount MountWritable(ActiveSnapshot active, params IReadOnlyList<string> extraLowers)
    {
        var lowers = Lowers(active.Parent, extraLowers);
        return OverlayOr(() => OverlayMount.Writable(lowers, active.OverlayUpper, state.EmptyPath), () => CopiedRoot.Writable(state, lowers, active));
    }

    /// <summary>A view of any directory of the host, whose changes go to an active snapshot that is never committed.</summary>
    internal OverlayMount MountOver(ActiveSnapshot active, string directory) =>
        OverlayMount.Writable([directory], active.OverlayUpper, state.EmptyPath);

    // Once overlay was refused it is not asked again.
    private OverlayMount OverlayOr(Func<OverlayMount> overlay, Func<OverlayMount> copy)
    {
        if (Driver == StorageDriver.Copy)
        {
            return copy();
        }

        try
        {
            return overlay();
        }
        catch (BuildException exception) when (Driver == StorageDriver.Automatic && OverlayMount.IsUnavailable(exception))
        {
            Driver = StorageDriver.Copy;
            return copy();
        }
    }

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
