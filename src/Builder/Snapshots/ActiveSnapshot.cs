using System.Text;

using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>
/// A snapshot that is being written: a directory in <c>tmp/</c> that vanishes when it is disposed, or when its process dies,
/// unless <see cref="SnapshotStore.Commit"/> has given it a name.
/// </summary>
internal sealed class ActiveSnapshot : IDisposable
{
    private readonly TemporaryDirectory _directory;
    private SafeFileHandle? _work;

    internal ActiveSnapshot(TemporaryDirectory directory, SnapshotId id, SnapshotId? parent, SafeFileHandle upper)
    {
        _directory = directory;
        Id = id;
        Parent = parent;
        UpperHandle = upper;
    }

    /// <summary>The id that it will have when it is committed.</summary>
    internal SnapshotId Id { get; }

    /// <summary>The snapshot that it lies on.</summary>
    internal SnapshotId? Parent { get; private set; }

    /// <summary>The directory that receives the changes: the upper directory of an overlay mount.</summary>
    internal string UpperPath => $"{_directory.Path}/{SnapshotStore.Publishing}/fs";

    /// <summary>The descriptor of <see cref="UpperPath"/>.</summary>
    internal SafeFileHandle UpperHandle { get; }

    /// <summary>A directory for more that belongs to this step and vanishes with it.</summary>
    internal string ScratchPath => _directory.Path;

    /// <summary>Whether another process has made its changes part of something else.</summary>
    internal bool WasTaken => FileCalls.TryStatus(_directory.Handle, Encoding.UTF8.GetBytes(SnapshotStore.Publishing), out _) != Errno.None;

    /// <summary>The descriptor of <see cref="ScratchPath"/>.</summary>
    internal SafeFileHandle ScratchHandle => _directory.Handle;

    /// <summary>The writable side of an overlay mount; the work directory is made when this is first asked for.</summary>
    internal OverlayUpper OverlayUpper
    {
        get
        {
            if (_work is null)
            {
                FileCalls.MakeDirectory(_directory.Handle, "work"u8, 0x1C0);
                _work = FileCalls.Open(_directory.Handle, "work"u8, OpenFlags.ReadOnly | OpenFlags.Directory);
            }

            return new OverlayUpper(UpperPath, UpperHandle, $"{_directory.Path}/work", _work);
        }
    }

    /// <summary>Says what it lies on, when that was not known at its beginning.</summary>
    internal void SetParent(SnapshotId parent) => Parent = parent;

    /// <summary>Leaves a file beside the snapshot's own, for <see cref="SnapshotStore.ReadNote"/>; it is as durable as the snapshot.</summary>
    internal void WriteNote(string name, ReadOnlySpan<byte> bytes)
    {
        using var file = FileCalls.Open(
            _directory.Handle, Encoding.UTF8.GetBytes($"{SnapshotStore.Publishing}/{name}"), OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, 0x180);
        FileCalls.WriteAll(file, bytes);
    }

    public void Dispose()
    {
        UpperHandle.Dispose();
        _work?.Dispose();
        _directory.Dispose();
    }
}
