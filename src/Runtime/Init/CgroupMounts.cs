using System.Text;

using Bld.Runtime.Cgroups;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>
/// The mount of type <c>cgroup</c>: cgroup2 where the host has only that, else a tmpfs with one mount for each hierarchy of
/// the host (v1 and hybrid). What it shows is decided by the cgroup namespace that init is in.
/// </summary>
internal static class CgroupMounts
{
    internal static SafeFileHandle MakeTree(MountStep mount)
    {
        SafeFileHandle tree;
        Errno errno;
        if (CgroupHost.IsUnified())
        {
            errno = TryShowUnified((MountAttributeFlags)mount.AttributesSet, out tree);
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

    private static Errno TryShowUnified(MountAttributeFlags attributes, out SafeFileHandle tree)
    {
        // Without a cgroup namespace of its own a container sees what the host sees. To mount that anew waits for all processors to pass a
        // quiet point (Linux 6.18: 10 ms); to bind it doesn't.
        if (attributes.HasFlag(MountAttributeFlags.ReadOnly) && CgroupHost.OwnUnified() is { } own and not "/" && TryBind(attributes, out tree) == Errno.None)
        {
            return Errno.None;
        }

        var errno = TreeMaker.TryMakeFileSystem("cgroup2"u8, "cgroup"u8.ToArray(), [], (uint)attributes, out tree, out _);

        // Without that namespace a user namespace may only bind it.
        return errno is Errno.EPERM or Errno.EBUSY ? TryBind(attributes, out tree) : errno;
    }

    private static Errno TryBind(MountAttributeFlags attributes, out SafeFileHandle tree)
    {
        var errno = MountCalls.TryOpenTree(FileCalls.CurrentDirectory, "/sys/fs/cgroup"u8, clone: true, recursive: true, out tree);
        return errno == Errno.None ? MountCalls.TrySetAttributes(tree, recursive: true, attributes) : errno;
    }

    /// <summary>Puts the hierarchies of cgroup v1 into the tmpfs, which is attached by now.</summary>
    internal static void Fill(SafeFileHandle tree, MountStep mount)
    {
        if (CgroupHost.IsUnified())
        {
            return;
        }

        foreach (var place in CgroupHost.All())
        {
            var name = Encoding.UTF8.GetBytes(place.Mount[(place.Mount.LastIndexOf('/') + 1)..]);
            if (FileCalls.TryMakeDirectory(tree, name, 0x1ED) != Errno.None || TryShow(place, mount.AttributesSet, out var hierarchy) != Errno.None)
            {
                continue;
            }

            using (hierarchy)
            using (var spot = FileCalls.Open(tree, name, OpenFlags.Path | OpenFlags.Directory))
            {
                SetupFailure.Check(MountCalls.TryMoveMount(hierarchy, spot), "mount cgroup", name);
            }
        }

        SetupFailure.Check(
            MountCalls.TrySetAttributes(tree, recursive: false, (MountAttributeFlags)mount.AttributesSet), "set the options of", mount.Destination);
    }

    // In a cgroup namespace of its own a container's cgroup is the root of a new mount. Without one it sees only its own
    // directory of the host's hierarchy, at the same place.
    private static Errno TryShow(CgroupPlace place, uint attributes, out SafeFileHandle tree)
    {
        if (place.Own == "/")
        {
            var type = place.IsUnified ? "cgroup2"u8 : "cgroup"u8;
            byte[][] data = [.. place.Names.SelectMany(Option)];
            if (TreeMaker.TryMakeFileSystem(type, "cgroup"u8.ToArray(), data, attributes, out tree, out _) == Errno.None)
            {
                return Errno.None;
            }
        }

        var path = Encoding.UTF8.GetBytes(place.Own == "/" ? place.Mount : place.Mount + place.Own);
        var errno = MountCalls.TryOpenTree(FileCalls.CurrentDirectory, path, clone: true, recursive: false, out tree);
        return errno == Errno.None ? MountCalls.TrySetAttributes(tree, recursive: false, (MountAttributeFlags)attributes) : errno;
    }

    private static IEnumerable<byte[]> Option(string option)
    {
        var equals = option.IndexOf('=', StringComparison.Ordinal);
        yield return Encoding.UTF8.GetBytes(equals < 0 ? option : option[..equals]);
        yield return Encoding.UTF8.GetBytes(equals < 0 ? "" : option[(equals + 1)..]);
    }
}
