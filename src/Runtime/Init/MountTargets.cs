using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>Finds or makes places inside the container's root, by descriptor and never through a link out of it.</summary>
internal sealed class MountTargets(SafeFileHandle root)
{
    private const ResolveFlags Inside = ResolveFlags.InRoot | ResolveFlags.NoMagicLinks;
    private const ulong ProcMagic = 0x9fa0;

    /// <summary>The place of a mount; a missing one is made as a directory or an empty file.</summary>
    internal SafeFileHandle Open(MountStep mount)
    {
        var path = mount.Destination;
        if (mount.Kind == (int)MountKind.FileSystem && IsKernelInterface(mount.Type))
        {
            // CVE-2023-27561: an image whose /proc is a link must not decide where the real one goes.
            return OpenDirectory(path, ResolveFlags.NoSymbolicLinks);
        }

        var errno = FileCalls.TryOpenResolving(root, path, OpenFlags.Path, 0, Inside, out var target);
        if (errno == Errno.ENOENT)
        {
            target = mount.IsFile ? OpenFile(path) : OpenDirectory(path);
        }
        else
        {
            SetupFailure.Check(errno, "open mount point", path);
        }

        RefuseProc(target, path);
        return target;
    }

    /// <summary>An O_PATH descriptor of what is there; false when it is not.</summary>
    internal bool TryOpen(ReadOnlySpan<byte> path, out SafeFileHandle target)
    {
        var errno = FileCalls.TryOpenResolving(root, path, OpenFlags.Path, 0, Inside, out target);
        if (errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return false;
        }

        SetupFailure.Check(errno, "open", path);
        return true;
    }

    /// <summary>A directory, made with all its parents where missing.</summary>
    internal SafeFileHandle OpenDirectory(ReadOnlySpan<byte> path, ResolveFlags also = ResolveFlags.None)
    {
        const OpenFlags Flags = OpenFlags.Path | OpenFlags.Directory;
        var errno = FileCalls.TryOpenResolving(root, path, Flags, 0, Inside | also, out var directory);
        if (errno != Errno.ENOENT)
        {
            SetupFailure.Check(errno, "open directory", path);
            return directory;
        }

        var (parentPath, name) = Split(path);
        if (name.IsEmpty)
        {
            throw new SetupFailure("open directory", Encoding.UTF8.GetString(path), errno);
        }

        using var parent = OpenDirectory(parentPath, also);
        var made = FileCalls.TryMakeDirectory(parent, name, 0x1ED);
        SetupFailure.Check(made == Errno.EEXIST ? Errno.None : made, "make directory", path);
        SetupFailure.Check(FileCalls.TryOpenResolving(root, path, Flags, 0, Inside | also, out directory), "open directory", path);
        return directory;
    }

    private SafeFileHandle OpenFile(ReadOnlySpan<byte> path)
    {
        var (parentPath, name) = Split(path);
        using var parent = OpenDirectory(parentPath);
        const OpenFlags Flags = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow;
        SetupFailure.Check(FileCalls.TryOpen(parent, name, Flags, 0x1A4, out var file), "make file", path);
        file.Dispose();
        SetupFailure.Check(
            FileCalls.TryOpen(parent, name, OpenFlags.Path | OpenFlags.NoFollow, 0, out file), "open file", path);
        return file;
    }

    // CVE-2019-19921: a mount under /proc could fake or hide what the runtime reads there.
    private static void RefuseProc(SafeFileHandle target, byte[] path)
    {
        if (FileCalls.FileSystemType(target) == ProcMagic && !IsHarmless(path))
        {
            throw new SetupFailure(
                "mount", Encoding.UTF8.GetString(path), Errno.EPERM,
                $"mount {Encoding.UTF8.GetString(path)}: mounts inside /proc are not allowed");
        }
    }

    private static bool IsHarmless(ReadOnlySpan<byte> path) => Encoding.UTF8.GetString(path).TrimEnd('/') is
        "/proc" or "/proc/cpuinfo" or "/proc/diskstats" or "/proc/meminfo" or "/proc/stat" or "/proc/swaps" or "/proc/uptime"
        or "/proc/loadavg" or "/proc/slabinfo" or "/proc/net/dev" or "/proc/sys/kernel/ns_last_pid"
        or "/proc/sys/crypto/fips_enabled" or "/proc/sys/fs/binfmt_misc";

    private static bool IsKernelInterface(ReadOnlySpan<byte> type) => type.SequenceEqual("proc"u8) || type.SequenceEqual("sysfs"u8);

    private static PathParts Split(ReadOnlySpan<byte> path)
    {
        path = path.TrimEnd((byte)'/');
        var slash = path.LastIndexOf((byte)'/');
        return new PathParts(slash <= 0 ? "/"u8 : path[..slash], path[(slash + 1)..]);
    }

    private readonly ref struct PathParts(ReadOnlySpan<byte> parent, ReadOnlySpan<byte> name)
    {
        private readonly ReadOnlySpan<byte> _parent = parent;
        private readonly ReadOnlySpan<byte> _name = name;

        internal void Deconstruct(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
        {
            first = _parent;
            second = _name;
        }
    }
}
