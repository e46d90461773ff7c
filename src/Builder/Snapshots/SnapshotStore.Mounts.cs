using Bld.Builder.Store;
using Bld.Runtime;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>Root file systems made of snapshots.</summary>
internal sealed partial class SnapshotStore
{
    private const string UsualProgram = "fuse-overlayfs";

    /// <summary>How roots are put together.</summary>
    internal StorageDriver Driver { get; set; }

    /// <summary>The program of <see cref="StorageDriver.Program"/>; null looks for the usual one.</summary>
    internal string? MountProgram { get; set; }

    /// <summary>A read-only view of a snapshot and all below it.</summary>
    /// <param name="id">The topmost snapshot; null for a view of nothing.</param>
    /// <param name="extraLowers">More directories on top of it, the topmost first.</param>
    internal OverlayMount MountReadOnly(SnapshotId? id, params IReadOnlyList<string> extraLowers)
    {
        var lowers = Lowers(id, extraLowers);
        return OverlayOr(
            () => OverlayMount.ReadOnly(lowers, state.EmptyPath),
            program => FuseOverlay.Mount(state, program, lowers, null),
            () => CopiedRoot.ReadOnly(state, lowers));
    }

    /// <summary>A view of an active snapshot's parents that writes into the active one. Dispose it before the commit.</summary>
    /// <param name="active">Receives the changes.</param>
    /// <param name="extraLowers">More directories between the parent and the changes, the topmost first.</param>
    internal OverlayMount MountWritable(ActiveSnapshot active, params IReadOnlyList<string> extraLowers)
    {
        var lowers = Lowers(active.Parent, extraLowers);
        return OverlayOr(
            () => OverlayMount.Writable(lowers, active.OverlayUpper, state.EmptyPath),
            program => FuseOverlay.Mount(state, program, lowers, active),
            () => CopiedRoot.Writable(state, lowers, active));
    }

    /// <summary>The same as <see cref="MountWritable"/>, with owners as a command sees them from its own user namespace.</summary>
    internal OverlayMount MountShifted(ActiveSnapshot active, IdShift shift, params IReadOnlyList<string> extraLowers)
    {
        var lowers = Lowers(active.Parent, extraLowers);
        if (Driver is StorageDriver.Automatic or StorageDriver.Overlay)
        {
            try
            {
                return OverlayMount.Shifted(lowers, active, state.EmptyPath, shift);
            }
            catch (BuildException exception) when (Driver == StorageDriver.Automatic && OverlayMount.IsUnavailable(exception))
            {
                // An ordinary user, or a kernel before 6.15, which takes no layer without a place.
            }
        }

        return CopiedRoot.Writable(state, lowers, active, shift);
    }

    /// <summary>The same as <see cref="MountWritable"/>, as a plain directory with files in the place of a command's mounts.</summary>
    /// <param name="active">Receives the changes.</param>
    /// <param name="fill">Puts the files into the copy; gives the paths, all links followed, that nothing at or below is the command's.</param>
    /// <param name="extraLowers">More directories between the parent and the changes, the topmost first.</param>
    internal OverlayMount CopyWritable(ActiveSnapshot active, Func<SafeFileHandle, IReadOnlySet<ByteString>> fill, params IReadOnlyList<string> extraLowers) =>
        CopiedRoot.Writable(state, Lowers(active.Parent, extraLowers), active, fill: fill);

    /// <summary>A view of any directory of the host, whose changes go to an active snapshot that is never committed.</summary>
    internal OverlayMount MountOver(OverlayUpper upper, string directory) => OverlayMount.Writable([directory], upper, state.EmptyPath);

    // What was refused once is not asked again.
    private OverlayMount OverlayOr(Func<OverlayMount> overlay, Func<string, OverlayMount> program, Func<OverlayMount> copy)
    {
        if (Driver is StorageDriver.Automatic or StorageDriver.Overlay)
        {
            try
            {
                return overlay();
            }
            catch (BuildException exception) when (OverlayMount.IsUnavailable(exception) && (Driver == StorageDriver.Automatic || FuseMount.Find(UsualProgram) is not null))
            {
                MountProgram ??= FuseMount.Find(UsualProgram);
            }
        }

        if (Driver != StorageDriver.Copy && MountProgram is { } path)
        {
            try
            {
                var mount = program(path);
                Driver = StorageDriver.Program;
                return mount;
            }
            catch (BuildException) when (Driver == StorageDriver.Automatic)
            {
                // Without /dev/fuse, say.
            }
        }

        Driver = StorageDriver.Copy;
        return copy();
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
