using Bld.Builder.Copy;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>
/// A command's mounts where nothing can be mounted, as in a container under the usual filter of system calls: what would be mounted is
/// copied into the root, which is a copy itself, and left out of what the command changes. A cache gets back what became of it. There is
/// no /proc and no /sys; /dev has the six devices that programs count on.
/// </summary>
/// <param name="mounts">In their order.</param>
internal sealed class MountsAsFiles(IReadOnlyList<PreparedMount> mounts) : IDisposable
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
    private const uint AnyoneMayWrite = 0x1B6;
    private const uint AnyoneMayMake = 0x3FF;
    private const uint Executable = 0x1ED;

    private static readonly (string Name, uint Major, uint Minor)[] Devices =
        [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

    private readonly List<(ByteString Target, SafeFileHandle Place, SafeFileHandle Cache)> _caches = [];
    private readonly List<SafeFileHandle> _places = [];

    /// <summary>Whether a command with these settings has to do with it.</summary>
    public static bool AreNeeded(RunSettings settings) => settings.Isolation == IsolationKind.Chroot && !MountCalls.AreAllowed;

    /// <summary>Refuses what can't be had by copying.</summary>
    /// <exception cref="BuildException">A mount is a secret's.</exception>
    public void Check()
    {
        foreach (var mount in mounts)
        {
            if (mount.IsSecret)
            {
                throw new BuildException($"the secret for {mount.Target} would have to be written to a disk, because nothing can be mounted here: use env=NAME in place of target");
            }
        }
    }

    /// <summary>Puts them into a root that is a copy and has the mount points.</summary>
    /// <returns>The paths in it, all links followed, that nothing at or below is the command's.</returns>
    public IReadOnlySet<ByteString> Fill(SafeFileHandle root)
    {
        var covered = new HashSet<ByteString> { ByteString.From("proc"), ByteString.From("sys"), ByteString.From("dev") };
        MakeDevices(root);
        foreach (var mount in mounts)
        {
            var target = RootPath.Resolve(root, ByteString.From(mount.Target)).Full;
            covered.Add(target);
            Put(root, target, mount);
        }

        return covered;
    }

    /// <summary>Gives caches what the command made of them.</summary>
    public void Keep() => _caches.ForEach(static each => CacheCopy.Give(each.Place, each.Cache));

    /// <inheritdoc/>
    public void Dispose() => _places.ForEach(static place => place.Dispose());

    private static void MakeDevices(SafeFileHandle root)
    {
        FileCalls.RemoveTree(root, "dev"u8);
        FileCalls.MakeDirectory(root, "dev"u8, Executable);
        using var directory = FileCalls.Open(root, "dev"u8, DirectoryItself);
        FileCalls.ChangeMode(directory, Executable);
        foreach (var (name, major, minor) in Devices)
        {
            var path = ByteString.From(name);
            var errno = FileCalls.TryMakeNode(directory, path.Span, (uint)FileKind.CharacterDevice | AnyoneMayWrite, (major, minor));
            if (errno != Errno.None)
            {
                throw new BuildException($"nothing can be mounted here, and /dev/{name} can't be made for a command either: mknod: {errno.Describe()} (the container that bld runs in needs CAP_MKNOD, or a filter that allows mounts)");
            }

            FileCalls.ChangeMode(directory, path.Span, AnyoneMayWrite);
        }

        FileCalls.MakeDirectory(directory, "shm"u8, Executable);
        FileCalls.ChangeMode(directory, "shm"u8, AnyoneMayMake);
    }

    // What lies on the way to a mount in a mount is made; the times of a directory that is the image's stay.
    private void Put(SafeFileHandle root, ByteString target, PreparedMount mount)
    {
        using var parent = OpenParent(root, new ByteString(target.DirectoryName));
        var time = FileCalls.Status(parent).ModifiedAt;
        FileCalls.RemoveTree(parent, target.FileName);
        _caches.RemoveAll(each => each.Target.IsAtOrBelow(target));
        if (mount.Content is { } content)
        {
            PutFile(parent, target.FileName, content, mount);
        }
        else if (!mount.IsDirectory)
        {
            Bring(mount.Tree!, parent, target);
        }
        else
        {
            PutDirectory(parent, target, mount);
        }

        FileCalls.ChangeModifiedTime(parent, time);
    }

    private void PutDirectory(SafeFileHandle parent, ByteString target, PreparedMount mount)
    {
        FileCalls.MakeDirectory(parent, target.FileName, Executable);
        var place = FileCalls.Open(parent, target.FileName, DirectoryItself);
        _places.Add(place);
        if (mount.Tree is not { } tree)
        {
            FileCalls.ChangeMode(place, mount.MemoryMode ?? AnyoneMayMake);
        }
        else if (!mount.IsCache)
        {
            using var source = FileCalls.Open(tree, "."u8, DirectoryItself);
            PlainTreeCopy.Copy(source, place);
            Metadata.Copy(source, place);
        }
        else
        {
            CacheCopy.Take(tree, place);
            if (!mount.IsReadOnly)
            {
                _caches.Add((target, place, tree));
            }
        }
    }

    private static void PutFile(SafeFileHandle parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> content, PreparedMount mount)
    {
        using var file = FileCalls.Open(parent, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, 0x180);
        FileCalls.WriteAll(file, content);
        FileCalls.ChangeOwner(file, mount.UserId, mount.GroupId);
        FileCalls.ChangeMode(file, mount.Mode);
    }

    // A socket keeps its listener by a second name.
    private static void Bring(SafeFileHandle file, SafeFileHandle parent, ByteString target)
    {
        if (FileCalls.Status(file).IsRegular)
        {
            using var source = FileCalls.Open($"/proc/self/fd/{file.DangerousGetHandle()}", OpenFlags.ReadOnly);
            PlainTreeCopy.CopyFile(source, parent, target.FileName);
            return;
        }

        var errno = FileCalls.TryMakeHardLinkOf(file, parent, target.FileName);
        if (errno != Errno.None)
        {
            throw new BuildException($"/{target} can't be given to the command, because nothing can be mounted here: link: {errno.Describe()}");
        }
    }

    private static SafeFileHandle OpenParent(SafeFileHandle root, ByteString path)
    {
        var (made, missing) = RootPath.Resolve(root, path);
        foreach (var name in missing)
        {
            made = ByteString.Join(made.Span, name.Span);
            FileCalls.MakeDirectory(root, made.Span, Executable);
            FileCalls.ChangeMode(root, made.Span, Executable);
        }

        return FileCalls.OpenInRoot(root, path.Span, OpenFlags.ReadOnly | OpenFlags.Directory);
    }
}
