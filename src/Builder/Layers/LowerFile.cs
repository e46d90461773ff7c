using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Layers;

/// <summary>Looking into the view of what lies below a layer. Paths are taken as they stand, not through links.</summary>
internal static class LowerFile
{
    private const ResolveFlags Plainly = ResolveFlags.Beneath | ResolveFlags.NoSymbolicLinks | ResolveFlags.NoMagicLinks;

    internal static bool Exists(SafeFileHandle? view, ByteString path)
    {
        using var file = Open(view, path, OpenFlags.Path | OpenFlags.NoFollow);
        return file is not null;
    }

    /// <summary>The directory of that path, opened for reading; null when there is none.</summary>
    internal static SafeFileHandle? OpenDirectory(SafeFileHandle? view, ByteString path) =>
        Open(view, path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);

    /// <summary>
    /// Makes a copy of a file below under a new name. An overlay's upper directory can't link to what lies below, so one file
    /// becomes two; a copy-up by the kernel would do the same.
    /// </summary>
    internal static void Copy(SafeFileHandle? view, ByteString target, SafeFileHandle directory, ByteString path)
    {
        using var parent = Open(view, new ByteString(target.DirectoryName), OpenFlags.Path | OpenFlags.Directory);
        if (parent is null || FileCalls.TryStatus(parent, target.FileName, out var status) != Errno.None)
        {
            throw EntryPath.Refused(path.ToString(), $"it is a hard link to '{target}', which is neither in this layer nor below it");
        }

        FileCalls.TryUnlink(directory, path.FileName);
        switch (status.Kind)
        {
            case FileKind.Regular:
                CopyRegular(parent, target, status, directory, path);
                break;
            case FileKind.SymbolicLink:
                FileCalls.MakeSymbolicLink(FileCalls.ReadLink(parent, target.FileName).Span, directory, path.FileName);
                FileCalls.ChangeOwner(directory, path.FileName, status.UserId, status.GroupId);
                break;
            case FileKind.Directory:
                throw EntryPath.Refused(path.ToString(), $"it is a hard link to the directory '{target}'");
            default:
                FileCalls.MakeNode(directory, path.FileName, status.RawMode, status.NodeDevice);
                FileCalls.ChangeOwner(directory, path.FileName, status.UserId, status.GroupId);
                FileCalls.ChangeMode(directory, path.FileName, status.Permissions);
                break;
        }

        FileCalls.ChangeModifiedTime(directory, path.FileName, status.ModifiedAt);
    }

    private static void CopyRegular(
        SafeFileHandle parent, ByteString target, FileStatus status, SafeFileHandle directory, ByteString path)
    {
        using var from = FileCalls.Open(parent, target.FileName, OpenFlags.ReadOnly | OpenFlags.NoFollow);
        using var to = FileCalls.Open(
            directory, path.FileName, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, 0x180);
        CopyBytes(from, to, status.Size);
        FileCalls.ChangeOwner(to, status.UserId, status.GroupId);
        Metadata.CopyAttributes(from, to);
        FileCalls.ChangeMode(to, status.Permissions);
    }

    private static void CopyBytes(SafeFileHandle from, SafeFileHandle to, long size)
    {
        while (size > 0)
        {
            switch (FileCalls.TryCopyRange(from, to, size, out var copied))
            {
                case Errno.None when copied > 0:
                    size -= copied;
                    break;
                case Errno.EXDEV or Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENOSYS:
                    CopyByHand(from, to);
                    return;
                case var errno:
                    throw errno == Errno.None
                        ? new BuildException("a file of a lower layer became shorter while it was copied")
                        : new LinuxException("copy_file_range", "", errno);
            }
        }
    }

    private static void CopyByHand(SafeFileHandle from, SafeFileHandle to)
    {
        var buffer = new byte[128 * 1024];
        while (FileCalls.Read(from, buffer) is var count and > 0)
        {
            FileCalls.WriteAll(to, buffer.AsSpan(0, count));
        }
    }

    private static SafeFileHandle? Open(SafeFileHandle? view, ByteString path, OpenFlags flags)
    {
        if (view is null)
        {
            return null;
        }

        switch (FileCalls.TryOpenResolving(view, path.Span, flags, 0, Plainly, out var file))
        {
            case Errno.None:
                return file;
            case Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.ENAMETOOLONG:
                return null;
            case var errno:
                throw new LinuxException("open", path.ToString(), errno);
        }
    }
}
