using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Store;

/// <summary>Small files: read whole, and published whole by a rename.</summary>
internal sealed partial class StateDirectory
{
    private const int SmallFile = 4096;

    private int _published;

    /// <summary>
    /// Makes <paramref name="path"/> (below the root) a file with these bytes: a reader sees the old file or the new one, never a part.
    /// A directory that is missing above it is made.
    /// </summary>
    /// <param name="durable">
    /// Whether it must be on the disk when this returns. Otherwise it is there for every process at once, but after a power loss
    /// it may be missing, old or empty, so its reader must take an unreadable file for none.
    /// </param>
    internal void PublishFile(string path, ReadOnlySpan<byte> bytes, bool durable = true)
    {
        var temporary = StageFile(bytes, durable);
        Publish(temporary, path, durable);
    }

    /// <summary>Writes the bytes to a new file of this process in <c>tmp/</c> and returns its name for <see cref="Publish"/>.</summary>
    internal string StageFile(ReadOnlySpan<byte> bytes, bool durable)
    {
        var name = Interlocked.Increment(ref _published).ToString();
        using var file = FileCalls.Open(
            _publishing.Value.Handle, Encoding.ASCII.GetBytes(name), OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, 0x180);
        FileCalls.WriteAll(file, bytes);
        if (durable)
        {
            FileCalls.Synchronize(file);
        }

        return name;
    }

    /// <summary>Where a staged file is until it is published.</summary>
    internal string StagedPath(string staged) => $"{_publishing.Value.Path}/{staged}";

    /// <summary>Renames a staged file to its place.</summary>
    internal void Publish(string staged, string path, bool durable)
    {
        var source = Encoding.ASCII.GetBytes(staged);
        var target = Encoding.UTF8.GetBytes(path);
        var errno = FileCalls.TryRename(_publishing.Value.Handle, source, Handle, target);
        if (errno == Errno.ENOENT && path.Contains('/', StringComparison.Ordinal))
        {
            Directory.CreateDirectory($"{Root}/{path[..path.LastIndexOf('/')]}");
            errno = FileCalls.TryRename(_publishing.Value.Handle, source, Handle, target);
        }

        if (errno != Errno.None)
        {
            throw new LinuxException("rename", $"{Root}/{path}", errno);
        }

        if (durable)
        {
            SynchronizeDirectory(path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : ".");
        }
    }

    /// <summary>The bytes of a file below the root; null when there is none.</summary>
    internal byte[]? ReadFile(string path)
    {
        using var file = TryOpen(path);
        if (file is null)
        {
            return null;
        }

        // One read shows that a file of a disk fits.
        Span<byte> small = stackalloc byte[SmallFile];
        var count = FileCalls.Read(file, small);
        return count < small.Length ? small[..count].ToArray() : ReadRest(file, small);
    }

    /// <summary>A file below the root to read; null when there is none.</summary>
    internal SafeFileHandle? TryOpen(string path) => FileCalls.TryOpen(Handle, Encoding.UTF8.GetBytes(path), OpenFlags.ReadOnly, 0, out var file) switch
    {
        Errno.None => file,
        Errno.ENOENT or Errno.ENOTDIR => null,
        var errno => throw new LinuxException("open", $"{Root}/{path}", errno),
    };

    /// <summary>Everything from a descriptor's position on, of any kind of file: the kernel's own give less at a time than is asked for.</summary>
    internal static byte[] ReadToEnd(SafeFileHandle file) => ReadRest(file, []);

    private static byte[] ReadRest(SafeFileHandle file, ReadOnlySpan<byte> begin)
    {
        // Mostly as long as it is said to be, which one more read shows; files of the kernel are said to be empty.
        var count = begin.Length;
        var bytes = GC.AllocateUninitializedArray<byte>(Math.Max((int)FileCalls.Status(file).Size, count));
        begin.CopyTo(bytes);
        Span<byte> small = stackalloc byte[SmallFile];
        while (true)
        {
            var target = count < bytes.Length ? bytes.AsSpan(count) : small;
            var more = FileCalls.Read(file, target);
            if (more == 0)
            {
                return count == bytes.Length ? bytes : bytes[..count];
            }

            if (count == bytes.Length)
            {
                Array.Resize(ref bytes, bytes.Length * 2 + more);
                small[..more].CopyTo(bytes.AsSpan(count));
            }

            count += more;
        }
    }

    /// <summary>fsync of a directory below the root: its names are on the disk when this returns.</summary>
    internal void SynchronizeDirectory(string path)
    {
        using var directory = FileCalls.Open(Handle, Encoding.UTF8.GetBytes(path), DirectoryItself);
        FileCalls.Synchronize(directory);
    }
}
