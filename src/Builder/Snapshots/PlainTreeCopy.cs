using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>
/// A copy of a whole tree with owners, modes, times and attributes. Names of one inode become files of their own: overlay too parts them
/// when one is written to, and the same commands have to give the same layer.
/// </summary>
internal static class PlainTreeCopy
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
    private const long Chunk = 1 << 30;

    /// <summary>Copies what lies in one directory into another, which is empty. Where that lies in the first it is left out of the copy.</summary>
    internal static void Copy(SafeFileHandle source, SafeFileHandle target) => Copy(source, target, FileCalls.Status(target));

    private static void Copy(SafeFileHandle source, SafeFileHandle target, FileStatus leftOut)
    {
        foreach (var entry in FileCalls.ReadDirectory(source))
        {
            var name = entry.Name.Span;
            var status = FileCalls.Status(source, name);
            if (!status.IsDirectory)
            {
                CopyOne(source, target, name, status);
                continue;
            }

            if ((status.Device, status.Inode) == (leftOut.Device, leftOut.Inode))
            {
                continue;
            }

            FileCalls.MakeDirectory(target, name, 0x1C0);
            using var from = FileCalls.Open(source, name, DirectoryItself);
            using var to = FileCalls.Open(target, name, DirectoryItself);
            Copy(from, to, leftOut);
            Metadata.Copy(from, to);
        }
    }

    private static void CopyOne(SafeFileHandle source, SafeFileHandle target, ReadOnlySpan<byte> name, FileStatus status)
    {
        switch (status.Kind)
        {
            case FileKind.Regular:
                CopyFile(source, name, target);
                return;
            case FileKind.SymbolicLink:
                FileCalls.MakeSymbolicLink(FileCalls.ReadLink(source, name).Span, target, name);
                FileCalls.ChangeOwner(target, name, status.UserId, status.GroupId);
                break;
            default:
                FileCalls.MakeNode(target, name, status.RawMode, status.NodeDevice);
                FileCalls.ChangeOwner(target, name, status.UserId, status.GroupId);
                FileCalls.ChangeMode(target, name, status.Permissions);
                break;
        }

        FileCalls.ChangeModifiedTime(target, name, status.ModifiedAt);
    }

    private static void CopyFile(SafeFileHandle source, ReadOnlySpan<byte> name, SafeFileHandle target)
    {
        using var from = FileCalls.Open(source, name, OpenFlags.ReadOnly | OpenFlags.NoFollow);
        CopyFile(from, target, name);
    }

    /// <summary>Copies a regular file to a name that is not there yet.</summary>
    internal static void CopyFile(SafeFileHandle from, SafeFileHandle target, ReadOnlySpan<byte> name)
    {
        using var to = FileCalls.Open(target, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, 0x180);
        var left = FileCalls.Status(from).Size;
        while (left > 0 && FileCalls.TryCopyRange(from, to, Math.Min(left, Chunk), out var copied) == Errno.None && copied > 0)
        {
            left -= copied;
        }

        var buffer = left > 0 ? new byte[1 << 17] : [];
        int count;
        while (left > 0 && (count = FileCalls.Read(from, buffer)) > 0)
        {
            FileCalls.WriteAll(to, buffer.AsSpan(0, count));
            left -= count;
        }

        Metadata.Copy(from, to);
    }
}
