using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>Turns a <see cref="MountStep"/> into a detached tree with its flags already on it.</summary>
internal sealed class TreeMaker
{
    private SafeFileHandle? _memory;
    private int _contents;

    /// <summary>To be called before the root is attached: what comes later would lie on top of it.</summary>
    internal void Prepare(MountStep[] mounts)
    {
        if (Array.Exists(mounts, static mount => mount.Kind == (int)MountKind.Content))
        {
            _memory = MakeMemory();
        }
    }

    internal SafeFileHandle Make(MountStep mount)
    {
        var tree = (MountKind)mount.Kind switch
        {
            MountKind.Bind => Clone(mount),
            MountKind.Tree => new SafeFileHandle(mount.Descriptor, ownsHandle: true),
            MountKind.Content => Contain(mount),
            MountKind.Cgroups => CgroupMounts.MakeTree(mount),
            _ => MakeFileSystem(mount),
        };
        if (mount.Kind != (int)MountKind.Cgroups)
        {
            SetFlags(mount, tree);
        }

        return tree;
    }

    internal static Errno TryMakeFileSystem(ReadOnlySpan<byte> type, byte[] source, byte[][] data, uint attributes, out SafeFileHandle tree, out string why)
    {
        why = "";
        tree = new SafeFileHandle();
        var errno = MountCalls.TryOpenFileSystem(type, out var context);
        if (errno != Errno.None)
        {
            return errno;
        }

        using (context)
        {
            errno = source.Length > 0 ? MountCalls.TrySetOption(context, "source"u8, source.AsSpan()) : Errno.None;
            for (var i = 0; errno == Errno.None && i < data.Length; i += 2)
            {
                errno = MountCalls.TrySetOption(context, data[i], data[i + 1].AsSpan());
            }

            if (errno == Errno.None)
            {
                errno = MountCalls.TryCreateMount(context, (MountAttributeFlags)attributes, out tree);
            }

            why = errno == Errno.None ? "" : MountCalls.ReadMessage(context);
            return errno;
        }
    }

    private static SafeFileHandle MakeFileSystem(MountStep mount)
    {
        var errno = TryMakeFileSystem(mount.Type, mount.Source, mount.Data, mount.AttributesSet, out var tree, out var why);
        if (errno == Errno.EINVAL && mount.Type.AsSpan().SequenceEqual("devpts"u8))
        {
            // gid=5 means tty, and has no meaning in a user namespace that does not map it.
            errno = TryMakeFileSystem(mount.Type, mount.Source, WithoutGroup(mount.Data), mount.AttributesSet, out tree, out why);
        }

        if (errno == Errno.EPERM && mount.Type.AsSpan().SequenceEqual("sysfs"u8))
        {
            // sysfs belongs to the network namespace; without one of our own, the host's can only be bound.
            errno = MountCalls.TryOpenTree(FileCalls.CurrentDirectory, "/sys"u8, clone: true, recursive: true, out tree);
            mount.RecursiveSet |= (uint)MountAttributeFlags.ReadOnly;
        }

        return errno == Errno.None
            ? tree
            : throw new SetupFailure(
                $"mount {Encoding.UTF8.GetString(mount.Type)} on", Encoding.UTF8.GetString(mount.Destination), errno,
                why.Length == 0
                    ? ""
                    : $"mount {Encoding.UTF8.GetString(mount.Type)} on {Encoding.UTF8.GetString(mount.Destination)}: {errno.Describe()} ({why})");
    }

    private static SafeFileHandle Clone(MountStep mount)
    {
        SetupFailure.Check(
            MountCalls.TryOpenTree(FileCalls.CurrentDirectory, mount.Source, clone: true, mount.Recursive, out var tree),
            "bind", mount.Source);
        return tree;
    }

    // A file can be bound only from a mount of this namespace, so the memory has a place for the moment: on top of "/",
    // below the root that is attached next. It goes with the old root; the bound files keep it alive.
    private SafeFileHandle Contain(MountStep mount)
    {
        var name = Encoding.ASCII.GetBytes($"{_contents++}");
        using (var file = FileCalls.Open(_memory!, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, mount.Mode))
        {
            FileCalls.WriteAll(file, mount.Content);
            FileCalls.ChangeOwner(file, mount.User, mount.Group);
            FileCalls.ChangeMode(file, mount.Mode);
        }

        SetupFailure.Check(
            MountCalls.TryOpenTree(_memory!, name, clone: true, recursive: false, out var tree), "bind content for", mount.Destination);
        return tree;
    }

    private static SafeFileHandle MakeMemory()
    {
        const uint Attributes = (uint)(MountAttributeFlags.NoSetUserId | MountAttributeFlags.NoDevices);
        SetupFailure.Check(
            TryMakeFileSystem("tmpfs"u8, "bld"u8.ToArray(), ["mode"u8.ToArray(), "0755"u8.ToArray()], Attributes, out var memory, out _),
            "mount tmpfs for files in memory");
        using var place = FileCalls.Open(FileCalls.CurrentDirectory, "/"u8, OpenFlags.Path | OpenFlags.Directory);
        SetupFailure.Check(MountCalls.TryMoveMount(memory, place), "attach tmpfs for files in memory");
        return memory;
    }

    private static void SetFlags(MountStep mount, SafeFileHandle tree)
    {
        if (mount.IdMapDescriptor >= 0)
        {
            using var users = new SafeFileHandle(mount.IdMapDescriptor, ownsHandle: true);
            SetupFailure.Check(
                MountCalls.TrySetIdMap(tree, mount.IdMapRecursive, users), "map the ids of", mount.Destination);
        }

        if (mount.RecursiveSet != 0 || mount.RecursiveCleared != 0)
        {
            SetFlags(mount, tree, recursive: true, mount.RecursiveSet, mount.RecursiveCleared);
        }

        if (mount.Kind != (int)MountKind.FileSystem && (mount.AttributesSet != 0 || mount.AttributesCleared != 0))
        {
            SetFlags(mount, tree, recursive: false, mount.AttributesSet, mount.AttributesCleared);
        }

        if (mount.Propagation != 0)
        {
            SetupFailure.Check(
                MountCalls.TrySetAttributes(
                    tree, mount.RecursivePropagation, MountAttributeFlags.None, MountAttributeFlags.None, (ulong)mount.Propagation),
                "change propagation of", mount.Destination);
        }
    }

    private static void SetFlags(MountStep mount, SafeFileHandle tree, bool recursive, uint set, uint cleared)
    {
        // The times of access are one field, to be cleared as a whole before one of its values is set.
        const uint AccessTimes = 0x70;
        cleared |= ((set | cleared) & AccessTimes) != 0 ? AccessTimes : 0;
        SetupFailure.Check(
            MountCalls.TrySetAttributes(tree, recursive, (MountAttributeFlags)set, (MountAttributeFlags)cleared),
            "set the options of", mount.Destination);
    }

    private static byte[][] WithoutGroup(byte[][] data)
    {
        var kept = new List<byte[]>();
        for (var i = 0; i < data.Length; i += 2)
        {
            if (!data[i].AsSpan().SequenceEqual("gid"u8))
            {
                kept.Add(data[i]);
                kept.Add(data[i + 1]);
            }
        }

        return [.. kept];
    }
}
