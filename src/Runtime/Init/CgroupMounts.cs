using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>
/// The mount of type <c>cgroup</c>: cgroup2 where the host has only that, else a tmpfs with one mount for each hierarchy of
/// the host (v1 and hybrid). What it shows is decided by the cgroup namespace that init is in.
/// </summary>
internal static class CgroupMounts
{
    private const ulong UnifiedMagic = 0x63677270;

    internal static SafeFileHandle MakeTree(MountStep mount)
    {
        SafeFileHandle tree;
        Errno errno;
        if (IsUnified())
        {
            errno = TreeMaker.TryMakeFileSystem("cgroup2"u8, "cgroup"u8.ToArray(), [], mount.AttributesSet, out tree, out _);
            if (errno is Errno.EPERM or Errno.EBUSY)
            {
                // Without a cgroup namespace of its own a user namespace may only bind it.
                errno = MountCalls.TryOpenTree(FileCalls.CurrentDirectory, "/sys/fs/cgroup"u8, clone: true, recursive: true, out tree);
                errno = errno == Errno.None ? MountCalls.TrySetAttributes(tree, recursive: true, (MountAttributeFlags)mount.AttributesSet) : errno;
            }
        }
        else
        {
            const uint Attributes = (uint)(MountAttributeFlags.NoSetUserId | MountAttributeFlags.NoDevices | MountAttributeFlags.NoExecute);
            errno = TreeMaker.TryMakeFileSystem(
                "tmpfs"u8, "tmpfs"u8.ToArray(), ["mode"u8.ToArray(), "0755"u8.ToArray()], Attributes, out tree, out _);
        }

        SetupFailure.Check(errno, "mount cgroup on", mount.Destination);
        return tree;
    }

    /// <summary>Puts the hierarchies of cgroup v1 into the tmpfs, which is attached by now.</summary>
    internal static void Fill(SafeFileHandle tree, MountStep mount)
    {
        if (IsUnified())
        {
            return;
        }

        foreach (var (name, type, option) in Hierarchies())
        {
            FileCalls.MakeDirectory(tree, name, 0x1ED);
            byte[][] data = option.Length == 0 ? [] : [.. Options(option)];
            if (TreeMaker.TryMakeFileSystem(type, "cgroup"u8.ToArray(), data, mount.AttributesSet, out var hierarchy, out _) != Errno.None)
            {
                continue;
            }

            using (hierarchy)
            using (var place = FileCalls.Open(tree, name, OpenFlags.Path | OpenFlags.Directory))
            {
                SetupFailure.Check(MountCalls.TryMoveMount(hierarchy, place), "mount cgroup", name);
            }
        }

        SetupFailure.Check(
            MountCalls.TrySetAttributes(tree, recursive: false, (MountAttributeFlags)mount.AttributesSet), "set the options of", mount.Destination);
    }

    private static bool IsUnified() =>
        FileCalls.TryOpen(FileCalls.CurrentDirectory, "/sys/fs/cgroup"u8, OpenFlags.Path, 0, out var directory) == Errno.None
        && Consume(directory);

    private static bool Consume(SafeFileHandle directory)
    {
        using (directory)
        {
            return FileCalls.FileSystemType(directory) == UnifiedMagic;
        }
    }

    private static IEnumerable<byte[]> Options(string option)
    {
        foreach (var part in option.Split(','))
        {
            var equals = part.IndexOf('=');
            yield return Encoding.UTF8.GetBytes(equals < 0 ? part : part[..equals]);
            yield return Encoding.UTF8.GetBytes(equals < 0 ? "" : part[(equals + 1)..]);
        }
    }

    // /proc/self/cgroup: "4:memory:/path", "9:name=systemd:/", "0::/".
    private static IEnumerable<(byte[] Name, byte[] Type, string Option)> Hierarchies()
    {
        foreach (var line in (ProcessCalls.ReadText("/proc/self/cgroup") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split(':', 3);
            if (parts.Length < 3)
            {
                continue;
            }

            yield return parts[1].Length == 0
                ? ("unified"u8.ToArray(), "cgroup2"u8.ToArray(), "")
                : (Encoding.UTF8.GetBytes(parts[1].Replace("name=", "", StringComparison.Ordinal)), "cgroup"u8.ToArray(), parts[1]);
        }
    }
}
