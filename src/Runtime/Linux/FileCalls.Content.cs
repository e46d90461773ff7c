using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>The calls about a file's bytes, its durability and its locks.</summary>
public static unsafe partial class FileCalls
{
    /// <summary>read(2), repeated on EINTR: the number of bytes, 0 at the end.</summary>
    public static int Read(SafeFileHandle file, Span<byte> buffer)
    {
        fixed (byte* b = buffer)
        {
            nint count;
            do
            {
                count = Libc.read(file, b, (nuint)buffer.Length);
            }
            while (count < 0 && LastError() == Errno.EINTR);
            return count >= 0 ? (int)count : throw Failed("read", default, LastError());
        }
    }

    /// <summary>write(2) until every byte is written.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="bytes">What.</param>
    /// <param name="wait">Wait where a pipe or a terminal that doesn't block is full: not for the kernel's own files, whose EAGAIN is no promise.</param>
    public static void WriteAll(SafeFileHandle file, ReadOnlySpan<byte> bytes, bool wait = false)
    {
        while (!bytes.IsEmpty)
        {
            fixed (byte* b = bytes)
            {
                var count = Libc.write(file, b, (nuint)bytes.Length);
                if (count < 0)
                {
                    switch (LastError())
                    {
                        case Errno.EINTR:
                            continue;
                        case Errno.EAGAIN when wait:
                            PipeCalls.WaitWritable(file);
                            continue;
                        default:
                            throw Failed("write", default, LastError());
                    }
                }

                bytes = bytes[(int)count..];
            }
        }
    }

    /// <summary>write(2) in one piece, as the kernel's own files want it.</summary>
    public static Errno TryWrite(SafeFileHandle file, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* b = bytes)
        {
            return Libc.write(file, b, (nuint)bytes.Length) < 0 ? LastError() : Errno.None;
        }
    }

    /// <summary>ftruncate(2): sets the length in bytes; what is added is a hole.</summary>
    public static void SetLength(SafeFileHandle file, long length) =>
        Check("truncate", default, Libc.ftruncate(file, length) < 0 ? LastError() : Errno.None);

    /// <summary>copy_file_range(2) from both descriptors' positions: the bytes copied, 0 at the end.</summary>
    public static Errno TryCopyRange(SafeFileHandle source, SafeFileHandle target, long count, out long copied)
    {
        copied = Libc.copy_file_range(source, null, target, null, (nuint)count, 0);
        return copied < 0 ? LastError() : Errno.None;
    }

    /// <summary>ioctl FICLONE: makes the target share the source's blocks where the file system can (btrfs, xfs).</summary>
    public static Errno TryClone(SafeFileHandle source, SafeFileHandle target)
    {
        const nuint Clone = 0x40049409;
        return Libc.ioctl(target, Clone, source.DangerousGetHandle()) < 0 ? LastError() : Errno.None;
    }

    /// <summary>lseek(2) SEEK_DATA: the start of the first data at or after <paramref name="offset"/>; null when only a hole follows.</summary>
    public static long? NextData(SafeFileHandle file, long offset)
    {
        const int SeekData = 3;
        const Errno NoMoreData = (Errno)6;
        var position = Libc.lseek(file, offset, SeekData);
        return position >= 0 ? position : LastError() == NoMoreData ? null : throw Failed("lseek", default, LastError());
    }

    /// <summary>lseek(2) SEEK_HOLE: the start of the first hole at or after <paramref name="offset"/> (the file's end counts as one).</summary>
    public static long NextHole(SafeFileHandle file, long offset)
    {
        const int SeekHole = 4;
        var position = Libc.lseek(file, offset, SeekHole);
        return position >= 0 ? position : throw Failed("lseek", default, LastError());
    }

    /// <summary>lseek(2) SEEK_SET.</summary>
    public static void Seek(SafeFileHandle file, long offset) =>
        Check("lseek", default, Libc.lseek(file, offset, 0) < 0 ? LastError() : Errno.None);

    /// <summary>fsync(2), of a directory too.</summary>
    public static void Synchronize(SafeFileHandle file) =>
        Check("fsync", default, Libc.fsync(file) < 0 ? LastError() : Errno.None);

    /// <summary>syncfs(2): everything of the file system that holds the file.</summary>
    public static void SynchronizeFileSystem(SafeFileHandle file) =>
        Check("syncfs", default, Libc.syncfs(file) < 0 ? LastError() : Errno.None);

    /// <summary>flock(2), waiting: released when the descriptor is closed, by the process's death too.</summary>
    public static void Lock(SafeFileHandle file, bool exclusive)
    {
        Errno errno;
        do
        {
            errno = Libc.flock(file, exclusive ? 2 : 1) < 0 ? LastError() : Errno.None;
        }
        while (errno == Errno.EINTR);
        Check("flock", default, errno);
    }

    /// <summary>flock(2) without waiting: false when somebody else holds it.</summary>
    public static bool TryLock(SafeFileHandle file, bool exclusive)
    {
        const int NonBlocking = 4;
        if (Libc.flock(file, (exclusive ? 2 : 1) | NonBlocking) == 0)
        {
            return true;
        }

        return LastError() is Errno.EAGAIN or Errno.EINTR ? false : throw Failed("flock", default, LastError());
    }

    /// <summary>fstatfs(2): whether programs can't be run from where an open file lies.</summary>
    internal static bool ForbidsExecution(SafeFileHandle file)
    {
        const ulong NoExecution = 8;
        var buffer = stackalloc byte[120];
        return Libc.fstatfs(file, buffer) == 0 && (((ulong*)buffer)[10] & NoExecution) != 0;
    }

    /// <summary>fstatfs(2): the magic number of the file system that holds an open file, O_PATH too.</summary>
    public static ulong FileSystemType(SafeFileHandle file)
    {
        var buffer = stackalloc byte[256];
        return Libc.fstatfs(file, buffer) == 0 ? *(ulong*)buffer : throw Failed("statfs", default, LastError());
    }
}
