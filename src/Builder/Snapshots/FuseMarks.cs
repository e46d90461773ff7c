using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>
/// How fuse-overlayfs says that something below is gone: as the kernel does where it may, else by files whose names begin with
/// <c>.wh.</c> (image-spec, "Layer: Whiteouts") and attributes of its own. And it says it of every directory that it makes.
/// </summary>
internal static class FuseMarks
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;

    /// <summary>How the names of its attributes begin.</summary>
    internal static ReadOnlySpan<byte> Prefix => "user.fuseoverlayfs."u8;

    private static ReadOnlySpan<byte> Whiteout => ".wh."u8;

    /// <summary>Turns them into the marks that the kernel would have made, so that what is stored is the same however it was mounted.</summary>
    /// <param name="upper">What has been written.</param>
    /// <param name="lowers">The directories below, the topmost first; none where nothing of them is seen.</param>
    internal static void Settle(SafeFileHandle upper, IReadOnlyList<SafeFileHandle> lowers)
    {
        // A directory's descriptor has a position.
        using var directory = FileCalls.Open(upper, "."u8, DirectoryItself);
        var time = FileCalls.Status(directory).ModifiedAt;
        foreach (var entry in FileCalls.ReadDirectory(directory))
        {
            var name = entry.Name.Span;
            var status = FileCalls.Status(directory, name);
            if (name.StartsWith(Whiteout))
            {
                FileCalls.TryUnlink(directory, name);
                MarkDeleted(directory, name[Whiteout.Length..], lowers);
            }
            else if (status.IsOverlayWhiteout && !Exists(lowers, name))
            {
                FileCalls.TryUnlink(directory, name);
            }
            else if (status.IsDirectory)
            {
                SettleDirectory(directory, name, lowers);
            }
            else
            {
                // Where a file was copied from. As a lower layer's it would make one file of all that came from names of one inode.
                _ = Unmark(directory, name);
            }
        }

        FileCalls.ChangeModifiedTime(directory, "."u8, time);
    }

    private static void SettleDirectory(SafeFileHandle parent, ReadOnlySpan<byte> name, IReadOnlyList<SafeFileHandle> lowers)
    {
        using var directory = FileCalls.Open(parent, name, DirectoryItself);
        if (!Unmark(directory, "."u8))
        {
            var below = Below(lowers, name);
            try
            {
                Settle(directory, below);
            }
            finally
            {
                below.ForEach(static lower => lower.Dispose());
            }

            return;
        }

        Settle(directory, []);
        if (Exists(lowers, name))
        {
            OverlayMarks.MakeOpaque(directory, "."u8);
        }
    }

    // The file that stands for an opaque directory too: its directory has the attribute besides.
    private static void MarkDeleted(SafeFileHandle directory, ReadOnlySpan<byte> name, IReadOnlyList<SafeFileHandle> lowers)
    {
        if (!name.StartsWith(Whiteout) && Exists(lowers, name)
            && OverlayMarks.TryMakeWhiteout(directory, name) is var errno and not (Errno.None or Errno.EEXIST))
        {
            throw new LinuxException("mark as deleted", new ByteString(name).ToString(), errno);
        }
    }

    /// <summary>Removes its attributes and overlay's; whether one said that the directory is opaque.</summary>
    private static bool Unmark(SafeFileHandle directory, ReadOnlySpan<byte> path)
    {
        var isOpaque = false;
        foreach (var name in FileCalls.AttributeNames(directory, path))
        {
            var isMark = OverlayMarks.IsOpaque(name.Span, "y"u8) || name.Span.SequenceEqual("user.fuseoverlayfs.opaque"u8);
            if (isMark || name.Span.StartsWith(Prefix))
            {
                _ = FileCalls.TryRemoveAttribute(directory, path, name.Span);
                isOpaque |= isMark;
            }
        }

        return isOpaque;
    }

    private static bool Exists(IReadOnlyList<SafeFileHandle> lowers, ReadOnlySpan<byte> name)
    {
        foreach (var lower in lowers)
        {
            if (FileCalls.TryStatus(lower, name, out var status) == Errno.None)
            {
                return !status.IsOverlayWhiteout;
            }
        }

        return false;
    }

    /// <summary>The directories of that name that are seen one through the other.</summary>
    private static List<SafeFileHandle> Below(IReadOnlyList<SafeFileHandle> lowers, ReadOnlySpan<byte> name)
    {
        var below = new List<SafeFileHandle>();
        foreach (var lower in lowers)
        {
            var errno = FileCalls.TryOpen(lower, name, DirectoryItself, 0, out var directory);
            if (errno == Errno.ENOENT)
            {
                continue;
            }

            if (errno != Errno.None)
            {
                break;
            }

            below.Add(directory);
            if (OverlayMarks.IsOpaque(directory))
            {
                break;
            }
        }

        return below;
    }
}
