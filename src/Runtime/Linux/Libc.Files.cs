using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>The C library's functions about files, as declared. Nobody outside <see cref="FileCalls"/> uses them.</summary>
internal static unsafe partial class Libc
{
    internal const int AtCurrentDirectory = -100;
    internal const int AtSymlinkNoFollow = 0x100;
    internal const int AtRemoveDirectory = 0x200;
    internal const int AtEmptyPath = 0x1000;
    internal const int ProtectRead = 1;
    internal const int ProtectReadWrite = 3;

    internal const int MapShared = 1;

    internal const int MapAnonymous = 0x20;

    internal static void* MapFailed => (void*)-1;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int openat(SafeFileHandle directory, byte* path, int flags, uint mode);

    // openat2 and the others without a wrapper in glibc 2.36 go through syscall(2); integer arguments of a
    // variadic function travel in the same registers on x86-64 and on arm64 Linux.
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial void* mmap(void* address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int munmap(void* address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int statx(SafeFileHandle directory, byte* path, int flags, uint mask, StatxBuffer* buffer);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mkdirat(SafeFileHandle directory, byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mknodat(SafeFileHandle directory, byte* path, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int symlinkat(byte* target, SafeFileHandle directory, byte* path);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int linkat(SafeFileHandle oldDirectory, byte* oldPath, SafeFileHandle newDirectory, byte* newPath, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint readlinkat(SafeFileHandle directory, byte* path, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int unlinkat(SafeFileHandle directory, byte* path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int renameat2(SafeFileHandle oldDirectory, byte* oldPath, SafeFileHandle newDirectory, byte* newPath, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchownat(SafeFileHandle directory, byte* path, uint user, uint group, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchmodat(SafeFileHandle directory, byte* path, uint mode, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchown(SafeFileHandle file, uint user, uint group);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchmod(SafeFileHandle file, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int utimensat(SafeFileHandle directory, byte* path, Timespec* times, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int futimens(SafeFileHandle file, Timespec* times);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint getdents64(SafeFileHandle directory, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial long lseek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(SafeFileHandle file, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(SafeFileHandle file, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ftruncate(SafeFileHandle file, long length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint copy_file_range(SafeFileHandle source, long* sourceOffset, SafeFileHandle target, long* targetOffset, nuint count, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ioctl(SafeFileHandle file, nuint request, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int syncfs(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint flistxattr(SafeFileHandle file, byte* list, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint fgetxattr(SafeFileHandle file, byte* name, byte* value, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fsetxattr(SafeFileHandle file, byte* name, byte* value, nuint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fremovexattr(SafeFileHandle file, byte* name);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint llistxattr(byte* path, byte* list, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint lgetxattr(byte* path, byte* name, byte* value, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int lsetxattr(byte* path, byte* name, byte* value, nuint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int lremovexattr(byte* path, byte* name);

    [StructLayout(LayoutKind.Sequential)]
    internal struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct StatxTimestamp
    {
        public long Seconds;
        public uint Nanoseconds;
        public int Reserved;
    }

    /// <summary>struct statx of linux/stat.h; 256 bytes.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    internal struct StatxBuffer
    {
        public uint Mask;
        public uint BlockSize;
        public ulong Attributes;
        public uint Links;
        public uint UserId;
        public uint GroupId;
        public ushort Mode;
        public ushort Padding;
        public ulong Inode;
        public ulong Size;
        public ulong Blocks;
        public ulong AttributesMask;
        public StatxTimestamp AccessedAt;
        public StatxTimestamp BornAt;
        public StatxTimestamp ChangedAt;
        public StatxTimestamp ModifiedAt;
        public uint NodeMajor;
        public uint NodeMinor;
        public uint DeviceMajor;
        public uint DeviceMinor;
        public ulong MountId;
    }
}
