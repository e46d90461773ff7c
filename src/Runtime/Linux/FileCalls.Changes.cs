using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>The calls that make, change and remove names.</summary>
public static unsafe partial class FileCalls
{
    /// <summary>What utimensat(2) takes for "leave this time as it is".</summary>
    private const long OmitTime = 0x3ffffffe;

    /// <summary>mkdirat(2); the umask applies, so set the mode afterwards where it matters.</summary>
    public static void MakeDirectory(SafeFileHandle directory, ReadOnlySpan<byte> path, uint mode) =>
        Check("mkdir", path, TryMakeDirectory(directory, path, mode));

    /// <summary>mkdirat(2).</summary>
    public static Errno TryMakeDirectory(SafeFileHandle directory, ReadOnlySpan<byte> path, uint mode)
    {
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        fixed (byte* p = name)
        {
            return Libc.mkdirat(directory, p, mode) < 0 ? LastError() : Errno.None;
        }
    }

    /// <summary>mknodat(2): devices, fifos and sockets; <paramref name="rawMode"/> holds the kind.</summary>
    public static Errno TryMakeNode(SafeFileHandle directory, ReadOnlySpan<byte> path, uint rawMode, (uint Major, uint Minor) device)
    {
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        fixed (byte* p = name)
        {
            return Libc.mknodat(directory, p, rawMode, DeviceNumber(device)) < 0 ? LastError() : Errno.None;
        }
    }

    /// <inheritdoc cref="TryMakeNode"/>
    public static void MakeNode(SafeFileHandle directory, ReadOnlySpan<byte> path, uint rawMode, (uint Major, uint Minor) device) =>
        Check("mknod", path, TryMakeNode(directory, path, rawMode, device));

    /// <summary>symlinkat(2).</summary>
    public static Errno TryMakeSymbolicLink(ReadOnlySpan<byte> text, SafeFileHandle directory, ReadOnlySpan<byte> path)
    {
        var target = new CString(text, stackalloc byte[CString.StackSize]);
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        fixed (byte* t = target, p = name)
        {
            return Libc.symlinkat(t, directory, p) < 0 ? LastError() : Errno.None;
        }
    }

    /// <inheritdoc cref="TryMakeSymbolicLink"/>
    public static void MakeSymbolicLink(ReadOnlySpan<byte> text, SafeFileHandle directory, ReadOnlySpan<byte> path) =>
        Check("symlink", path, TryMakeSymbolicLink(text, directory, path));

    /// <summary>linkat(2), not following a final link of the old name.</summary>
    public static Errno TryMakeHardLink(
        SafeFileHandle oldDirectory, ReadOnlySpan<byte> oldPath, SafeFileHandle newDirectory, ReadOnlySpan<byte> newPath)
    {
        var oldName = new CString(oldPath, stackalloc byte[CString.StackSize]);
        var newName = new CString(newPath, stackalloc byte[CString.StackSize]);
        fixed (byte* o = oldName, n = newName)
        {
            return Libc.linkat(oldDirectory, o, newDirectory, n, oldPath.IsEmpty ? Libc.AtEmptyPath : 0) < 0 ? LastError() : Errno.None;
        }
    }

    /// <inheritdoc cref="TryMakeHardLink"/>
    public static void MakeHardLink(
        SafeFileHandle oldDirectory, ReadOnlySpan<byte> oldPath, SafeFileHandle newDirectory, ReadOnlySpan<byte> newPath) =>
        Check("link", newPath, TryMakeHardLink(oldDirectory, oldPath, newDirectory, newPath));

    /// <summary>linkat(2) of an open file of any kind, by its link in /proc, since one without a path takes a capability.</summary>
    public static Errno TryMakeHardLinkOf(SafeFileHandle file, SafeFileHandle directory, ReadOnlySpan<byte> path)
    {
        const int FollowLink = 0x400;
        var oldName = new CString(System.Text.Encoding.ASCII.GetBytes($"/proc/self/fd/{file.DangerousGetHandle()}"), stackalloc byte[CString.StackSize]);
        var newName = new CString(path, stackalloc byte[CString.StackSize]);
        fixed (byte* o = oldName, n = newName)
        {
            return Libc.linkat(CurrentDirectory, o, directory, n, FollowLink) < 0 ? LastError() : Errno.None;
        }
    }

    /// <summary>unlinkat(2) of anything but a directory.</summary>
    public static Errno TryUnlink(SafeFileHandle directory, ReadOnlySpan<byte> path) => TryRemove(directory, path, 0);

    /// <summary>unlinkat(2) of an empty directory.</summary>
    public static Errno TryRemoveDirectory(SafeFileHandle directory, ReadOnlySpan<byte> path) =>
        TryRemove(directory, path, Libc.AtRemoveDirectory);

    /// <summary>renameat2(2). With <paramref name="replace"/> false an existing target gives EEXIST.</summary>
    public static Errno TryRename(
        SafeFileHandle oldDirectory, ReadOnlySpan<byte> oldPath, SafeFileHandle newDirectory, ReadOnlySpan<byte> newPath, bool replace = true)
    {
        const uint NoReplace = 1;
        var oldName = new CString(oldPath, stackalloc byte[CString.StackSize]);
        var newName = new CString(newPath, stackalloc byte[CString.StackSize]);
        fixed (byte* o = oldName, n = newName)
        {
            return Libc.renameat2(oldDirectory, o, newDirectory, n, replace ? 0 : NoReplace) < 0 ? LastError() : Errno.None;
        }
    }

    /// <inheritdoc cref="TryRename"/>
    public static void Rename(
        SafeFileHandle oldDirectory, ReadOnlySpan<byte> oldPath, SafeFileHandle newDirectory, ReadOnlySpan<byte> newPath, bool replace = true) =>
        Check("rename", newPath, TryRename(oldDirectory, oldPath, newDirectory, newPath, replace));

    /// <summary>fchownat(2), not following a final link; an empty path means the descriptor itself (O_PATH too). It clears setuid bits: set the mode afterwards.</summary>
    public static void ChangeOwner(SafeFileHandle directory, ReadOnlySpan<byte> path, uint user, uint group)
    {
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        fixed (byte* p = name)
        {
            var flags = Libc.AtSymlinkNoFollow | (path.IsEmpty ? Libc.AtEmptyPath : 0);
            Check("chown", path, Libc.fchownat(directory, p, user, group, flags) < 0 ? LastError() : Errno.None);
        }
    }

    /// <summary>fchown(2).</summary>
    public static void ChangeOwner(SafeFileHandle file, uint user, uint group) =>
        Check("chown", default, Libc.fchown(file, user, group) < 0 ? LastError() : Errno.None);

    /// <summary>fchmodat(2). It follows a final link: never call it for one (a link has no mode of its own).</summary>
    public static void ChangeMode(SafeFileHandle directory, ReadOnlySpan<byte> path, uint permissions)
    {
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        fixed (byte* p = name)
        {
            Check("chmod", path, Libc.fchmodat(directory, p, permissions, 0) < 0 ? LastError() : Errno.None);
        }
    }

    /// <summary>fchmod(2).</summary>
    public static void ChangeMode(SafeFileHandle file, uint permissions) =>
        Check("chmod", default, Libc.fchmod(file, permissions) < 0 ? LastError() : Errno.None);

    /// <summary>utimensat(2) of the modification time, not following a final link; the access time stays.</summary>
    public static void ChangeModifiedTime(SafeFileHandle directory, ReadOnlySpan<byte> path, FileTime time)
    {
        var times = stackalloc Libc.Timespec[2];
        times[0] = new Libc.Timespec { Nanoseconds = OmitTime };
        times[1] = new Libc.Timespec { Seconds = time.Seconds, Nanoseconds = time.Nanoseconds };
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        fixed (byte* p = name)
        {
            Check("utimensat", path, Libc.utimensat(directory, p, times, Libc.AtSymlinkNoFollow) < 0 ? LastError() : Errno.None);
        }
    }

    /// <summary>futimens(2) of the modification time of an open file; the access time stays.</summary>
    public static void ChangeModifiedTime(SafeFileHandle file, FileTime time)
    {
        var times = stackalloc Libc.Timespec[2];
        times[0] = new Libc.Timespec { Nanoseconds = OmitTime };
        times[1] = new Libc.Timespec { Seconds = time.Seconds, Nanoseconds = time.Nanoseconds };
        Check("futimens", default, Libc.futimens(file, times) < 0 ? LastError() : Errno.None);
    }

    private static Errno TryRemove(SafeFileHandle directory, ReadOnlySpan<byte> path, int flags)
    {
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        fixed (byte* p = name)
        {
            return Libc.unlinkat(directory, p, flags) < 0 ? LastError() : Errno.None;
        }
    }

    // glibc's makedev: 12 bits of major and 8 of minor in the low half, the rest above.
    private static ulong DeviceNumber((uint Major, uint Minor) device) =>
        ((ulong)(device.Major & 0xfff) << 8) | ((ulong)(device.Major & ~0xfffu) << 32)
        | (device.Minor & 0xff) | ((ulong)(device.Minor & ~0xffu) << 12);

    private static void Check(string operation, ReadOnlySpan<byte> path, Errno errno)
    {
        if (errno != Errno.None)
        {
            throw Failed(operation, path, errno);
        }
    }
}
