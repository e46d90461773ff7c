using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Layers;

/// <summary>
/// Makes files of an archive's entries in a snapshot's directory, with as few calls for each as their metadata allow. What an entry
/// finds in its place is replaced, except a directory by a directory. Directories get their setgid bits and times at the end
/// (<see cref="FinishDirectories"/>): the one would be inherited by what is made in them, the other changed by it.
/// </summary>
internal sealed class TreeWriter : IDisposable
{
    private const OpenFlags NewFile = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow;
    private const uint SetGroupId = 0x400;

    private readonly SafeFileHandle _root;
    private readonly Dictionary<ByteString, PendingDirectory> _pending = [];
    private readonly Ownership _ownership;

    /// <param name="root">The snapshot's directory.</param>
    /// <param name="missing">Makes a directory that an entry's path needs.</param>
    internal TreeWriter(SafeFileHandle root, UpperDirectories.Maker missing)
    {
        _root = root;
        _ownership = Ownership.Of(root);
        Directories = new UpperDirectories(root, missing);
    }

    internal UpperDirectories Directories { get; }

    /// <summary>Makes an entry of any kind but a hard link. True when it took the place of a whiteout.</summary>
    internal bool Create(ByteString path, TarEntry entry, TarReader content)
    {
        if (path.IsEmpty)
        {
            SetRoot(entry);
            return false;
        }

        var directory = Directories.Open(path.DirectoryName);
        var errno = TryCreate(directory, path, entry, content);
        if (errno != Errno.EEXIST)
        {
            Check(errno, path);
            return false;
        }

        var replaced = Remove(path);
        Check(TryCreate(Directories.Open(path.DirectoryName), path, entry, content), path);
        return replaced.IsOverlayWhiteout;
    }

    /// <summary>Makes a hard link to another path of this tree; ENOENT when that is not there.</summary>
    internal Errno TryLink(ByteString path, ByteString target)
    {
        // Opened by its own way: the chain of open directories belongs to the new name.
        const ResolveFlags Plainly = ResolveFlags.Beneath | ResolveFlags.NoSymbolicLinks | ResolveFlags.NoMagicLinks;
        var parent = new ByteString(target.DirectoryName);
        var errno = FileCalls.TryOpenResolving(_root, parent.Span, OpenFlags.Path | OpenFlags.Directory, 0, Plainly, out var from);
        using (from)
        {
            if (errno != Errno.None)
            {
                return errno is Errno.ENOTDIR ? Errno.ENOENT : errno;
            }

            if (FileCalls.TryStatus(from, target.FileName, out var status) is var found && found != Errno.None)
            {
                return found;
            }

            if (status.IsDirectory)
            {
                return Errno.EISDIR;
            }

            if (status.IsOverlayWhiteout)
            {
                return Errno.ENOENT;
            }

            errno = FileCalls.TryMakeHardLink(from, target.FileName, Directories.Open(path.DirectoryName), path.FileName);
            if (errno == Errno.EEXIST && path != target)
            {
                Remove(path);
                errno = FileCalls.TryMakeHardLink(from, target.FileName, Directories.Open(path.DirectoryName), path.FileName);
            }

            return path == target ? Errno.None : errno;
        }
    }

    /// <summary>Remembers what a directory shall be when all is made.</summary>
    internal void FinishLater(ByteString path, FileTime modifiedAt, uint mode = 0) =>
        _pending[path] = new PendingDirectory(modifiedAt, (mode & SetGroupId) != 0 ? mode : 0);

    /// <summary>Removes a name with all below it; its status says what it was.</summary>
    internal FileStatus Remove(ByteString path)
    {
        var parent = Directories.Open(path.DirectoryName);
        var status = FileCalls.Status(parent, path.FileName);
        if (!status.IsDirectory)
        {
            Check(FileCalls.TryUnlink(parent, path.FileName), path);
            return status;
        }

        FileCalls.RemoveTree(parent, path.FileName);
        Directories.Reset();
        foreach (var gone in _pending.Keys.Where(key => key.IsAtOrBelow(path)).ToList())
        {
            _pending.Remove(gone);
        }

        return status;
    }

    /// <summary>Owner, attributes and mode of a directory that has just been made or is written anew.</summary>
    internal void SetDirectory(SafeFileHandle parent, ByteString path, TarEntry entry)
    {
        FileCalls.ChangeOwner(parent, path.FileName, entry.UserId, entry.GroupId);
        FileCalls.ChangeMode(parent, path.FileName, entry.Mode & ~SetGroupId);
        if (entry.Attributes.Count > 0)
        {
            using var directory = FileCalls.Open(parent, path.FileName, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
            SetAttributes(directory, entry);
        }

        FinishLater(path, entry.ModifiedAt, entry.Mode);
    }

    /// <summary>Gives a directory that has just been made what another one has: a directory of a lower layer is repeated so.</summary>
    internal void Repeat(SafeFileHandle parent, ByteString path, SafeFileHandle lower)
    {
        var status = FileCalls.Status(lower);
        using var upper = FileCalls.Open(parent, path.FileName, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        FileCalls.ChangeOwner(upper, status.UserId, status.GroupId);
        Metadata.CopyAttributes(lower, upper);
        FileCalls.ChangeMode(upper, status.Permissions & ~SetGroupId);
        FinishLater(path, status.ModifiedAt, status.Permissions);
    }

    /// <summary>Sets what was put off. Parents come before what is in them, which matters to neither.</summary>
    internal void FinishDirectories()
    {
        foreach (var (path, pending) in _pending.OrderBy(static pair => pair.Key))
        {
            if (path.IsEmpty)
            {
                if (pending.Mode != 0)
                {
                    FileCalls.ChangeMode(_root, pending.Mode);
                }

                FileCalls.ChangeModifiedTime(_root, pending.ModifiedAt);
                continue;
            }

            var parent = Directories.Open(path.DirectoryName);
            if (pending.Mode != 0)
            {
                FileCalls.ChangeMode(parent, path.FileName, pending.Mode);
            }

            FileCalls.ChangeModifiedTime(parent, path.FileName, pending.ModifiedAt);
        }

        _pending.Clear();
    }

    public void Dispose() => Directories.Dispose();

    private void SetRoot(TarEntry entry)
    {
        if (entry.Kind != TarKind.Directory)
        {
            throw EntryPath.Refused(entry.Name.ToString(), "only a directory can be the root");
        }

        FileCalls.ChangeOwner(_root, entry.UserId, entry.GroupId);
        FileCalls.ChangeMode(_root, entry.Mode & ~SetGroupId);
        SetAttributes(_root, entry);
        FinishLater(default, entry.ModifiedAt, entry.Mode);
    }

    private Errno TryCreate(SafeFileHandle directory, ByteString path, TarEntry entry, TarReader content)
    {
        var name = path.FileName;
        switch (entry.Kind)
        {
            case TarKind.File:
                return TryCreateFile(directory, name, entry, content);
            case TarKind.Directory:
                return TryCreateDirectory(directory, path, entry);
            case TarKind.SymbolicLink:
                return FileCalls.TryMakeSymbolicLink(entry.LinkName.Span, directory, name) is var linked && linked != Errno.None
                    ? linked
                    : Finish(directory, name, entry);
            default:
                var device = FileCalls.TryMakeNode(directory, name, RawKind(entry.Kind) | _ownership.CreationMode(entry), entry.Device);
                return device switch
                {
                    Errno.None => Finish(directory, name, entry),

                    // A user namespace has no devices to give; containers get theirs from the runtime.
                    Errno.EPERM when OverlayMarks.InUserNamespace => Errno.None,
                    _ => device,
                };
        }
    }

    private Errno TryCreateFile(SafeFileHandle directory, ReadOnlySpan<byte> name, TarEntry entry, TarReader content)
    {
        var errno = FileCalls.TryOpen(directory, name, NewFile, _ownership.CreationMode(entry), out var file);
        using (file)
        {
            if (errno != Errno.None)
            {
                return errno;
            }

            FileContent.Write(file, entry, content);
            if (_ownership.NeedsChange(entry))
            {
                FileCalls.ChangeOwner(file, entry.UserId, entry.GroupId);
            }

            // Writing and chown(2) take capabilities away, chown the setuid bit: so this order.
            SetAttributes(file, entry);
            if (_ownership.NeedsMode(entry))
            {
                FileCalls.ChangeMode(file, entry.Mode);
            }

            FileCalls.ChangeModifiedTime(file, entry.ModifiedAt);
            return Errno.None;
        }
    }

    private Errno TryCreateDirectory(SafeFileHandle parent, ByteString path, TarEntry entry)
    {
        var errno = FileCalls.TryMakeDirectory(parent, path.FileName, 0x1C0);
        if (errno == Errno.EEXIST && FileCalls.Status(parent, path.FileName).IsDirectory)
        {
            errno = Errno.None;
        }

        if (errno == Errno.None)
        {
            SetDirectory(parent, path, entry);
        }

        return errno;
    }

    // Symbolic links have no mode; devices and fifos get theirs where mknod's was cut.
    private Errno Finish(SafeFileHandle directory, ReadOnlySpan<byte> name, TarEntry entry)
    {
        if (_ownership.NeedsChange(entry))
        {
            FileCalls.ChangeOwner(directory, name, entry.UserId, entry.GroupId);
        }

        if (entry.Kind != TarKind.SymbolicLink && _ownership.NeedsMode(entry))
        {
            FileCalls.ChangeMode(directory, name, entry.Mode);
        }

        FileCalls.ChangeModifiedTime(directory, name, entry.ModifiedAt);
        return Errno.None;
    }

    private static void SetAttributes(SafeFileHandle file, TarEntry entry)
    {
        foreach (var attribute in entry.Attributes)
        {
            if (ContentAttributes.Belongs(attribute.Name.Span))
            {
                ContentAttributes.Set(file, attribute.Name.Span, attribute.Value.Span);
            }
        }
    }

    private static uint RawKind(TarKind kind) => (uint)(kind switch
    {
        TarKind.CharacterDevice => FileKind.CharacterDevice,
        TarKind.BlockDevice => FileKind.BlockDevice,
        _ => FileKind.Fifo,
    });

    private static void Check(Errno errno, ByteString path)
    {
        switch (errno)
        {
            case Errno.None:
                return;
            case Errno.ENAMETOOLONG:
                throw EntryPath.Refused(path.ToString(), "a component of its name is longer than 255 bytes");
            default:
                throw new BuildException($"cannot unpack '{path}': {errno.Describe()}");
        }
    }

    /// <param name="ModifiedAt">The time to set at the end.</param>
    /// <param name="Mode">The mode to set at the end; 0 when it has been set.</param>
    private readonly record struct PendingDirectory(FileTime ModifiedAt, uint Mode);
}
