using System.Text;

using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Json;
using Bld.Runtime;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Containers;

/// <summary>
/// Commands that run in a container at the same time. Whoever starts one lends the container (<see cref="Lend"/>) to others until it has
/// ended. The first has a root of its own, as if it were alone; who comes while it runs takes a copy of that root's mount out of its
/// mount namespace and puts it where <see cref="Mount"/> would, and its changes where those of a mounted container are. From then on the
/// container is mounted, until the last has ended.
/// </summary>
internal sealed partial class HeldContainer
{
    private const ulong Overlay = 0x794C7630;
    private FileLock? _running;
    private bool _othersRun;
    private bool _isLent;

    private string RecordPath => $"containers/{Record.Id}/running.json";

    /// <summary>Lets others have the container while a command of this process runs in it.</summary>
    /// <param name="mine">What they have to know.</param>
    internal void Lend(RunsRecord mine)
    {
        _running = FileLock.Take(OpenRunning(), exclusive: false);
        var others = _othersRun ? ReadRuns() : null;
        others?.Places.Add(mine.Places);
        WriteRuns(others ?? mine);
        _isLent = true;
        _lock.Dispose();
    }

    /// <summary>Takes the container again if it was lent; false when it was removed meanwhile.</summary>
    internal bool TakeBack()
    {
        if (!_isLent)
        {
            return true;
        }

        _isLent = false;
        try
        {
            (_lock, _directory, Record) = Lock(_state, _store, Record.Id, CancellationToken.None);
            return true;
        }
        catch (BuildException)
        {
            _running?.Dispose();
            _running = null;
            return false;
        }
    }

    /// <summary>Removes from a copy of the changes what was made only to mount on.</summary>
    internal void RemovePlaces(SafeFileHandle copy)
    {
        if (_othersRun)
        {
            ReadRuns()?.Places.Remove(copy);
        }
    }

    /// <summary>Ends what <see cref="Lend"/> began. The last one unmounts the root, unless somebody wants it mounted.</summary>
    private void Leave()
    {
        _running?.Dispose();
        _running = null;
        using var nobody = FileLock.TryTake(OpenRunning(), exclusive: true);
        _othersRun = nobody is null;
        if (!_othersRun)
        {
            EndRunning();
        }
    }

    /// <summary>
    /// Looks after what runs in a container that was just taken: false when that can't be met in a mounted root, so that one must wait.
    /// </summary>
    private bool MeetRunning(bool toRemove)
    {
        var errno = FileCalls.TryOpen(_directory, "running"u8, OpenFlags.ReadOnly | OpenFlags.NoFollow, 0, out var running);
        if (errno != Errno.None)
        {
            running.Dispose();
            if (errno != Errno.ENOENT)
            {
                throw new LinuxException("open", $"{_state.ContainersPath}/{Record.Id}/running", errno);
            }

            Recover();
            return true;
        }

        using var nobody = FileLock.TryTake(running, exclusive: true);
        _othersRun = nobody is null;
        if (!_othersRun)
        {
            // Their processes were killed.
            EndRunning();
            return true;
        }

        return toRemove || IsMounted || TryShare();
    }

    /// <summary>Mounts the root of the only command that runs in the container.</summary>
    private bool TryShare()
    {
        if (ReadRuns() is not { Process: > 0, Active: { } active } runs || ProcessRoot.TryClone(runs.Process, runs.StartTime) is not { } root)
        {
            return false;
        }

        using (root)
        {
            var place = $"tmp/{active}";
            if (FileCalls.FileSystemType(root) != Overlay
                || FileCalls.TryRename(_state.Handle, Encoding.UTF8.GetBytes($"{place}/{SnapshotStore.Publishing}"), _directory, "upper"u8, replace: false) != Errno.None)
            {
                return false;
            }

            if (!ProcessRoot.IsAlive(runs.Process, runs.StartTime))
            {
                // Whoever had it is about to make a change of it, or to throw it away.
                if (FileCalls.TryRename(_directory, "upper"u8, _state.Handle, Encoding.UTF8.GetBytes($"{place}/{SnapshotStore.Publishing}"), replace: false) != Errno.None)
                {
                    FileCalls.RemoveTree(_directory, "upper"u8);
                }

                return false;
            }

            // From here on the changes are the container's: when all is lost, what is there becomes one when it is next taken.
            FileCalls.Rename(_state.Handle, Encoding.UTF8.GetBytes($"{place}/work"), _directory, "work"u8, replace: false);
            FileCalls.Rename(_state.Handle, Encoding.UTF8.GetBytes(place), _directory, "scratch"u8, replace: false);
            FileCalls.TryMakeDirectory(_directory, "merged"u8, 0x1ED);
            using var target = FileCalls.Open(_directory, "merged"u8, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow);
            var errno = MountCalls.TryMoveMount(root, target);
            WriteRuns(runs with { Process = 0 });
            return errno == Errno.None;
        }
    }

    private void EndRunning()
    {
        if (ReadRuns() is { } runs)
        {
            // After a reboot there is only what was the mount's upper directory.
            using (var root = IsMounted ? FileCalls.Open(MountPath, OpenFlags.ReadOnly | OpenFlags.Directory) : HasUpper ? OpenUpper() : null)
            {
                if (root is not null)
                {
                    runs.Places.Remove(root);
                }
            }

            if (IsMounted && !runs.StaysMounted)
            {
                Unmount();
            }
        }

        FileCalls.TryUnlink(_directory, "running.json"u8);
        FileCalls.TryUnlink(_directory, "running"u8);
        Recover();
    }

    private void KeepMounted(bool stays)
    {
        if (_othersRun && ReadRuns() is { } runs)
        {
            WriteRuns(runs with { StaysMounted = stays });
        }
    }

    private SafeFileHandle OpenRunning() =>
        FileCalls.Open(_directory, "running"u8, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow, 0x180);

    private RunsRecord? ReadRuns() => JsonMembers.TryParse<RunsRecord>(_state.ReadFile(RecordPath));

    private void WriteRuns(RunsRecord runs) => _state.PublishFile(RecordPath, runs.ToJson(), durable: false);
}
