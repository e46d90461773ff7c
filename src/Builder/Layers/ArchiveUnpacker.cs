using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Layers;

/// <summary>What ADD's flags change about the entries of an archive; null leaves what the archive says.</summary>
internal sealed record UnpackOptions(uint? UserId = null, uint? GroupId = null, uint? Mode = null, FileTime? Time = null);

/// <summary>
/// Unpacks an archive for ADD into a snapshot's directory, as if into the whole root file system: directories that exist below are
/// repeated with what they are, links among an entry's parents that exist below are followed within the root. A link that the archive
/// itself brings is never followed. Names of whiteouts mean nothing here.
/// </summary>
internal sealed class ArchiveUnpacker : IDisposable
{
    private readonly SafeFileHandle _upper;
    private readonly SafeFileHandle? _view;
    private readonly UnpackOptions _options;
    private readonly TreeWriter _tree;
    private readonly List<(ByteString Path, ByteString Target)> _lowerLinks = [];

    private ArchiveUnpacker(SafeFileHandle upper, SafeFileHandle? view, UnpackOptions options)
    {
        _upper = upper;
        _view = view;
        _options = options;
        _tree = new TreeWriter(upper, MakeParent);
    }

    /// <summary>Unpacks one archive.</summary>
    /// <param name="tar">The uncompressed tarball, read to its end.</param>
    /// <param name="upper">The snapshot's directory.</param>
    /// <param name="parentView">The root of a view of everything below; null when there is nothing.</param>
    /// <param name="destination">The directory to unpack to, relative to the root; made when it is missing.</param>
    /// <param name="options">What differs from the archive.</param>
    /// <param name="cancellation">Stops between two entries.</param>
    /// <exception cref="BuildException">The archive is damaged, or would write where it must not.</exception>
    internal static void Unpack(
        Stream tar, SafeFileHandle upper, SafeFileHandle? parentView, ByteString destination, UnpackOptions options, CancellationToken cancellation)
    {
        using var unpacker = new ArchiveUnpacker(upper, parentView, options);
        unpacker.Unpack(tar, EntryPath.Normalize(destination), cancellation);
    }

    public void Dispose() => _tree.Dispose();

    private void Unpack(Stream tar, ByteString destination, CancellationToken cancellation)
    {
        using var reader = new TarReader(tar);
        _tree.Directories.Open(destination.Span);
        while (reader.Next() is { } entry)
        {
            cancellation.ThrowIfCancellationRequested();
            var path = EntryPath.Normalize(entry.Name);
            if (path.IsEmpty)
            {
                // The archive's own root: the destination stays what it is, as with other builders.
                continue;
            }

            path = ByteString.Join(destination.Span, path.Span);
            if (entry.Kind == TarKind.HardLink)
            {
                AddLink(path, ByteString.Join(destination.Span, EntryPath.Normalize(entry.LinkName).Span), entry);
            }
            else
            {
                _tree.Create(path, Changed(entry), reader);
            }
        }

        reader.Drain();
        foreach (var (path, target) in _lowerLinks)
        {
            LowerFile.Copy(_view, target, _tree.Directories.Open(path.DirectoryName), path);
        }

        _tree.FinishDirectories();
    }

    private TarEntry Changed(TarEntry entry) => entry with
    {
        UserId = _options.UserId ?? entry.UserId,
        GroupId = _options.GroupId ?? entry.GroupId,
        Mode = _options.Mode ?? entry.Mode,
        ModifiedAt = _options.Time ?? entry.ModifiedAt,
    };

    private void AddLink(ByteString path, ByteString target, TarEntry entry)
    {
        var linked = _tree.TryLink(path, target);
        if (linked == Errno.ENOENT)
        {
            // The same way that the target itself was unpacked.
            target = ByteString.Join(FollowBelow(new ByteString(target.DirectoryName)).Span, target.FileName);
            linked = _tree.TryLink(path, target);
        }

        switch (linked)
        {
            case Errno.None:
                break;
            case Errno.ENOENT:
                _lowerLinks.Add((path, target));
                break;
            case Errno.ELOOP:
                throw EntryPath.Refused(entry.Name.ToString(), $"it is a hard link to '{entry.LinkName}', which leads through a symbolic link");
            case Errno.EISDIR:
                throw EntryPath.Refused(entry.Name.ToString(), $"it is a hard link to the directory '{entry.LinkName}'");
            case var errno:
                throw new BuildException($"cannot unpack '{path}' as a hard link to '{target}': {errno.Describe()}");
        }
    }

    // Called for a parent that is no directory in the snapshot yet.
    private SafeFileHandle MakeParent(SafeFileHandle parent, ByteString path)
    {
        if (FileCalls.TryStatus(parent, path.FileName, out var own) == Errno.None)
        {
            throw EntryPath.Refused($"{path}/…", own.IsSymbolicLink
                ? $"it would be written through the symbolic link '{path}' that the archive brings"
                : $"'{path}' is no directory");
        }

        if (ResolveBelow(path) is { } real)
        {
            return RepeatAll(real, path);
        }

        FileCalls.MakeDirectory(parent, path.FileName, 0x1ED);
        FileCalls.ChangeMode(parent, path.FileName, 0x1ED);
        return FileCalls.Open(parent, path.FileName, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow);
    }

    /// <summary>A path with the links followed that lie below on the way; what the archive itself brought follows behind them.</summary>
    private ByteString FollowBelow(ByteString path)
    {
        for (var end = path.Length; end > 0; end = Math.Max(0, path.Span[..end].LastIndexOf((byte)'/')))
        {
            if (ResolveBelow(new ByteString(path.Span[..end])) is { } real)
            {
                return ByteString.Join(real.Span, path.Span[end..].TrimStart((byte)'/'));
            }
        }

        return path;
    }

    /// <summary>Where a directory of the view really is, links followed; null when there is none.</summary>
    private ByteString? ResolveBelow(ByteString path)
    {
        const ResolveFlags InRoot = ResolveFlags.InRoot | ResolveFlags.NoMagicLinks;
        if (_view is null
            || FileCalls.TryOpenResolving(_view, path.Span, OpenFlags.Path | OpenFlags.Directory, 0, InRoot, out var directory) != Errno.None)
        {
            return null;
        }

        using (directory)
        {
            // The view is a mount without a place, so the kernel gives the path from the view's root.
            var name = System.Text.Encoding.ASCII.GetBytes($"/proc/self/fd/{directory.DangerousGetHandle()}");
            return EntryPath.Normalize(FileCalls.ReadLink(FileCalls.CurrentDirectory, name));
        }
    }

    /// <summary>Makes each directory of a path without links in the snapshot, like the one below, and opens the last.</summary>
    private SafeFileHandle RepeatAll(ByteString real, ByteString asked)
    {
        var current = FileCalls.Open(_upper, "."u8, OpenFlags.Path | OpenFlags.Directory);
        for (var end = 0; end < real.Length;)
        {
            var slash = real.Span[(end + 1)..].IndexOf((byte)'/');
            end = slash < 0 ? real.Length : end + 1 + slash;
            var path = new ByteString(real.Span[..end]);
            var errno = UpperDirectories.TryEnter(current, path.FileName, out var next);
            if (errno == Errno.ENOENT)
            {
                FileCalls.MakeDirectory(current, path.FileName, 0x1C0);
                using var lower = LowerFile.OpenDirectory(_view, path) ?? throw new LinuxException("open", path.ToString(), Errno.ENOENT);
                _tree.Repeat(current, path, lower);
                errno = UpperDirectories.TryEnter(current, path.FileName, out next);
            }

            current.Dispose();
            current = errno == Errno.None ? next : throw EntryPath.Refused($"{asked}/…", $"'{path}' is no directory any more");
        }

        return current;
    }
}
