using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>
/// A file's bytes as read-only memory: nothing is read before it is looked at, and what the page cache has is not copied. It stays
/// mapped as long as the process lives, so it is for the few files that a command looks into all its life. They must be replaced by a
/// rename and never cut short, because touching what is no longer there ends the process.
/// </summary>
public sealed unsafe class MappedFile
{
    private readonly byte* _start;
    private readonly int _length;

    private MappedFile(byte* start, int length)
    {
        _start = start;
        _length = length;
    }

    /// <summary>The file's bytes.</summary>
    public ReadOnlySpan<byte> Bytes => new(_start, _length);

    /// <summary>Maps an open file, which may be closed afterwards; null when it is empty, too large (2 GiB) or can't be mapped.</summary>
    public static MappedFile? TryOpen(SafeFileHandle file)
    {
        var size = FileCalls.Status(file).Size;
        if (size is <= 0 or > int.MaxValue)
        {
            return null;
        }

        var start = Libc.mmap(null, (nuint)size, Libc.ProtectRead, Libc.MapShared, file, 0);
        return start == Libc.MapFailed ? null : new MappedFile((byte*)start, (int)size);
    }
}
