using Bld.Builder.Snapshots;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>
/// The content of a cache mount on its way to a command that works on a copy, and back. Several commands may have the same cache: each
/// takes and gives it whole, under a lock on its directory, and what the last one gives is what stays.
/// </summary>
internal static class CacheCopy
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
    private const uint OwnersOnly = 0x1C0;

    private static ReadOnlySpan<byte> Given => "given"u8;

    private static ReadOnlySpan<byte> Replaced => "replaced"u8;

    /// <summary>Copies a cache to an empty directory.</summary>
    internal static void Take(SafeFileHandle cache, SafeFileHandle place)
    {
        using var content = FileCalls.Open(cache, "."u8, DirectoryItself);
        FileCalls.Lock(content, exclusive: false);
        PlainTreeCopy.Copy(content, place);
        Metadata.Copy(content, place);
    }

    /// <summary>Gives a cache what became of its copy. Nothing of the old content goes before all of the new one lies beside it.</summary>
    /// <param name="place">The copy; it is empty afterwards.</param>
    /// <param name="cache">The cache, in a directory of its own.</param>
    internal static void Give(SafeFileHandle place, SafeFileHandle cache)
    {
        using var content = FileCalls.Open(cache, "."u8, DirectoryItself);
        FileCalls.Lock(content, exclusive: true);
        using var beside = FileCalls.Open(cache, ".."u8, DirectoryItself);
        try
        {
            using var given = MakeEmpty(beside, Given);
            using var replaced = MakeEmpty(beside, Replaced);
            Bring(place, given);
            Move(content, replaced);
            Move(given, content);
            Metadata.CopyOwnerAndMode(FileCalls.Status(place), content);
        }
        finally
        {
            FileCalls.RemoveTree(beside, Given);
            FileCalls.RemoveTree(beside, Replaced);
        }
    }

    private static SafeFileHandle MakeEmpty(SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        FileCalls.RemoveTree(parent, name);
        FileCalls.MakeDirectory(parent, name, OwnersOnly);
        return FileCalls.Open(parent, name, DirectoryItself);
    }

    // Caches may lie on a file system of their own, as a volume that a CI system keeps.
    private static void Bring(SafeFileHandle place, SafeFileHandle given)
    {
        using var source = FileCalls.Open(place, "."u8, DirectoryItself);
        foreach (var entry in Entries(source))
        {
            var errno = FileCalls.TryRename(source, entry.Name.Span, given, entry.Name.Span);
            if (errno == Errno.EXDEV)
            {
                using var whole = FileCalls.Open(place, "."u8, DirectoryItself);
                PlainTreeCopy.Copy(whole, given);
                return;
            }

            if (errno != Errno.None)
            {
                throw new LinuxException("rename", entry.Name.ToString(), errno);
            }
        }
    }

    // A directory that the command has removed has no content, and the kernel doesn't list it.
    private static List<DirectoryEntry> Entries(SafeFileHandle directory)
    {
        try
        {
            return FileCalls.ReadDirectory(directory);
        }
        catch (LinuxException exception) when (exception.Errno == Errno.ENOENT)
        {
            return [];
        }
    }

    private static void Move(SafeFileHandle from, SafeFileHandle to)
    {
        // A directory's descriptor has a position.
        using var source = FileCalls.Open(from, "."u8, DirectoryItself);
        foreach (var entry in FileCalls.ReadDirectory(source))
        {
            FileCalls.Rename(source, entry.Name.Span, to, entry.Name.Span, replace: false);
        }
    }
}
