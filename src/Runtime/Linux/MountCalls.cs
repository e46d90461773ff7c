using System.Text;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>Attributes of a mount (MOUNT_ATTR_*).</summary>
[Flags]
public enum MountAttributeFlags
{
    None = 0,
    ReadOnly = 0x1,
    NoSetUserId = 0x2,
    NoDevices = 0x4,
    NoExecute = 0x8,
    NoAccessTime = 0x10,
    StrictAccessTime = 0x20,
    NoDirectoryAccessTime = 0x80,
    IdMapped = 0x100000,
    NoSymbolicLinks = 0x200000,
}

/// <summary>
/// The new mount API (Linux 5.2, mount_setattr 5.12): a mount is a descriptor first, and has a place in the tree only if
/// somebody moves it there. A mount that was never moved ends with its last descriptor, so a killed process leaves none.
/// </summary>
public static unsafe class MountCalls
{
    /// <summary>Whether this process may make mounts. In most containers it has not the right, or a filter forbids it.</summary>
    public static bool AreAllowed => Found.Allowed;

    /// <summary>fsopen(2): a configuration context of a file system type.</summary>
    public static Errno TryOpenFileSystem(ReadOnlySpan<byte> type, out SafeFileHandle context)
    {
        const int CloseOnExec = 1;
        var name = new CString(type, stackalloc byte[CString.StackSize]);
        fixed (byte* n = name)
        {
            return Take(Libc.syscall(SystemCallNumber.FsOpen, (nint)n, CloseOnExec, 0, 0, 0, 0), out context);
        }
    }

    /// <summary>fsconfig(2) FSCONFIG_SET_STRING (or SET_FLAG when <paramref name="value"/> is empty).</summary>
    public static Errno TrySetOption(SafeFileHandle context, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        const int SetFlag = 0;
        const int SetString = 1;
        var k = new CString(key, stackalloc byte[CString.StackSize]);
        var v = new CString(value, stackalloc byte[CString.StackSize]);
        fixed (byte* kp = k, vp = v)
        {
            var command = value.IsEmpty ? SetFlag : SetString;
            var result = Libc.syscall(
                SystemCallNumber.FsConfig, Number(context), command, (nint)kp, value.IsEmpty ? 0 : (nint)vp, 0, 0);
            return result < 0 ? FileCalls.LastError() : Errno.None;
        }
    }

    /// <summary>fsconfig(2) FSCONFIG_SET_FD: an option whose value is an open file (Linux 6.13 for overlay's layers).</summary>
    public static Errno TrySetOption(SafeFileHandle context, ReadOnlySpan<byte> key, SafeFileHandle value)
    {
        const int SetDescriptor = 5;
        var k = new CString(key, stackalloc byte[CString.StackSize]);
        fixed (byte* kp = k)
        {
            var result = Libc.syscall(SystemCallNumber.FsConfig, Number(context), SetDescriptor, (nint)kp, 0, Number(value), 0);
            return result < 0 ? FileCalls.LastError() : Errno.None;
        }
    }

    /// <summary>fsconfig(2) FSCONFIG_CMD_CREATE, then fsmount(2): a detached mount.</summary>
    public static Errno TryCreateMount(SafeFileHandle context, MountAttributeFlags attributes, out SafeFileHandle mount)
    {
        const int Create = 6;
        const int CloseOnExec = 1;
        if (Libc.syscall(SystemCallNumber.FsConfig, Number(context), Create, 0, 0, 0, 0) < 0)
        {
            mount = new SafeFileHandle();
            return FileCalls.LastError();
        }

        return Take(Libc.syscall(SystemCallNumber.FsMount, Number(context), CloseOnExec, (nint)attributes, 0, 0, 0), out mount);
    }

    /// <summary>The kernel's own words about what a context refused (one message a read, after a letter for its level), empty when it has none.</summary>
    public static string ReadMessage(SafeFileHandle context)
    {
        const int LevelLength = 2;
        Span<byte> buffer = stackalloc byte[1024];
        fixed (byte* b = buffer)
        {
            var length = Libc.read(context, b, (nuint)buffer.Length);
            return length <= LevelLength ? "" : Encoding.UTF8.GetString(buffer[LevelLength..(int)length]).Trim();
        }
    }

    /// <summary>open_tree(2): a descriptor of a mount, or with <paramref name="clone"/> of a detached copy of it (a bind mount).</summary>
    public static Errno TryOpenTree(SafeFileHandle directory, ReadOnlySpan<byte> path, bool clone, bool recursive, out SafeFileHandle tree)
    {
        const int Clone = 1;
        const int Recursive = 0x8000;
        var flags = 0x80000 | (clone ? Clone : 0) | (recursive ? Recursive : 0) | (path.IsEmpty ? Libc.AtEmptyPath : 0);
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        fixed (byte* n = name)
        {
            return Take(Libc.syscall(SystemCallNumber.OpenTree, Number(directory), (nint)n, flags, 0, 0, 0), out tree);
        }
    }

    /// <summary>move_mount(2) of a detached mount onto an open directory or file.</summary>
    public static Errno TryMoveMount(SafeFileHandle mount, SafeFileHandle target)
    {
        const int BothEmpty = 0x4 | 0x40;
        ReadOnlySpan<byte> empty = [0];
        fixed (byte* e = empty)
        {
            var result = Libc.syscall(SystemCallNumber.MoveMount, Number(mount), (nint)e, Number(target), (nint)e, BothEmpty, 0);
            return result < 0 ? FileCalls.LastError() : Errno.None;
        }
    }

    /// <summary>mount_setattr(2) on a mount's descriptor.</summary>
    public static Errno TrySetAttributes(
        SafeFileHandle mount, bool recursive, MountAttributeFlags set, MountAttributeFlags clear = MountAttributeFlags.None, ulong propagation = 0)
    {
        var attributes = new Libc.MountAttributes { Set = (ulong)set, Clear = (ulong)clear, Propagation = propagation };
        ReadOnlySpan<byte> empty = [0];
        fixed (byte* e = empty)
        {
            var flags = Libc.AtEmptyPath | (recursive ? 0x8000 : 0);
            var result = Libc.syscall(
                SystemCallNumber.MountSetAttr, Number(mount), (nint)e, flags, (nint)(&attributes), sizeof(Libc.MountAttributes), 0);
            return result < 0 ? FileCalls.LastError() : Errno.None;
        }
    }

    /// <summary>mount_setattr(2) MOUNT_ATTR_IDMAP: the tree's ids go through a user namespace's mappings.</summary>
    public static Errno TrySetIdMap(SafeFileHandle mount, bool recursive, SafeFileHandle userNamespace)
    {
        var attributes = new Libc.MountAttributes
        {
            Set = (ulong)MountAttributeFlags.IdMapped,
            UserNamespace = (ulong)userNamespace.DangerousGetHandle(),
        };
        ReadOnlySpan<byte> empty = [0];
        fixed (byte* e = empty)
        {
            var flags = Libc.AtEmptyPath | (recursive ? 0x8000 : 0);
            var result = Libc.syscall(
                SystemCallNumber.MountSetAttr, Number(mount), (nint)e, flags, (nint)(&attributes), sizeof(Libc.MountAttributes), 0);
            return result < 0 ? FileCalls.LastError() : Errno.None;
        }
    }

    /// <summary>mount(2), the old call.</summary>
    public static Errno TryMount(
        ReadOnlySpan<byte> source, ReadOnlySpan<byte> target, ReadOnlySpan<byte> type, ulong flags, ReadOnlySpan<byte> data)
    {
        var s = new CString(source, stackalloc byte[CString.StackSize]);
        var t = new CString(target, stackalloc byte[CString.StackSize]);
        var y = new CString(type, stackalloc byte[CString.StackSize]);
        var d = new CString(data, stackalloc byte[CString.StackSize]);
        fixed (byte* sp = s, tp = t, yp = y, dp = d)
        {
            return Libc.mount(sp, tp, yp, (nuint)flags, data.IsEmpty ? null : dp) < 0 ? FileCalls.LastError() : Errno.None;
        }
    }

    /// <summary>umount2(2); lazily means MNT_DETACH. A final link is never followed.</summary>
    public static Errno TryUnmount(ReadOnlySpan<byte> target, bool lazily)
    {
        const int Detach = 2;
        const int NoFollow = 8;
        var t = new CString(target, stackalloc byte[CString.StackSize]);
        fixed (byte* tp = t)
        {
            return Libc.umount2(tp, NoFollow | (lazily ? Detach : 0)) < 0 ? FileCalls.LastError() : Errno.None;
        }
    }

    private static nint Number(SafeFileHandle handle) => handle.DangerousGetHandle();

    // Asked once, whichever thread comes first.
    private static class Found
    {
        internal static readonly bool Allowed = Probe();

        private static bool Probe()
        {
            var errno = TryOpenTree(FileCalls.CurrentDirectory, "/"u8, clone: true, recursive: false, out var tree);
            tree.Dispose();
            return errno is not (Errno.EPERM or Errno.ENOSYS);
        }
    }

    private static Errno Take(nint descriptor, out SafeFileHandle handle)
    {
        handle = descriptor < 0 ? new SafeFileHandle() : new SafeFileHandle(descriptor, ownsHandle: true);
        return descriptor < 0 ? FileCalls.LastError() : Errno.None;
    }
}
