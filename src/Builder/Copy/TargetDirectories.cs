using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Copy;

/// <summary>
/// Makes directories in a snapshot. One that the layers below have is repeated with its metadata, because overlayfs shows the
/// topmost directory's; a new one is 0755, or what <c>--chmod</c> makes of that. Times are set at the end, as writing into a directory changes them.
/// </summary>
/// <param name="upper">The snapshot's directory.</param>
/// <param name="view">What lies below; null when nothing does.</param>
/// <param name="owner">Owner of new directories.</param>
/// <param name="mode">What changes the mode of new directories; null for nothing.</param>
internal sealed class TargetDirectories(SafeFileHandle upper, SafeFileHandle? view, (uint User, uint Group) owner, ModeChange? mode = null)
{
    private readonly Dictionary<ByteString, FileTime?> _times = [];

    /// <summary>Makes a directory (a path without links) and those above it, and opens it.</summary>
    public SafeFileHandle Open(ByteString path)
    {
        Ensure(path);
        return FileCalls.Open(upper, path.IsEmpty ? "."u8 : path.Span, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
    }

    /// <summary>The directory of the view at a path; null when there is none.</summary>
    public SafeFileHandle? OpenBelow(ByteString path) =>
        view is null ? null
        : FileCalls.TryOpen(
            view, path.IsEmpty ? "."u8 : path.Span, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var opened) switch
        {
            Errno.None => opened,
            Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP => null,
            var errno => throw new LinuxException("open", path.ToString(), errno),
        };

    /// <summary>Says what time a directory gets at the end.</summary>
    public void SetTime(ByteString path, FileTime time) => _times[path] = time;

    /// <summary>Sets the times, the deepest first.</summary>
    public void Finish()
    {
        foreach (var (path, time) in _times.OrderByDescending(static each => each.Key.Length))
        {
            if (time is { } modified)
            {
                FileCalls.ChangeModifiedTime(upper, path.IsEmpty ? "."u8 : path.Span, modified);
            }
        }
    }

    private void Ensure(ByteString path)
    {
        if (_times.ContainsKey(path))
        {
            return;
        }

        using var below = OpenBelow(path);
        if (path.IsEmpty)
        {
            // The root is made with the snapshot.
            _times.Add(path, FileCalls.Status(below ?? upper).ModifiedAt);
            return;
        }

        Ensure(new ByteString(path.DirectoryName));
        var made = FileCalls.TryMakeDirectory(upper, path.Span, 0x1ED);
        if (made == Errno.EEXIST)
        {
            var status = FileCalls.Status(upper, path.Span);
            if (!status.IsDirectory)
            {
                throw new BuildException($"cannot copy to non-directory: /{path}");
            }

            // An earlier copy of the same instruction made it.
            _times.Add(path, status.ModifiedAt);
            return;
        }

        if (made != Errno.None)
        {
            throw new LinuxException("mkdir", path.ToString(), made);
        }

        using var directory = FileCalls.Open(upper, path.Span, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        if (below is not null)
        {
            Metadata.Copy(below, directory);
            _times.Add(path, FileCalls.Status(below).ModifiedAt);
            return;
        }

        if (view is not null && FileCalls.TryStatus(view, path.Span, out _) == Errno.None)
        {
            throw new BuildException($"cannot copy to non-directory: /{path}");
        }

        FileCalls.ChangeOwner(directory, owner.User, owner.Group);
        FileCalls.ChangeMode(directory, mode?.Apply(0x1ED, isDirectory: true) ?? 0x1ED);
        _times.Add(path, null);
    }
}
