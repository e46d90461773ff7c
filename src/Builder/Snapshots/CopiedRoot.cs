using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>
/// A root file system without overlay: the snapshots' files under one directory. Read-only it is made of hard links, since snapshots never
/// change; for a command that writes it is a copy, and when it is closed the differences go to the active snapshot, as overlay would have
/// written them there.
/// </summary>
internal sealed class CopiedRoot : IDisposable
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
    private readonly TemporaryDirectory _place;
    private readonly SafeFileHandle _view;
    private SafeFileHandle? _tree;
    private ActiveSnapshot? _active;
    private IdShift? _shift;
    private FileTime _madeAt;
    private IReadOnlySet<ByteString> _covered = new HashSet<ByteString>();

    private CopiedRoot(TemporaryDirectory place, SafeFileHandle view)
    {
        _place = place;
        _view = view;
    }

    /// <summary>A view of directories, the topmost first.</summary>
    internal static OverlayMount ReadOnly(StateDirectory state, IReadOnlyList<string> lowers)
    {
        var root = Merge(state, lowers);
        return new OverlayMount(Detached(root._view), root);
    }

    /// <summary>A copy of directories, the topmost first, whose changes go to an active snapshot when it is disposed.</summary>
    /// <param name="state">Has a place for the copy.</param>
    /// <param name="lowers">Paths of the host.</param>
    /// <param name="active">Receives the changes.</param>
    /// <param name="shift">The ids that a command sees the files with; null for those that they have.</param>
    /// <param name="fill">Puts files where a command's mounts would be, and names the places; null where they are mounted.</param>
    internal static OverlayMount Writable(
        StateDirectory state, IReadOnlyList<string> lowers, ActiveSnapshot active, IdShift? shift = null, Func<SafeFileHandle, IReadOnlySet<ByteString>>? fill = null)
    {
        var root = Merge(state, lowers);
        try
        {
            // What the upper directory holds already is part of the view.
            var shown = root.Copy(active, shift, fill);
            return new OverlayMount(shown ?? Detached(root._tree!), root);
        }
        catch
        {
            root._active = null;
            root.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            if (_active is not null && _tree is not null)
            {
                TreeDifference.Move(_view, _tree, _active.UpperHandle, _madeAt, _covered);
                _shift?.ChangeOwners(_active.UpperHandle, toHost: false);
            }
        }
        finally
        {
            _tree?.Dispose();
            _view.Dispose();
            _place.Dispose();
        }
    }

    private static CopiedRoot Merge(StateDirectory state, IReadOnlyList<string> lowers)
    {
        var place = state.CreateTemporary("copy");
        var sources = new List<SafeFileHandle>();
        try
        {
            FileCalls.MakeDirectory(place.Handle, "view"u8, 0x1ED);
            var root = new CopiedRoot(place, FileCalls.Open(place.Handle, "view"u8, DirectoryItself));
            sources.AddRange(lowers.Select(static lower => FileCalls.Open(lower, OpenFlags.ReadOnly | OpenFlags.Directory)));
            if (sources.Count > 0)
            {
                SnapshotMerger.Merge(sources, null, root._view, CancellationToken.None);
            }

            return root;
        }
        catch
        {
            place.Dispose();
            throw;
        }
        finally
        {
            sources.ForEach(static source => source.Dispose());
        }
    }

    // Gives the root with shifted ids; null when there is no shift, or the files themselves have it.
    private SafeFileHandle? Copy(ActiveSnapshot active, IdShift? shift, Func<SafeFileHandle, IReadOnlySet<ByteString>>? fill)
    {
        FileCalls.MakeDirectory(_place.Handle, "tree"u8, 0x1C0);
        _tree = FileCalls.Open(_place.Handle, "tree"u8, DirectoryItself);
        PlainTreeCopy.Copy(_view, _tree);
        _covered = fill?.Invoke(_tree) ?? _covered;
        Metadata.Copy(active.UpperHandle, _tree);
        var shown = shift is null ? null : Detached(_tree);
        if (shown is not null && shift!.TryShow(shown) != Errno.None)
        {
            shown.Dispose();
            shown = null;
            _shift = shift;
            shift.ChangeOwners(active.UpperHandle, toHost: true);
            shift.ChangeOwners(_tree, toHost: true);
        }

        _madeAt = Later(FileCalls.Status(_tree).ChangedAt);
        _active = active;
        return shown;
    }

    /// <summary>A moment of the file system's clock that everything written so far lies before: its clock stands still for some milliseconds.</summary>
    private FileTime Later(FileTime last)
    {
        while (true)
        {
            FileCalls.MakeDirectory(_place.Handle, "clock"u8, 0x1C0);
            var now = FileCalls.Status(_place.Handle, "clock"u8).ChangedAt;
            FileCalls.RemoveTree(_place.Handle, "clock"u8);
            if (now > last)
            {
                return now;
            }

            Thread.Sleep(1);
        }
    }

    // The runtime moves a mount; where mounts can't be made it gets the directory itself.
    private static SafeFileHandle Detached(SafeFileHandle directory) =>
        MountCalls.TryOpenTree(directory, default, clone: true, recursive: false, out var tree) == Errno.None
            ? tree
            : FileCalls.Open(directory, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory);
}
