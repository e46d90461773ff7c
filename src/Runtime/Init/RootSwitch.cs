using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>The root: from a tree of the host to the only tree that the process sees.</summary>
internal static unsafe class RootSwitch
{
    /// <summary>MS_REC, as part of a propagation.</summary>
    internal const int Recursive = 0x4000;
    private const int Private = 1 << 18;
    private const int Slave = 1 << 19;
    private const int Shared = 1 << 20;

    /// <summary>What happens in this mount namespace must not reach the host's, but for what happens below binds that a spec shares.</summary>
    internal static void StopPropagation(int wanted)
    {
        using var root = OpenHostRoot();
        var propagation = (wanted & (Shared | Private)) != 0 ? wanted & (Shared | Private) : Slave;
        Propagate(root, recursive: true, propagation, "change propagation of /");
        if (propagation == Shared)
        {
            // What is attached on it would be attached on the host's, and pivot_root refuses a shared parent.
            Propagate(root, recursive: false, Private, "make / private");
        }
    }

    /// <summary>
    /// The root's tree, attached on top of the host's "/": nobody resolves a path through it before the pivot, and no
    /// directory of the host is needed as a place.
    /// </summary>
    internal static SafeFileHandle AttachRoot(InitPlan plan)
    {
        var tree = new SafeFileHandle(plan.RootDescriptor, ownsHandle: true);
        if (plan.RootDescriptor < 0)
        {
            tree.Dispose();
            SetupFailure.Check(
                MountCalls.TryOpenTree(FileCalls.CurrentDirectory, plan.RootPath, clone: true, recursive: true, out tree),
                "open the root file system",
                plan.RootPath);
        }

        // pivot_root refuses a shared parent, and the container's mounts concern nobody else.
        Propagate(tree, recursive: true, Private, "make the root private");
        using var place = OpenHostRoot();
        SetupFailure.Check(MountCalls.TryMoveMount(tree, place), "attach the root file system", plan.RootPath);
        return tree;
    }

    /// <summary>pivot_root(2) with both arguments "." (pivot_root(2), NOTES), then the old root goes with all that lay on it.</summary>
    internal static void Enter(SafeFileHandle root, InitPlan plan)
    {
        if (plan.NoPivot)
        {
            ChangeRoot(root);
            return;
        }

        ReadOnlySpan<byte> here = [(byte)'.', 0];
        using var old = OpenHostRoot();
        fixed (byte* dot = here)
        {
            Check(Libc.fchdir(root), "enter the root");
            Check((int)Libc.syscall(SystemCallNumber.PivotRoot, (nint)dot, (nint)dot, 0, 0, 0, 0), "pivot_root");
            Check(Libc.fchdir(old), "enter the old root");
        }

        if ((plan.RootPropagation & Shared) != 0)
        {
            // A shared mount that goes here would go on the host too.
            Propagate(old, recursive: true, Slave, "part the old root from the host's");
        }

        DropHere();
        ChangeDirectory("/"u8);
        RequireNothingOnTop();
    }

    /// <summary>
    /// Unmounts the working directory, the old root. umount(2) takes what lies on top of a directory first, "." too: so as often as
    /// there is something, until the directory itself is in no tree any more.
    /// </summary>
    private static void DropHere()
    {
        SetupFailure.Check(MountCalls.TryUnmount("."u8, lazily: true), "unmount the old root");
        Errno errno;
        do
        {
            errno = MountCalls.TryUnmount("."u8, lazily: true);
        }
        while (errno == Errno.None);
        SetupFailure.Check(errno == Errno.EINVAL ? Errno.None : errno, "unmount the old root");
    }

    /// <summary>".." of "/" is what lies on top of it: the command would find the host's files there.</summary>
    private static void RequireNothingOnTop()
    {
        var root = FileCalls.Status(FileCalls.CurrentDirectory, "/"u8);
        var above = FileCalls.Status(FileCalls.CurrentDirectory, "/.."u8);
        var same = (root.MountId, root.Device, root.Inode) == (above.MountId, above.Device, above.Inode);
        SetupFailure.Check(same ? Errno.None : Errno.EBUSY, "leave the old root");
    }

    /// <summary>chroot(2), for containers without a mount namespace of their own.</summary>
    internal static void ChangeRoot(byte[] path)
    {
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        fixed (byte* p = name)
        {
            Check(Libc.chroot(p), "chroot");
        }

        ChangeDirectory("/"u8);
    }

    /// <summary>The same for a root that is given open: a directory of the host, since without mounts there is nothing else.</summary>
    internal static void ChangeRoot(int descriptor)
    {
        using var root = new SafeFileHandle(descriptor, ownsHandle: true);
        ChangeRoot(root);
    }

    private static void ChangeRoot(SafeFileHandle root)
    {
        ReadOnlySpan<byte> here = [(byte)'.', 0];
        Check(Libc.fchdir(root), "enter the root");
        fixed (byte* dot = here)
        {
            Check(Libc.chroot(dot), "chroot");
        }
    }

    private static void Propagate(SafeFileHandle mount, bool recursive, int propagation, string step) =>
        SetupFailure.Check(
            MountCalls.TrySetAttributes(mount, recursive, MountAttributeFlags.None, MountAttributeFlags.None, (ulong)propagation), step);

    private static SafeFileHandle OpenHostRoot() => FileCalls.Open(FileCalls.CurrentDirectory, "/"u8, OpenFlags.Path | OpenFlags.Directory);

    private static void ChangeDirectory(ReadOnlySpan<byte> path)
    {
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        fixed (byte* p = name)
        {
            Check(Libc.chdir(p), "chdir");
        }
    }

    private static void Check(int result, string step) =>
        SetupFailure.Check(result < 0 ? FileCalls.LastError() : Errno.None, step);
}
