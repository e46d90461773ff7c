using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>The nodes and links of /dev. It is opened once, and all work is relative to that descriptor (CVE-2026-41579).</summary>
internal sealed class DeviceMaker(MountTargets targets)
{
    /// <summary>For nodes of the host: they can be written to all the same, but their owner and mode can't be changed.</summary>
    internal const MountAttributeFlags OfTheHost = MountAttributeFlags.ReadOnly | MountAttributeFlags.NoSetUserId | MountAttributeFlags.NoExecute;

    private const uint PermissionBits = 0xFFF;

    internal void Make(DeviceStep[] devices)
    {
        using var directory = targets.OpenDirectory("/dev"u8);
        foreach (var device in devices)
        {
            if (device.Path.AsSpan().StartsWith("/dev/"u8) && !device.Path.AsSpan(5).Contains((byte)'/'))
            {
                Make(device, directory, device.Path.AsSpan(5));
            }
            else
            {
                MakeDeeper(device);
            }
        }

        Link("/proc/self/fd"u8, directory, "fd"u8);
        Link("/proc/self/fd/0"u8, directory, "stdin"u8);
        Link("/proc/self/fd/1"u8, directory, "stdout"u8);
        Link("/proc/self/fd/2"u8, directory, "stderr"u8);
        Link("pts/ptmx"u8, directory, "ptmx"u8);
    }

    private void MakeDeeper(DeviceStep device)
    {
        var slash = device.Path.AsSpan().LastIndexOf((byte)'/');
        using var parent = targets.OpenDirectory(device.Path.AsSpan(0, Math.Max(slash, 1)));
        Make(device, parent, device.Path.AsSpan(slash + 1));
    }

    private static void Make(DeviceStep device, SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        var errno = FileCalls.TryMakeNode(directory, name, device.RawMode, (device.Major, device.Minor));
        if (errno is Errno.EPERM or Errno.EACCES)
        {
            Bind(device, directory, name);
            return;
        }

        SetupFailure.Check(errno == Errno.EEXIST ? Errno.None : errno, "make device", device.Path);
        var status = FileCalls.Status(directory, name);
        const uint KindBits = 0xF000;
        if ((status.RawMode & KindBits) != (device.RawMode & KindBits)
            || ((status.RawMode & KindBits) != (uint)FileKind.Fifo && status.NodeDevice != (device.Major, device.Minor)))
        {
            throw new SetupFailure(
                "make device", Encoding.UTF8.GetString(device.Path), Errno.EEXIST,
                $"make device {Encoding.UTF8.GetString(device.Path)}: something else is there already");
        }

        if (errno == Errno.EEXIST && status.Device != FileCalls.Status(directory).Device)
        {
            // The host's own node, mounted there: its owner and mode are the host's.
            return;
        }

        if (status.UserId != device.User || status.GroupId != device.Group)
        {
            FileCalls.ChangeOwner(directory, name, device.User, device.Group);
        }

        if (status.Permissions != (device.RawMode & PermissionBits))
        {
            FileCalls.ChangeMode(directory, name, device.RawMode & PermissionBits);
        }
    }

    // A user namespace can't make nodes, but may use those of the host.
    private static void Bind(DeviceStep device, SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        SetupFailure.Check(
            MountCalls.TryOpenTree(FileCalls.CurrentDirectory, device.Path, clone: true, recursive: false, out var tree),
            "bind device", device.Path);
        using (tree)
        {
            SetupFailure.Check(MountCalls.TrySetAttributes(tree, recursive: false, OfTheHost), "bind device", device.Path);
            const OpenFlags Flags = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow;
            if (FileCalls.TryOpen(directory, name, Flags, 0x1B6, out var made) == Errno.None)
            {
                made.Dispose();
            }

            using var place = FileCalls.Open(directory, name, OpenFlags.Path | OpenFlags.NoFollow);
            SetupFailure.Check(MountCalls.TryMoveMount(tree, place), "bind device", device.Path);
        }
    }

    private static void Link(ReadOnlySpan<byte> text, SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        var errno = FileCalls.TryMakeSymbolicLink(text, directory, name);
        SetupFailure.Check(errno is Errno.EEXIST or Errno.EROFS ? Errno.None : errno, "make link /dev/", name);
    }
}
