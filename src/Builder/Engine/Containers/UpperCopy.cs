using Bld.Builder.Copy;
using Bld.Builder.Snapshots;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Containers;

/// <summary>Copies an overlay upper directory that is in use, with its marks of what is gone.</summary>
internal static class UpperCopy
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;

    /// <summary>Copies everything below a directory into an empty one. What vanishes meanwhile is left out.</summary>
    public static void Copy(SafeFileHandle source, SafeFileHandle target, CancellationToken cancellation)
    {
        if (OverlayMarks.IsOpaque(source))
        {
            OverlayMarks.MakeOpaque(target, "."u8);
        }

        foreach (var entry in FileCalls.ReadDirectory(source))
        {
            cancellation.ThrowIfCancellationRequested();
            if (FileCalls.TryStatus(source, entry.Name.Span, out var status) != Errno.None)
            {
                continue;
            }

            if (status.IsDirectory)
            {
                var errno = FileCalls.TryOpen(source, entry.Name.Span, DirectoryItself, 0, out var from);
                using var opened = from;
                if (HasVanished(errno))
                {
                    continue;
                }

                if (errno != Errno.None)
                {
                    throw new LinuxException("open", entry.Name.ToString(), errno);
                }

                FileCalls.MakeDirectory(target, entry.Name.Span, 0x1C0);
                using var to = FileCalls.Open(target, entry.Name.Span, DirectoryItself);
                Copy(from, to, cancellation);
                continue;
            }

            try
            {
                CopyFile(source, entry.Name.Span, status, target);
            }
            catch (LinuxException exception) when (HasVanished(exception.Errno) && FileCalls.TryStatus(source, entry.Name.Span, out _) != Errno.None)
            {
                FileCalls.TryUnlink(target, entry.Name.Span);
            }
        }

        Metadata.Copy(source, target);
    }

    private static bool HasVanished(Errno errno) => errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP;

    private static void CopyFile(SafeFileHandle source, ReadOnlySpan<byte> name, in FileStatus status, SafeFileHandle target)
    {
        switch (status.Kind)
        {
            case FileKind.Regular:
                using (var file = FileCopier.Copy(source, name, target, name))
                {
                    FileCalls.ChangeOwner(file, status.UserId, status.GroupId);
                    FileCalls.ChangeMode(file, status.Permissions);
                    FileCalls.ChangeModifiedTime(file, status.ModifiedAt);
                }

                return;
            case FileKind.SymbolicLink:
                FileCalls.MakeSymbolicLink(FileCalls.ReadLink(source, name).Span, target, name);
                break;
            default:
                FileCalls.MakeNode(target, name, status.RawMode, status.NodeDevice);
                break;
        }

        FileCalls.ChangeOwner(target, name, status.UserId, status.GroupId);
        FileCalls.ChangeModifiedTime(target, name, status.ModifiedAt);
    }
}
