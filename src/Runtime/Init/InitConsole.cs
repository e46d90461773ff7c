using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>
/// The command's terminal: a new pair of the container's own devpts. Its other end goes to the caller through the console
/// socket; the slave comes from TIOCGPTPEER and not from a path that the image could fake (CVE-2025-52565).
/// </summary>
internal static unsafe class InitConsole
{
    private const nuint SetControllingTerminal = 0x540E;

    internal static void Attach(ProcessStep process, bool ownMounts)
    {
        if (!process.Terminal)
        {
            _ = Libc.setsid();
            return;
        }

        using var master = OpenMaster();
        using var slave = OpenSlave(master);
        Resize(process, slave);
        _ = Libc.fchown(slave, process.User, uint.MaxValue);
        if (ownMounts)
        {
            BindConsole(slave);
        }

        if (process.ConsoleDescriptor >= 0)
        {
            using var socket = new SafeFileHandle(process.ConsoleDescriptor, ownsHandle: true);
            SocketCalls.SendDescriptor(socket, master, "/dev/ptmx"u8);
        }

        _ = Libc.setsid();
        for (var number = 0; number < 3; number++)
        {
            if (Libc.dup3((int)slave.DangerousGetHandle(), number, 0) < 0)
            {
                throw FileCalls.Failed("dup terminal", default, FileCalls.LastError());
            }
        }

        using var input = new SafeFileHandle(0, ownsHandle: false);
        if (Libc.ioctl(input, SetControllingTerminal, 0) < 0)
        {
            throw FileCalls.Failed("set controlling terminal", default, FileCalls.LastError());
        }
    }

    private static SafeFileHandle OpenMaster()
    {
        const ulong DevPtsMagic = 0x1cd1;
        var master = FileCalls.Open(FileCalls.CurrentDirectory, "/dev/pts/ptmx"u8, OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal | OpenFlags.NoFollow);
        var status = FileCalls.Status(master);
        return FileCalls.FileSystemType(master) == DevPtsMagic && status.Inode == 2 && status.NodeDevice == (5, 2)
            ? master
            : throw new SetupFailure("open terminal", "/dev/pts/ptmx", Errno.ENODEV, "open terminal: /dev/pts/ptmx is not a terminal multiplexer");
    }

    private static SafeFileHandle OpenSlave(SafeFileHandle master)
    {
        const nuint GetPeer = 0x5441;
        const nuint LockSlave = 0x40045431;
        const int ReadWriteNoTerminal = 2 | 0x100 | 0x80000;
        var unlocked = 0;
        _ = Libc.ioctl(master, LockSlave, (nint)(&unlocked));
        var slave = Libc.ioctl(master, GetPeer, ReadWriteNoTerminal);
        return slave >= 0 ? new SafeFileHandle(slave, ownsHandle: true) : throw FileCalls.Failed("open terminal", default, FileCalls.LastError());
    }

    private static void Resize(ProcessStep process, SafeFileHandle slave)
    {
        const nuint SetWindowSize = 0x5414;
        if (process.ConsoleHeight > 0 && process.ConsoleWidth > 0)
        {
            var size = stackalloc ushort[4] { (ushort)process.ConsoleHeight, (ushort)process.ConsoleWidth, 0, 0 };
            _ = Libc.ioctl(slave, SetWindowSize, (nint)size);
        }
    }

    // /dev/console shows the terminal; made without following a link, bound by descriptor.
    private static void BindConsole(SafeFileHandle slave)
    {
        using var root = FileCalls.Open(FileCalls.CurrentDirectory, "/"u8, OpenFlags.Path | OpenFlags.Directory);
        if (FileCalls.TryOpenResolving(root, "dev"u8, OpenFlags.Path | OpenFlags.Directory, 0, ResolveFlags.InRoot | ResolveFlags.NoSymbolicLinks, out var devices) != Errno.None)
        {
            return;
        }

        using (devices)
        {
            const OpenFlags Make = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow;
            if (FileCalls.TryOpen(devices, "console"u8, Make, 0x180, out var made) == Errno.None)
            {
                made.Dispose();
            }

            if (FileCalls.TryOpen(devices, "console"u8, OpenFlags.Path | OpenFlags.NoFollow, 0, out var place) != Errno.None)
            {
                return;
            }

            using (place)
            {
                if (MountCalls.TryOpenTree(slave, default, clone: true, recursive: false, out var tree) == Errno.None)
                {
                    using (tree)
                    {
                        _ = MountCalls.TryMoveMount(tree, place);
                    }
                }
            }
        }
    }
}
