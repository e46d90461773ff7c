using Bld.Builder.Copy;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Containers;

/// <summary>
/// The root of a mounted container, as it is there for everybody: what the command writes is seen through the mount at once. Places to
/// mount on have to be made in it, and are removed afterwards.
/// </summary>
internal sealed class MountedRoot : IStepRoot
{
    private readonly string _path;
    private readonly List<(ByteString Path, bool IsDirectory)> _made = [];
    private readonly Dictionary<ByteString, FileTime> _times = [];
    private SafeFileHandle? _clone;

    public MountedRoot(string path)
    {
        _path = path;
        View = FileCalls.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
    }

    /// <inheritdoc/>
    public SafeFileHandle View { get; }

    /// <inheritdoc/>
    public SafeFileHandle Mount(IEnumerable<(string Target, bool IsDirectory)> mountPoints, IdShift? shift)
    {
        if (shift is not null)
        {
            throw new BuildException($"the container is mounted at {_path}, and what is mounted can't be shown with the ids of a user namespace: unmount it first (bld umount)");
        }

        foreach (var (target, isDirectory) in mountPoints)
        {
            Require(target, isDirectory);
        }

        var errno = MountCalls.TryOpenTree(FileCalls.CurrentDirectory, ByteString.From(_path).Span, clone: true, recursive: false, out var clone);
        return errno == Errno.None ? _clone = clone : throw new LinuxException("open_tree", _path, errno);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _clone?.Dispose();
        for (var i = _made.Count - 1; i >= 0; i--)
        {
            Remove(_made[i].Path, _made[i].IsDirectory);
        }

        foreach (var (path, time) in _times)
        {
            FileCalls.ChangeModifiedTime(View, path.IsEmpty ? "."u8 : path.Span, time);
        }

        View.Dispose();
    }

    private void Require(string target, bool isDirectory)
    {
        var (existing, missing) = RootPath.Resolve(View, ByteString.From(target));
        if (missing.Count > 0 && !_made.Exists(made => made.Path == existing))
        {
            _times.TryAdd(existing, FileCalls.Status(View, existing.IsEmpty ? "."u8 : existing.Span).ModifiedAt);
        }

        for (var i = 0; i < missing.Count; i++)
        {
            existing = ByteString.Join(existing.Span, missing[i].Span);
            var directory = isDirectory || i < missing.Count - 1;
            if (directory)
            {
                FileCalls.MakeDirectory(View, existing.Span, 0x1ED);
            }
            else
            {
                FileCalls.Open(View, existing.Span, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, 0x1A4).Dispose();
            }

            _made.Add((existing, directory));
        }
    }

    /// <summary>What the command has put something into stays.</summary>
    private void Remove(ByteString path, bool isDirectory)
    {
        if (isDirectory)
        {
            FileCalls.TryRemoveDirectory(View, path.Span);
        }
        else if (FileCalls.TryStatus(View, path.Span, out var status) == Errno.None && status is { IsRegular: true, Size: 0 })
        {
            FileCalls.TryUnlink(View, path.Span);
        }
    }
}
