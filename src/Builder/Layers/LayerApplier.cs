using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Layers;

/// <summary>
/// Unpacks a layer's tarball into a snapshot's directory, in overlay's own terms: deleted names become character devices 0:0, opaque
/// directories get the attribute. The order of a deletion and a new entry of that name in one layer doesn't matter (OCI image-spec,
/// "Whiteouts": they apply to what lies below only).
/// <para>
/// <see cref="Unpack"/> needs nothing of the layers below, so that layers can be unpacked side by side; <see cref="Complete"/> then does
/// what depends on them.
/// </para>
/// </summary>
internal sealed class LayerApplier : IDisposable
{
    private readonly TreeWriter _tree;
    private readonly SafeFileHandle _upper;
    private readonly SortedSet<ByteString> _implicit = [];
    private readonly HashSet<ByteString> _whiteouts = [];
    private readonly Dictionary<ByteString, ByteString> _lowerLinks = [];

    /// <param name="target">An active snapshot that nothing has been written to.</param>
    internal LayerApplier(ActiveSnapshot target)
    {
        _upper = target.UpperHandle;
        _tree = new TreeWriter(_upper, MakeImplicit);
    }

    /// <summary>Whether the tarball had an entry for the root directory itself.</summary>
    internal bool HasRoot { get; private set; }

    /// <summary>Unpacks a layer whose lower layers are there.</summary>
    /// <param name="tar">The uncompressed tarball, read to its end.</param>
    /// <param name="target">An active snapshot that nothing has been written to.</param>
    /// <param name="parentView">The root of a view of everything below; null when there is nothing.</param>
    /// <param name="cancellation">Stops between two entries.</param>
    /// <exception cref="BuildException">The tarball is damaged, or would write where it must not.</exception>
    internal static void Apply(Stream tar, ActiveSnapshot target, SafeFileHandle? parentView, CancellationToken cancellation)
    {
        using var applier = new LayerApplier(target);
        applier.Unpack(tar, cancellation);
        applier.Complete(parentView);
    }

    /// <summary>Makes everything that the tarball itself says.</summary>
    internal void Unpack(Stream tar, CancellationToken cancellation)
    {
        using var reader = new TarReader(tar);
        while (reader.Next() is { } entry)
        {
            cancellation.ThrowIfCancellationRequested();
            var path = EntryPath.Normalize(entry.Name);
            HasRoot |= path.IsEmpty;
            if (path.FileName.StartsWith(Whiteout.Prefix))
            {
                AddWhiteout(path);
            }
            else if (entry.Kind == TarKind.HardLink)
            {
                AddLink(path, entry);
            }
            else
            {
                Add(path, entry, reader);
            }
        }

        reader.Drain();
    }

    /// <summary>
    /// Does what depends on the layers below: directories that entries only implied are repeated as they are there, links to files there
    /// become copies, deletions of nothing vanish. Then directories get their times.
    /// </summary>
    internal void Complete(SafeFileHandle? parentView)
    {
        foreach (var path in _implicit)
        {
            CompleteImplicit(path, parentView);
        }

        foreach (var (path, target) in _lowerLinks)
        {
            using var directory = _tree.Directories.Find(path.DirectoryName);
            if (directory is not null && _tree.TryLink(path, target) != Errno.None)
            {
                LowerFile.Copy(parentView, target, directory, path);
            }
        }

        foreach (var path in _whiteouts)
        {
            if (!LowerFile.Exists(parentView, path))
            {
                using var directory = _tree.Directories.Find(path.DirectoryName);
                if (directory is not null)
                {
                    FileCalls.TryUnlink(directory, path.FileName);
                }
            }
        }

        _tree.FinishDirectories();
    }

    public void Dispose() => _tree.Dispose();

    private void Add(ByteString path, TarEntry entry, TarReader content)
    {
        var replacedWhiteout = _tree.Create(path, entry, content);
        _implicit.Remove(path);
        _lowerLinks.Remove(path);
        if (replacedWhiteout)
        {
            ReplaceWhiteout(path);
        }
    }

    private void AddLink(ByteString path, TarEntry entry)
    {
        var target = EntryPath.Normalize(entry.LinkName);
        if (path.IsEmpty || target.IsEmpty)
        {
            throw EntryPath.Refused(entry.Name.ToString(), "the root is no hard link");
        }

        switch (_tree.TryLink(path, target))
        {
            case Errno.None:
                _whiteouts.Remove(path);
                break;
            case Errno.ENOENT:
                _lowerLinks[path] = target;
                break;
            case Errno.ELOOP:
                throw EntryPath.Refused(entry.Name.ToString(), $"it is a hard link to '{entry.LinkName}', which leads through a symbolic link");
            case Errno.EISDIR:
                throw EntryPath.Refused(entry.Name.ToString(), $"it is a hard link to the directory '{entry.LinkName}'");
            case var errno:
                throw new BuildException($"cannot unpack '{path}' as a hard link to '{target}': {errno.Describe()}");
        }
    }

    private void AddWhiteout(ByteString path)
    {
        var parent = new ByteString(path.DirectoryName);
        if (path.FileName.SequenceEqual(Whiteout.Opaque))
        {
            _tree.Directories.Open(parent.Span);
            OverlayMarks.MakeOpaque(_upper, parent.Span);
            return;
        }

        var name = path.FileName[Whiteout.Prefix.Length..];
        if (path.FileName.StartsWith(Whiteout.ReservedPrefix) || name.IsEmpty || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
        {
            return;
        }

        var deleted = ByteString.Join(parent.Span, name);
        var directory = _tree.Directories.Open(parent.Span);
        switch (OverlayMarks.TryMakeWhiteout(directory, name))
        {
            case Errno.None:
                _whiteouts.Add(deleted);
                break;
            case Errno.EEXIST:
                // This layer has the name already: what hides its predecessor is the file itself, but a directory would be merged.
                if (FileCalls.Status(directory, name).IsDirectory)
                {
                    OverlayMarks.MakeOpaque(directory, name);
                }

                break;
            case var errno:
                throw new BuildException($"cannot unpack the deletion of '{deleted}': {errno.Describe()}");
        }
    }

    /// <summary>A directory that entries lie in although it has none itself, or none yet.</summary>
    private SafeFileHandle MakeImplicit(SafeFileHandle parent, ByteString path)
    {
        var wasWhiteout = false;
        if (FileCalls.TryStatus(parent, path.FileName, out var status) == Errno.None)
        {
            if (!status.IsOverlayWhiteout)
            {
                throw EntryPath.Refused($"{path}/…", status.IsSymbolicLink
                    ? $"it would be written through the symbolic link '{path}' of the same layer"
                    : $"'{path}' is no directory in the same layer");
            }

            wasWhiteout = true;
            FileCalls.TryUnlink(parent, path.FileName);
        }

        FileCalls.MakeDirectory(parent, path.FileName, 0x1ED);
        _implicit.Add(path);
        if (wasWhiteout)
        {
            ReplaceWhiteout(path, parent);
        }

        return FileCalls.Open(parent, path.FileName, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow);
    }

    private void ReplaceWhiteout(ByteString path, SafeFileHandle? parent = null)
    {
        _whiteouts.Remove(path);
        parent ??= _tree.Directories.Open(path.DirectoryName);
        if (FileCalls.Status(parent, path.FileName).IsDirectory)
        {
            OverlayMarks.MakeOpaque(parent, path.FileName);
        }
    }

    private void CompleteImplicit(ByteString path, SafeFileHandle? parentView)
    {
        using var parent = _tree.Directories.Find(path.DirectoryName);
        if (parent is null || FileCalls.TryStatus(parent, path.FileName, out var own) != Errno.None || !own.IsDirectory)
        {
            // Something took its place later.
            return;
        }

        using var lower = LowerFile.OpenDirectory(parentView, path);
        if (lower is null)
        {
            FileCalls.ChangeMode(parent, path.FileName, 0x1ED);
            _tree.FinishLater(path, new FileTime(0, 0));
            return;
        }

        _tree.Repeat(parent, path, lower);
    }
}
