using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>
/// What a command changed in a copy, in overlay's words: changed and new files are moved into the upper directory, a name that is gone
/// becomes a whiteout. A file has changed when the kernel changed its inode (ctime) after the copy was made, which no program can undo.
/// </summary>
internal sealed class TreeDifference
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
    private readonly SafeFileHandle _upper;
    private readonly FileTime _madeAt;
    private readonly IReadOnlySet<ByteString> _covered;

    private TreeDifference(SafeFileHandle upper, FileTime madeAt, IReadOnlySet<ByteString> covered) => (_upper, _madeAt, _covered) = (upper, madeAt, covered);

    /// <summary>Moves the differences.</summary>
    /// <param name="before">The tree as it was.</param>
    /// <param name="after">The copy as it is; what has changed leaves it.</param>
    /// <param name="upper">Receives them, on the same file system.</param>
    /// <param name="madeAt">When the copy was complete.</param>
    /// <param name="covered">Paths of the copy that are passed over with all below them.</param>
    internal static void Move(SafeFileHandle before, SafeFileHandle after, SafeFileHandle upper, FileTime madeAt, IReadOnlySet<ByteString> covered)
    {
        // Taken first: moving something out of it changes it.
        var status = FileCalls.Status(after);

        // A directory's descriptor has a position, and these have been read before.
        using var old = FileCalls.Open(before, "."u8, DirectoryItself);
        using var now = FileCalls.Open(after, "."u8, DirectoryItself);
        new TreeDifference(upper, madeAt, covered).MoveContents(old, now, ByteString.Empty);
        if (status.ChangedAt >= madeAt)
        {
            Apply(status, after, upper);
        }
    }

    private void MoveContents(SafeFileHandle before, SafeFileHandle after, ByteString path)
    {
        var old = FileCalls.ReadDirectory(before).ToDictionary(static entry => entry.Name);
        foreach (var entry in FileCalls.ReadDirectory(after))
        {
            var name = entry.Name.Span;
            var existed = old.Remove(entry.Name);
            if (IsCovered(path, entry.Name))
            {
                continue;
            }

            var status = FileCalls.Status(after, name);
            var wasDirectory = existed && FileCalls.Status(before, name).IsDirectory;
            if (status.IsDirectory && wasDirectory)
            {
                MoveDirectory(before, after, ByteString.Join(path.Span, name), entry.Name);
            }
            else if (!existed || wasDirectory || status.IsDirectory || status.ChangedAt >= _madeAt)
            {
                RequireDirectory(path);
                FileCalls.Rename(after, name, _upper, ByteString.Join(path.Span, name).Span, replace: true);
            }
        }

        foreach (var gone in old.Keys.Where(gone => !IsCovered(path, gone)))
        {
            RequireDirectory(path);
            var errno = OverlayMarks.TryMakeWhiteout(_upper, ByteString.Join(path.Span, gone.Span).Span);
            if (errno is not (Errno.None or Errno.EEXIST))
            {
                throw new LinuxException("mark as deleted", gone.ToString(), errno);
            }
        }
    }

    private bool IsCovered(ByteString path, ByteString name) => _covered.Count > 0 && _covered.Contains(ByteString.Join(path.Span, name.Span));

    private void MoveDirectory(SafeFileHandle before, SafeFileHandle after, ByteString path, ByteString name)
    {
        using var below = FileCalls.Open(before, name.Span, DirectoryItself);
        using var now = FileCalls.Open(after, name.Span, DirectoryItself);

        var status = FileCalls.Status(now);
        MoveContents(below, now, path);
        if (status.ChangedAt >= _madeAt)
        {
            RequireDirectory(path);
        }

        if (FileCalls.TryOpen(_upper, path.Span, DirectoryItself, 0, out var made) == Errno.None)
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
    private void RequireDirectory(ByteString path)
    {
        if (path.IsEmpty || FileCalls.TryStatus(_upper, path.Span, out _) == Errno.None)
        {
            return;
        }

        RequireDirectory(new ByteString(path.DirectoryName));
        FileCalls.MakeDirectory(_upper, path.Span, 0x1C0);
    }
}
