using Bld.Builder.Copy;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>
/// The extra lower directory that holds the mount points which a container needs and its root lacks. It lies between the
/// root's layers and the step's upper directory, so that a mount point can never become part of a layer. Directories that
/// the root has are repeated with their metadata, because overlayfs shows the topmost directory's.
/// </summary>
/// <param name="view">The root as it is without the skeleton, read-only.</param>
/// <param name="directory">The empty directory to fill.</param>
internal sealed class Skeleton(SafeFileHandle view, SafeFileHandle directory)
{
    private readonly Dictionary<ByteString, FileTime> _mirrored = [];

    /// <summary>Whether anything had to be made; an empty skeleton needn't be mounted.</summary>
    public bool IsEmpty { get; private set; } = true;

    /// <summary>Makes sure that there is something to mount on, where <paramref name="path"/> leads with all links followed inside the root.</summary>
    /// <param name="path">A path in the container.</param>
    /// <param name="isDirectory">Whether a directory is wanted, or a file.</param>
    public void Require(string path, bool isDirectory)
    {
        var (existing, missing) = RootPath.Resolve(view, ByteString.From(path));
        if (missing.Count == 0)
        {
            return;
        }

        IsEmpty = false;
        var parent = Mirror(existing);
        for (var i = 0; i < missing.Count; i++)
        {
            var current = ByteString.Join(parent.Span, missing[i].Span);
            if (i < missing.Count - 1 || isDirectory)
            {
                MakeDirectory(current, 0x1ED, 0, 0);
            }
            else
            {
                using var _ = FileCalls.Open(directory, current.Span, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.NoFollow, 0x1A4);
            }

            parent = current;
        }
    }

    /// <summary>Sets the times of the repeated directories, which making their contents has changed.</summary>
    public void Finish()
    {
        foreach (var (path, time) in _mirrored)
        {
            FileCalls.ChangeModifiedTime(directory, path.Span, time);
        }

        if (!IsEmpty)
        {
            CopyMetadata(ByteString.Empty, FileCalls.Status(view));
        }
    }

    private ByteString Mirror(ByteString path)
    {
        if (path.IsEmpty || _mirrored.ContainsKey(path))
        {
            return path;
        }

        Mirror(new ByteString(path.DirectoryName));
        var status = FileCalls.Status(view, path.Span);
        if (!status.IsDirectory)
        {
            throw new BuildException($"cannot make a mount point below /{path}: it is not a directory in the image");
        }

        MakeDirectory(path, status.Permissions, status.UserId, status.GroupId);
        CopyMetadata(path, status);
        _mirrored.Add(path, status.ModifiedAt);
        return path;
    }

    private void MakeDirectory(ByteString path, uint permissions, uint user, uint group)
    {
        if (FileCalls.TryMakeDirectory(directory, path.Span, permissions) is Errno.EEXIST)
        {
            return;
        }

        FileCalls.ChangeOwner(directory, path.Span, user, group);
        FileCalls.ChangeMode(directory, path.Span, permissions);
    }

    private void CopyMetadata(ByteString path, FileStatus status)
    {
        FileCalls.ChangeOwner(directory, path.Span, status.UserId, status.GroupId);
        FileCalls.ChangeMode(directory, path.IsEmpty ? "."u8 : path.Span, status.Permissions);
        foreach (var attribute in FileCalls.AttributeNames(view, path.Span))
        {
            if (FileCalls.Attribute(view, path.Span, attribute.Span) is { } value)
            {
                // An attribute that the store's file system refuses is not worth failing a build for a mount point.
                _ = FileCalls.TrySetAttribute(directory, path.Span, attribute.Span, value);
            }
        }

        if (path.IsEmpty)
        {
            FileCalls.ChangeModifiedTime(directory, "."u8, status.ModifiedAt);
        }
    }
}
