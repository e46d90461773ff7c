using System.Runtime.InteropServices;
using System.Text;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>
/// File calls relative to a directory's descriptor, with names as bytes. Each throws <see cref="LinuxException"/> that names
/// the call and the path; the <c>Try</c> forms return the error number instead. Descriptors are close-on-exec.
/// </summary>
public static unsafe partial class FileCalls
{
    /// <summary>Stands for the current directory where a call takes a directory (AT_FDCWD); absolute paths ignore it.</summary>
    public static SafeFileHandle CurrentDirectory { get; } = new(Libc.AtCurrentDirectory, ownsHandle: false);

    /// <summary>
    /// Opens /dev/null in the place of a standard stream that the caller closed: else the next file that is opened has its number, and
    /// takes what is meant for the stream.
    /// </summary>
    public static void OpenClosedStreams()
    {
        const int GetDescriptorFlags = 1;
        const int SetDescriptorFlags = 2;
        const int Streams = 3;
        for (var descriptor = 0; descriptor < Streams; descriptor++)
        {
            using var stream = new SafeFileHandle(descriptor, ownsHandle: false);
            if (Libc.fcntl(stream, GetDescriptorFlags, 0) < 0
                && TryOpen(CurrentDirectory, "/dev/null"u8, OpenFlags.ReadWrite, 0, out var nothing) == Errno.None)
            {
                // The kernel gives the lowest number that is free. It stays, also for programs that are started.
                _ = Libc.fcntl(nothing, SetDescriptorFlags, 0);
                nothing.SetHandleAsInvalid();
            }
        }
    }

    /// <summary>openat(2).</summary>
    public static SafeFileHandle Open(SafeFileHandle directory, ReadOnlySpan<byte> path, OpenFlags flags, uint mode = 0)
    {
        var errno = TryOpen(directory, path, flags, mode, out var file);
        return errno == Errno.None ? file : throw Failed("open", path, errno);
    }

    /// <summary>open(2) of a path of the host.</summary>
    public static SafeFileHandle Open(string path, OpenFlags flags, uint mode = 0) =>
        Open(CurrentDirectory, Encoding.UTF8.GetBytes(path), flags, mode);

    /// <summary>openat(2).</summary>
    public static Errno TryOpen(SafeFileHandle directory, ReadOnlySpan<byte> path, OpenFlags flags, uint mode, out SafeFileHandle file)
    {
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        fixed (byte* p = name)
        {
            int descriptor;
            do
            {
                descriptor = Libc.openat(directory, p, (flags | OpenFlags.CloseOnExec).ToKernel(), mode);
            }
            while (descriptor < 0 && LastError() == Errno.EINTR);
            return Take(descriptor, out file);
        }
    }

    /// <summary>
    /// openat2(2) with the directory as root: links, absolute ones too, and <c>..</c> stay inside it.
    /// </summary>
    public static SafeFileHandle OpenInRoot(SafeFileHandle root, ReadOnlySpan<byte> path, OpenFlags flags, uint mode = 0)
    {
        var errno = TryOpenResolving(root, path, flags, mode, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var file);
        return errno == Errno.None ? file : throw Failed("open", path, errno);
    }

    /// <summary>openat2(2) with the given way of resolving; an empty path means the directory itself.</summary>
    public static Errno TryOpenResolving(
        SafeFileHandle directory, ReadOnlySpan<byte> path, OpenFlags flags, uint mode, ResolveFlags resolve, out SafeFileHandle file)
    {
        // openat2 refuses a mode without O_CREAT or O_TMPFILE.
        var creates = flags.HasFlag(OpenFlags.Create) || flags.HasFlag(OpenFlags.TemporaryFile);
        var how = new Libc.OpenHow
        {
            Flags = (ulong)(uint)(flags | OpenFlags.CloseOnExec).ToKernel(),
            Mode = creates ? mode : 0,
            Resolve = (ulong)resolve,
        };
        var name = new CString(path.IsEmpty ? "."u8 : path, stackalloc byte[CString.StackSize]);
        var held = false;
        try
        {
            directory.DangerousAddRef(ref held);
            fixed (byte* p = name)
            {
                nint descriptor;
                do
                {
                    // EAGAIN: a rename or mount raced with the walk (openat2(2)); trying again is what the manual asks for.
                    descriptor = Libc.syscall(
                        SystemCallNumber.OpenAt2, directory.DangerousGetHandle(), (nint)p, (nint)(&how), sizeof(Libc.OpenHow), 0, 0);
                }
                while (descriptor < 0 && LastError() is Errno.EINTR or Errno.EAGAIN);
                return Take((int)descriptor, out file);
            }
        }
        finally
        {
            if (held)
            {
                directory.DangerousRelease();
            }
        }
    }

    /// <summary>statx(2) of a name, not following a final link.</summary>
    public static FileStatus Status(SafeFileHandle directory, ReadOnlySpan<byte> path)
    {
        var errno = TryStatus(directory, path, out var status);
        return errno == Errno.None ? status : throw Failed("stat", path, errno);
    }

    /// <summary>statx(2) of an open file (O_PATH descriptors too).</summary>
    public static FileStatus Status(SafeFileHandle file)
    {
        var errno = TryStatus(file, default, out var status);
        return errno == Errno.None ? status : throw Failed("stat", default, errno);
    }

    /// <summary>statx(2), not following a final link; an empty path means the descriptor itself.</summary>
    public static Errno TryStatus(SafeFileHandle directory, ReadOnlySpan<byte> path, out FileStatus status)
    {
        const uint BasicStatsAndMountId = 0x7ff | 0x1000;
        Libc.StatxBuffer buffer;
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        fixed (byte* p = name)
        {
            var flags = Libc.AtSymlinkNoFollow | (path.IsEmpty ? Libc.AtEmptyPath : 0);
            if (Libc.statx(directory, p, flags, BasicStatsAndMountId, &buffer) < 0)
            {
                status = default;
                return LastError();
            }
        }

        status = new FileStatus
        {
            RawMode = buffer.Mode,
            UserId = buffer.UserId,
            GroupId = buffer.GroupId,
            Size = (long)buffer.Size,
            Blocks = (long)buffer.Blocks,
            Inode = buffer.Inode,
            Links = buffer.Links,
            Device = (buffer.DeviceMajor, buffer.DeviceMinor),
            NodeDevice = (buffer.NodeMajor, buffer.NodeMinor),
            ModifiedAt = new FileTime(buffer.ModifiedAt.Seconds, buffer.ModifiedAt.Nanoseconds),
            ChangedAt = new FileTime(buffer.ChangedAt.Seconds, buffer.ChangedAt.Nanoseconds),
            MountId = buffer.MountId,
        };
        return Errno.None;
    }

    /// <summary>readlinkat(2): the link's exact text; with an empty path that of an O_PATH descriptor of the link.</summary>
    public static ByteString ReadLink(SafeFileHandle directory, ReadOnlySpan<byte> path)
    {
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        // The kernel's limit on a link's text is a page, NUL included.
        Span<byte> buffer = stackalloc byte[4096];
        fixed (byte* p = name, b = buffer)
        {
            var length = Libc.readlinkat(directory, p, b, (nuint)buffer.Length);
            return length >= 0 ? new ByteString(buffer[..(int)length]) : throw Failed("readlink", path, LastError());
        }
    }

    /// <inheritdoc cref="ReadLink"/>
    public static Errno TryReadLink(SafeFileHandle directory, ReadOnlySpan<byte> path, out ByteString text)
    {
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        Span<byte> buffer = stackalloc byte[4096];
        fixed (byte* p = name, b = buffer)
        {
            var length = Libc.readlinkat(directory, p, b, (nuint)buffer.Length);
            text = length < 0 ? default : new ByteString(buffer[..(int)length]);
            return length < 0 ? LastError() : Errno.None;
        }
    }

    internal static Errno LastError() => (Errno)Marshal.GetLastPInvokeError();

    internal static LinuxException Failed(string operation, ReadOnlySpan<byte> path, Errno errno) =>
        new(operation, Encoding.UTF8.GetString(path), errno);

    private static Errno Take(int descriptor, out SafeFileHandle file)
    {
        if (descriptor < 0)
        {
            file = new SafeFileHandle();
            return LastError();
        }

        file = new SafeFileHandle(descriptor, ownsHandle: true);
        return Errno.None;
    }
}
