using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>Snapshots that are written through a mount which outlives the process: those of mounted working containers.</summary>
internal sealed partial class SnapshotStore
{
    /// <summary>
    /// Makes <c>upper/fs</c> and <c>work</c> in a directory, for a writable mount over <paramref name="parent"/>. An upper directory that
    /// is there already stays; the work directory is always new, as its last mount may have left it unusable for another.
    /// </summary>
    /// <param name="directory">The directory.</param>
    /// <param name="path">Its path.</param>
    /// <param name="parent">What will lie below.</param>
    internal LivingUpper MakeUpper(SafeFileHandle directory, string path, SnapshotId? parent)
    {
        FileCalls.TryMakeDirectory(directory, "upper"u8, 0x1C0);
        FileCalls.RemoveTree(directory, "work"u8);
        FileCalls.MakeDirectory(directory, "work"u8, 0x1C0);
        var isNew = FileCalls.TryMakeDirectory(directory, "upper/fs"u8, 0x1ED) == Errno.None;
        var upper = FileCalls.Open(directory, "upper/fs"u8, DirectoryItself);
        if (isNew)
        {
            SetRoot(upper, parent);
        }

        return new LivingUpper(path, upper, FileCalls.Open(directory, "work"u8, DirectoryItself));
    }

    /// <summary>A view of a snapshot and all below it whose changes go to such a directory.</summary>
    internal OverlayMount MountUpper(SnapshotId? parent, LivingUpper upper) =>
        OverlayMount.Writable(Lowers(parent, []), new OverlayUpper($"{upper.Path}/upper/fs", upper.Upper, $"{upper.Path}/work", upper.Work), state.EmptyPath);

    /// <summary>Makes a snapshot of an upper directory that is not mounted any more; it lies on <paramref name="parent"/>.</summary>
    internal void CommitUpper(SafeFileHandle directory, SnapshotId id, SnapshotId? parent)
    {
        FileCalls.TryUnlink(directory, "upper/snapshot.json"u8);
        WriteRecord(directory, "upper/snapshot.json"u8, parent, DateTimeOffset.UtcNow);
        FileCalls.Rename(directory, "upper"u8, state.Handle, Encoding.ASCII.GetBytes($"snapshots/{id}"), replace: false);
    }
}

/// <summary>The two directories of a mount that outlives the process.</summary>
/// <param name="Path">The directory that they are in.</param>
/// <param name="Upper">Receives the changes.</param>
/// <param name="Work">For the kernel's own use.</param>
internal sealed record LivingUpper(string Path, SafeFileHandle Upper, SafeFileHandle Work) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Upper.Dispose();
        Work.Dispose();
    }
}
