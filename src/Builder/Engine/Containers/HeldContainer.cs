using System.Text;

using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Containers;

/// <summary>
/// A working container that this process may write to: it has the flock of the container's directory until it is disposed.
/// <para>
/// While the container is mounted (<see cref="Mount"/>), what others write through the mount goes to <c>upper/fs</c>. Unmounting
/// <em>settles</em> it: it becomes one more change by a rename. The record says so before (<see cref="WorkingContainer.Settling"/>), so
/// a process that is killed in between leaves nothing that the next one can't finish. After a reboot there is an upper directory
/// and no mount: it settles when the container is next held.
/// </para>
/// </summary>
internal sealed partial class HeldContainer : IDisposable
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
    private const int MostChanges = 64;
    private const int Pause = 5;
    private const int LongPause = 50;
    private readonly StateDirectory _state;
    private readonly WorkingContainerStore _store;
    private readonly SnapshotStore _snapshots;
    private FileLock _lock;
    private SafeFileHandle _directory;

    private HeldContainer(StateDirectory state, WorkingContainerStore store, SnapshotStore snapshots, FileLock @lock, SafeFileHandle directory, WorkingContainer record)
    {
        _state = state;
        _store = store;
        _snapshots = snapshots;
        _lock = @lock;
        _directory = directory;
        Record = record;
    }

    /// <summary>The record as it was when it was last changed or read here.</summary>
    internal WorkingContainer Record { get; private set; }

    /// <summary>Where <see cref="Mount"/> mounts the root.</summary>
    internal string MountPath => PathOf(_state, Record.Id);

    /// <summary>Whether it is mounted, as this process's mount namespace has it.</summary>
    internal bool IsMounted => IsMountedAt(_state, Record.Id);

    /// <summary>
    /// Waits for the container and takes it. Commands that run in it go on: it is then mounted, by them or for them.
    /// </summary>
    /// <param name="state">The state directory.</param>
    /// <param name="store">The containers.</param>
    /// <param name="snapshots">The snapshots.</param>
    /// <param name="id">The container's id.</param>
    /// <param name="toRemove">Whether it is for its removal, which takes the root away from under whatever runs there.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="BuildException">It was removed meanwhile.</exception>
    internal static HeldContainer Take(
        StateDirectory state, WorkingContainerStore store, SnapshotStore snapshots, string id, bool toRemove, CancellationToken cancellation)
    {
        while (true)
        {
            var (held, directory, record) = Lock(state, store, id, cancellation);
            var container = new HeldContainer(state, store, snapshots, held, directory, record);
            try
            {
                if (container.MeetRunning(toRemove))
                {
                    return container;
                }
            }
            catch
            {
                container.Dispose();
                throw;
            }

            // It runs where it can't be met: that takes as long as its command.
            container.Dispose();
            Thread.Sleep(LongPause);
        }
    }

    /// <summary>Where a container is mounted when it is.</summary>
    internal static string PathOf(StateDirectory state, string id) => $"{state.ContainersPath}/{id}/merged";

    /// <summary>Whether a container is mounted; takes no lock.</summary>
    internal static bool IsMountedAt(StateDirectory state, string id) =>
        FileCalls.TryStatus(state.Handle, Encoding.ASCII.GetBytes($"containers/{id}/merged"), out var mount) == Errno.None
        && FileCalls.TryStatus(state.Handle, Encoding.ASCII.GetBytes($"containers/{id}"), out var parent) == Errno.None
        && mount.Device != parent.Device;

    /// <summary>Changes the record.</summary>
    internal void Update(Func<WorkingContainer, WorkingContainer> change) => Record = _store.Update(Record.Id, change);

    /// <summary>Adds a committed snapshot on top of the root, when it is on the disk. Not while it is mounted.</summary>
    internal void Push(SnapshotId change)
    {
        _state.Durability.Synchronize();
        Update(record => record with { Changes = [.. record.Changes, change.ToString()] });
        if (Record.Changes.Count > MostChanges)
        {
            Flatten(CancellationToken.None);
        }
    }

    /// <summary>Mounts the root where other programs can reach it until it is unmounted; gives the path.</summary>
    internal string Mount()
    {
        if (IsMounted)
        {
            KeepMounted(true);
            return MountPath;
        }

        FileCalls.TryMakeDirectory(_directory, "merged"u8, 0x1ED);
        using var upper = _snapshots.MakeUpper(_directory, $"{_state.ContainersPath}/{Record.Id}", Record.Top);
        using (var mount = _snapshots.MountUpper(Record.Top, upper))
        using (var target = FileCalls.Open(_directory, "merged"u8, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow))
        {
            if (MountCalls.TryMoveMount(mount.Root, target) is var errno and not Errno.None)
            {
                throw new LinuxException("move_mount", MountPath, errno);
            }
        }

        return MountPath;
    }

    /// <summary>Unmounts it, whoever is still in there, and keeps what was written. While commands run in it, the last of them does.</summary>
    internal void Unmount()
    {
        if (_othersRun)
        {
            KeepMounted(false);
            return;
        }

        if (IsMounted && !TryUnmount(lazily: false) && !TryUnmount(lazily: true))
        {
            throw new BuildException($"cannot unmount {MountPath}");
        }

        Settle();
    }

    /// <summary>Unmounts it and keeps nothing: it is about to be removed.</summary>
    internal void Abandon()
    {
        if (IsMounted)
        {
            TryUnmount(lazily: true);
        }
    }

    /// <summary>Unmounts it for a moment unless somebody is in there; false when somebody is.</summary>
    internal bool TryUnmount()
    {
        if (_othersRun)
        {
            return false;
        }

        if (IsMounted && !TryUnmount(lazily: false))
        {
            return false;
        }

        Settle();
        return true;
    }

    /// <summary>The directory that receives what is written through the mount.</summary>
    internal SafeFileHandle OpenUpper() => FileCalls.Open(_directory, "upper/fs"u8, DirectoryItself);

    /// <summary>Makes one change of all that there are, so that they become one layer; null when there is none.</summary>
    internal SnapshotId? Flatten(CancellationToken cancellation)
    {
        if (Record.Changes.Count > 1)
        {
            var old = Record;
            var below = SnapshotId.TryParse(old.Base.Count > 0 ? old.Base[^1] : null);
            var merged = LayerMerge.Merge(_snapshots, [.. old.Changes.Select(SnapshotId.TryParse).OfType<SnapshotId>()], below, cancellation);
            // What it is made of goes away.
            _state.Durability.Synchronize();
            Update(record => record with { Changes = [merged.ToString()], Committed = null });
            foreach (var id in old.Changes.Where(change => change != old.Committed).Select(SnapshotId.TryParse).OfType<SnapshotId>())
            {
                _snapshots.Remove(id);
            }
        }

        return SnapshotId.TryParse(Record.Changes.Count > 0 ? Record.Changes[0] : null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            if (TakeBack() && _running is not null)
            {
                Leave();
            }
        }
        finally
        {
            _running?.Dispose();
            _lock.Dispose();
        }
    }

    private static (FileLock Held, SafeFileHandle Directory, WorkingContainer Record) Lock(
        StateDirectory state, WorkingContainerStore store, string id, CancellationToken cancellation)
    {
        var path = Encoding.ASCII.GetBytes($"containers/{id}");
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (FileCalls.TryOpen(state.Handle, path, DirectoryItself, 0, out var directory) != Errno.None)
            {
                throw WorkingContainerStore.Gone(id);
            }

            if (FileLock.TryTake(directory, exclusive: true) is not { } held)
            {
                Thread.Sleep(Pause);
                continue;
            }

            // Its last owner may have removed it: then the path is gone, or another's.
            if (store.Read(id) is { } record && IsStillAt(state, path, directory))
            {
                return (held, directory, record);
            }

            held.Dispose();
            throw WorkingContainerStore.Gone(id);
        }
    }

    private static bool IsStillAt(StateDirectory state, byte[] path, SafeFileHandle directory) =>
        FileCalls.TryStatus(state.Handle, path, out var now) == Errno.None && now.Inode == FileCalls.Status(directory).Inode;

    private bool TryUnmount(bool lazily) =>
        MountCalls.TryUnmount(Encoding.UTF8.GetBytes(MountPath), lazily) switch
        {
            Errno.None => true,
            Errno.EBUSY => false,
            var errno => throw new LinuxException("umount", MountPath, errno),
        };

    private void Recover()
    {
        if (!IsMounted)
        {
            Settle();
        }
    }

    private bool HasUpper => FileCalls.TryStatus(_directory, "upper/fs"u8, out _) == Errno.None;

    private bool RemoveEmptyUpper()
    {
        using var upper = FileCalls.Open(_directory, "upper/fs"u8, DirectoryItself);
        if (FileCalls.ReadDirectory(upper).Count > 0 || IsRootChanged(upper))
        {
            return false;
        }

        FileCalls.RemoveTree(_directory, "upper"u8);
        return true;
    }

    // Nothing but the root itself may have been given another mode or owner.
    private bool IsRootChanged(SafeFileHandle upper)
    {
        if (Record.Top is not { } top || _snapshots.Get(top) is not { } below)
        {
            return false;
        }

        using var root = FileCalls.Open(below.Path, DirectoryItself);
        var (was, now) = (FileCalls.Status(root), FileCalls.Status(upper));
        return (was.RawMode, was.UserId, was.GroupId) != (now.RawMode, now.UserId, now.GroupId);
    }

    /// <summary>Makes the upper directory of a mount that is gone one more change.</summary>
    private void Settle()
    {
        var id = SnapshotId.TryParse(Record.Settling);
        if (id is null && HasUpper)
        {
            id = SnapshotId.Create();
            Update(record => record with { Settling = id.ToString() });
        }

        if (id is not { } change)
        {
            return;
        }

        if (HasUpper && !RemoveEmptyUpper())
        {
            _snapshots.CommitUpper(_directory, change, Record.Top);
        }

        // Also what another command had made a change of when it was killed.
        var isThere = _snapshots.Get(change) is not null;
        _state.Durability.Synchronize();
        Update(record => record with { Settling = null, Changes = isThere ? [.. record.Changes, id.ToString()!] : record.Changes });
        FileCalls.RemoveTree(_directory, "work"u8);
        FileCalls.RemoveTree(_directory, "scratch"u8);
    }
}
