using System.Collections.Concurrent;
using System.Text;

using Bld.Builder.Store;
using Bld.Json;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>
/// The snapshots of a state directory. A snapshot is <em>active</em> while it is written (<see cref="Prepare"/>), in <c>tmp/</c>
/// and seen by nobody else; then it is <em>committed</em> (<see cref="Commit"/>): named by a rename, visible to all, never
/// changed again. Its parent is always committed before it is of use.
/// <para>
/// Story one, a RUN: prepare on the parent, mount writable, run, unmount, commit; the next step's parent is this one.
/// Story two, a pull: prepare on the layer below, unpack into the upper directory, commit, say what its layer is
/// (<see cref="SetLayer"/>) and which chain of layers it completes (<see cref="PublishChain"/>); the next pull of the same
/// chain finds it by <see cref="FindByChain"/>.
/// </para>
/// Commits are not synced one by one: see <see cref="Durability"/>. Safe for several threads and several processes.
/// </summary>
internal sealed partial class SnapshotStore(StateDirectory state)
{
    /// <summary>The directory within an active snapshot's place that becomes <c>snapshots/ID</c>.</summary>
    internal const string Publishing = "snapshot";

    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;

    // A committed snapshot never changes, so what was read once stays true until it is removed.
    private readonly ConcurrentDictionary<SnapshotId, Snapshot> _known = new();

    internal StateDirectory State => state;

    /// <summary>What <see cref="ActiveSnapshot.WriteNote"/> left beside a snapshot; null when there is no such note.</summary>
    internal byte[]? ReadNote(SnapshotId id, string name) => state.ReadFile($"snapshots/{id}/{name}");

    /// <summary>
    /// A new active snapshot over <paramref name="parent"/>. Its root directory has the owner, mode, attributes and time of the
    /// parent's, because the upper directory's root is what an overlay mount shows.
    /// </summary>
    /// <param name="parent">What it lies on; null for nothing.</param>
    /// <param name="id">The id that it was promised under; null for a new one.</param>
    internal ActiveSnapshot Prepare(SnapshotId? parent, SnapshotId? id = null)
    {
        var directory = state.CreateTemporary("snapshot");
        try
        {
            FileCalls.MakeDirectory(directory.Handle, "snapshot"u8, 0x1C0);
            FileCalls.MakeDirectory(directory.Handle, "snapshot/fs"u8, 0x1ED);
            var upper = FileCalls.Open(directory.Handle, "snapshot/fs"u8, DirectoryItself);
            try
            {
                SetRoot(upper, parent);
                return new ActiveSnapshot(directory, id ?? SnapshotId.Create(), parent, upper);
            }
            catch
            {
                upper.Dispose();
                throw;
            }
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Puts an active snapshot that was begun without a parent on one: a layer that was unpacked before those below it were there.
    /// Nothing of it depends on the parent but its root directory, which gets the parent's owner, mode, attributes and time unless it
    /// has its own.
    /// </summary>
    internal void Place(ActiveSnapshot active, SnapshotId? parent, bool hasOwnRoot)
    {
        if (!hasOwnRoot)
        {
            SetRoot(active.UpperHandle, parent);
        }

        if (parent is { } below)
        {
            active.SetParent(below);
        }
    }

    /// <summary>
    /// Gives an active snapshot its name; what is in it must not be written to any more, and no writable mount of it may be left.
    /// It is visible at once and survives this process, but a power loss only after <see cref="Durability.Synchronize"/>.
    /// </summary>
    internal Snapshot Commit(ActiveSnapshot active)
    {
        var created = DateTimeOffset.UtcNow;
        WriteRecord(active.ScratchHandle, "snapshot/snapshot.json"u8, active.Parent, created);
        FileCalls.Rename(
            active.ScratchHandle, "snapshot"u8, state.Handle, Encoding.ASCII.GetBytes($"snapshots/{active.Id}"), replace: false);
        var snapshot = new Snapshot(active.Id, active.Parent, created, FilesPath(active.Id));
        _known[active.Id] = snapshot;
        active.Dispose();
        return snapshot;
    }

    /// <summary>The committed snapshot of that id; null when there is none, or none that can be trusted after a power loss.</summary>
    internal Snapshot? Get(SnapshotId id)
    {
        if (_known.TryGetValue(id, out var known))
        {
            return known;
        }

        if (Kept(id) is { } kept)
        {
            return kept;
        }

        var record = JsonMembers.TryParse<SnapshotRecord>(state.ReadFile($"snapshots/{id}/snapshot.json"));
        if (record is null || !state.Durability.IsTrusted(new BootMoment(record.Boot, record.At)))
        {
            return null;
        }

        return _known.GetOrAdd(id, new Snapshot(id, SnapshotId.TryParse(record.Parent), record.Created, FilesPath(id)) { Layer = FindLayer(id, null, null) });
    }

    /// <summary>The snapshot and those below it, from the top down.</summary>
    /// <exception cref="BuildException">One of them is missing: somebody removed it, or a power loss took it.</exception>
    internal IReadOnlyList<Snapshot> Ancestry(SnapshotId id)
    {
        var ancestry = new List<Snapshot>();
        for (SnapshotId? next = id; next is { } current;)
        {
            var snapshot = Get(current) ?? throw new BuildException(
                $"snapshot {current} is missing in {state.SnapshotsPath}; build or pull the image again (--no-cache leaves out what is stored)");
            ancestry.Add(snapshot);
            next = snapshot.Parent;
        }

        return ancestry;
    }

    /// <summary>Whether the snapshot and all below it are there and to be trusted.</summary>
    internal bool IsComplete(SnapshotId id)
    {
        for (SnapshotId? next = id; next is { } current;)
        {
            if (Get(current) is not { } snapshot)
            {
                return false;
            }

            next = snapshot.Parent;
        }

        return true;
    }

    private void WriteRecord(SafeFileHandle directory, ReadOnlySpan<byte> path, SnapshotId? parent, DateTimeOffset created)
    {
        var moment = state.Durability.Record();
        var record = new SnapshotRecord
        {
            Parent = parent?.ToString(),
            Created = created,
            Boot = moment.Boot,
            At = moment.Nanoseconds,
        };
        using var file = FileCalls.Open(directory, path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, 0x180);
        FileCalls.WriteAll(file, record.ToJson());
    }

    private string FilesPath(SnapshotId id) => $"{state.SnapshotsPath}/{id}/fs";

    private void SetRoot(SafeFileHandle upper, SnapshotId? parent)
    {
        if (parent is not { } below)
        {
            // The umask had its say about mkdir's mode.
            FileCalls.ChangeMode(upper, 0x1ED);
            FileCalls.ChangeModifiedTime(upper, new FileTime(0, 0));
            return;
        }

        var snapshot = Get(below) ?? throw new BuildException($"snapshot {below} is missing in {state.SnapshotsPath}");
        using var root = FileCalls.Open(snapshot.Path, DirectoryItself);
        Metadata.Copy(root, upper);
    }
}
