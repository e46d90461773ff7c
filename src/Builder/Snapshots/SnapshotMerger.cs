using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Snapshots;

/// <summary>
/// Makes one snapshot's directory out of several stacked ones, so that a stage or a working container gives one layer.
/// Files are hard-linked, not copied: snapshots never change. Whiteouts and opaque marks stay only where the base has
/// something to hide.
/// </summary>
internal static class SnapshotMerger
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
    private static ReadOnlySpan<byte> TrustedOpaque => "trusted.overlay.opaque"u8;
    private static ReadOnlySpan<byte> UserOpaque => "user.overlay.opaque"u8;

    /// <summary>Merges directories.</summary>
    /// <param name="sources">The snapshots' directories, topmost first.</param>
    /// <param name="baseView">The merged view of what lies below all of them; null when that is nothing.</param>
    /// <param name="target">An empty directory on the same file system.</param>
    /// <param name="cancellation">Stops between two names.</param>
    public static void Merge(
        IReadOnlyList<SafeFileHandle> sources, SafeFileHandle? baseView, SafeFileHandle target, CancellationToken cancellation)
    {
        CopyMetadata(sources[0], target, opaque: false);
        MergeContents(sources, baseView, target, cancellation);
        FileCalls.ChangeModifiedTime(target, FileCalls.Status(sources[0]).ModifiedAt);
    }

    /// <summary>Adds what is in a snapshot's directory that nothing below matters to. The root's metadata are those of its own base, and stay there.</summary>
    /// <param name="source">The directory.</param>
    /// <param name="target">A directory with nothing in it on the same file system.</param>
    /// <param name="cancellation">Stops between two names.</param>
    public static void AddContents(SafeFileHandle source, SafeFileHandle target, CancellationToken cancellation) =>
        MergeContents([source], below: null, target, cancellation);

    private static void MergeContents(
        IReadOnlyList<SafeFileHandle> sources, SafeFileHandle? below, SafeFileHandle target, CancellationToken cancellation)
    {
        var names = new SortedDictionary<ByteString, List<SafeFileHandle>>();
        foreach (var source in sources)
        {
            foreach (var entry in FileCalls.ReadDirectory(source))
            {
                if (!names.TryGetValue(entry.Name, out var holders))
                {
                    names.Add(entry.Name, holders = []);
                }

                holders.Add(source);
            }
        }

        foreach (var (name, holders) in names)
        {
            cancellation.ThrowIfCancellationRequested();
            var top = FileCalls.Status(holders[0], name.Span);
            if (top.IsDirectory)
            {
                MergeDirectory(name, holders, below, target, cancellation);
            }
            else if (!top.IsOverlayWhiteout || Exists(below, name))
            {
                FileCalls.MakeHardLink(holders[0], name.Span, target, name.Span);
            }
        }
    }

    private static void MergeDirectory(
        ByteString name, List<SafeFileHandle> holders, SafeFileHandle? below, SafeFileHandle target, CancellationToken cancellation)
    {
        var parts = new List<SafeFileHandle>();
        SafeFileHandle? lower = null;
        SafeFileHandle? merged = null;
        try
        {
            var opaque = OpenParts(name, holders, parts);
            lower = opaque || below is null ? null : OpenDirectory(below, name);
            FileCalls.MakeDirectory(target, name.Span, 0x1C0);
            merged = FileCalls.Open(target, name.Span, DirectoryItself);
            CopyMetadata(parts[0], merged, opaque && Exists(below, name));
            MergeContents(parts, lower, merged, cancellation);
            FileCalls.ChangeModifiedTime(merged, FileCalls.Status(parts[0]).ModifiedAt);
        }
        finally
        {
            parts.ForEach(static part => part.Dispose());
            lower?.Dispose();
            merged?.Dispose();
        }
    }

    /// <summary>Opens the directories of one name from the top down to the first that hides what is below it; says whether one does.</summary>
    private static bool OpenParts(ByteString name, List<SafeFileHandle> holders, List<SafeFileHandle> parts)
    {
        foreach (var holder in holders)
        {
            if (OpenDirectory(holder, name) is not { } part)
            {
                return true;
            }

            parts.Add(part);
            if (IsOpaque(part))
            {
                return true;
            }
        }

        return false;
    }

    private static SafeFileHandle? OpenDirectory(SafeFileHandle parent, ByteString name) =>
        FileCalls.TryOpen(parent, name.Span, DirectoryItself, 0, out var opened) switch
        {
            Errno.None => opened,
            Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP => null,
            var errno => throw new LinuxException("open", name.ToString(), errno),
        };

    private static bool Exists(SafeFileHandle? directory, ByteString name) =>
        directory is not null && FileCalls.TryStatus(directory, name.Span, out _) == Errno.None;

    private static bool IsOpaque(SafeFileHandle directory) =>
        FileCalls.Attribute(directory, default, TrustedOpaque) is [(byte)'y']
        || FileCalls.Attribute(directory, default, UserOpaque) is [(byte)'y'];

    private static void CopyMetadata(SafeFileHandle source, SafeFileHandle target, bool opaque)
    {
        var status = FileCalls.Status(source);
        FileCalls.ChangeOwner(target, status.UserId, status.GroupId);
        FileCalls.ChangeMode(target, status.Permissions);
        foreach (var attribute in FileCalls.AttributeNames(source, default))
        {
            var hides = attribute.Span.SequenceEqual(TrustedOpaque) || attribute.Span.SequenceEqual(UserOpaque);
            if (!hides && FileCalls.Attribute(source, default, attribute.Span) is { } value)
            {
                Set(target, attribute.Span, value);
            }
        }

        if (opaque && FileCalls.TrySetAttribute(target, default, TrustedOpaque, "y"u8) is Errno.EPERM)
        {
            // In a user namespace overlayfs keeps its marks under user.* (mount option userxattr).
            Set(target, UserOpaque, "y"u8);
        }
    }

    private static void Set(SafeFileHandle target, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        if (FileCalls.TrySetAttribute(target, default, attribute, value) is var errno and not Errno.None)
        {
            throw new LinuxException("setxattr", System.Text.Encoding.UTF8.GetString(attribute), errno);
        }
    }
}
