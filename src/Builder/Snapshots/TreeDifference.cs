using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>
/// What a command changed in a copy, in overlay's words: changed and new files are moved into the upper directory, a name that is gone
/// becomes a whiteout. A file has changed when the kernel changed its inode (ctime) after the copy was made, which no program can undo.
/// </summary>
internal static class TreeDifference
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;

    /// <summary>Moves the differences.</summary>
    /// <param name="before">The tree as it was.</param>
    /// <param name="after">The copy as it is; what has changed leaves it.</param>
    /// <param name="upper">Receives them, on the same file system.</param>
    /// <param name="madeAt">When the copy was complete.</param>
    internal static void Move(SafeFileHandle before, SafeFileHandle after, SafeFileHandle upper, FileTime madeAt)
    {
        // Taken first: moving something out of it changes it.
        var status = FileCalls.Status(after);

        // A directory's descriptor has a position, and these have been read before.
        using var old = FileCalls.Open(before, "."u8, DirectoryItself);
        using var now = FileCalls.Open(after, "."u8, DirectoryItself);
        MoveContents(old, now, upper, madeAt, ByteString.Empty);
        if (status.ChangedAt >= madeAt)
        {
            Apply(status, after, upper);
        }
    }

    private static void MoveContents(SafeFileHandle before, SafeFileHandle after, SafeFileHandle upper, FileTime madeAt, ByteString path)
    {
        var old = FileCalls.ReadDirectory(before).ToDictionary(static entry => entry.Name);
        foreach (var entry in FileCalls.ReadDirectory(after))
        {
            var name = entry.Name.Span;
            var existed = old.Remove(entry.Name);
            var status = FileCalls.Status(after, name);
            var wasDirectory = existed && FileCalls.Status(before, name).IsDirectory;
            if (status.IsDirectory && wasDirectory)
            {
                MoveDirectory(before, after, upper, madeAt, ByteString.Join(path.Span, name), entry.Name);
            }
            else if (!existed || wasDirectory || status.IsDirectory || status.ChangedAt >= madeAt)
            {
                RequireDirectory(upper, path);
                FileCalls.Rename(after, name, upper, ByteString.Join(path.Span, name).Span, replace: true);
            }
        }

        foreach (var gone in old.Keys)
        {
            RequireDirectory(upper, path);
            var errno = OverlayMarks.TryMakeWhiteout(upper, ByteString.Join(path.Span, gone.Span).Span);
            if (errno is not (Errno.None or Errno.EEXIST))
            {
                throw new LinuxException("mark as deleted", gone.ToString(), errno);
            }
        }
    }

    private static void MoveDirectory(SafeFileHandle before, SafeFileHandle after, SafeFileHandle upper, FileTime madeAt, ByteString path, ByteString name)
    {
        using var below = FileCalls.Open(before, name.Span, DirectoryItself);
        using var now = FileCalls.Open(after, name.Span, DirectoryItself);

        var status = FileCalls.Status(now);
        MoveContents(below, now, upper, madeAt, path);
        if (status.ChangedAt >= madeAt)
        {
            RequireDirectory(upper, path);
        }

        if (FileCalls.TryOpen(upper, path.Span, DirectoryItself, 0, out var made) == Errno.None)
        {
            using (made)
            {
                Apply(status, now, made);
            }
        }
    }

    private static void Apply(FileStatus status, SafeFileHandle directory, SafeFileHandle to)
    {
        Metadata.CopyOwnerAndMode(status, to);
        Metadata.CopyAttributes(directory, to);
        FileCalls.ChangeModifiedTime(to, status.ModifiedAt);
    }

    // The parents get their owner and times when the walk comes back to them.
    private static void RequireDirectory(SafeFileHandle upper, ByteString path)
    {
        if (path.IsEmpty || FileCalls.TryStatus(upper, path.Span, out _) == Errno.None)
        {
            return;
        }

        RequireDirectory(upper, new ByteString(path.DirectoryName));
        FileCalls.MakeDirectory(upper, path.Span, 0x1C0);
    }
}
