using Bld.Builder.Context;
using Bld.Builder.Layers;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Copy;

/// <summary>
/// One COPY from one source: what it takes (<see cref="ContentDigest"/>) and the copying itself (<see cref="Execute"/>), which
/// writes straight into a snapshot's directory and looks at what lies below it only through a read-only view.
/// </summary>
internal sealed partial class Copier
{
    private readonly CopySource _source;
    private readonly CopyRequest _request;
    private readonly IReadOnlyList<SourceMatch> _matches;
    private readonly CancellationToken _cancellation;
    private readonly Dictionary<((uint, uint) Device, ulong Inode), ByteString> _links = [];
    private SafeFileHandle _upper = null!;
    private SafeFileHandle? _view;
    private TargetDirectories _directories = null!;
    private CopyTracking? _tracking;

    // Whether nothing but what is being copied can lie where it goes in the upper directory: then there is nothing to make room for.
    private bool _isFresh;

    /// <summary>Finds what the request's sources mean.</summary>
    /// <exception cref="BuildException">One of them isn't there.</exception>
    public Copier(CopySource source, CopyRequest request, CancellationToken cancellation)
    {
        _source = source;
        _request = request;
        _cancellation = cancellation;
        _matches = new SourceMatches(source, request).Find(request.Sources);
    }

    /// <summary>The bytes that the sources occupy, as <c>du</c> counts; 0 before <see cref="ContentDigest"/>, and where something is unpacked.</summary>
    public long Occupied { get; private set; }

    /// <summary>Copies.</summary>
    /// <param name="upper">The snapshot's directory.</param>
    /// <param name="view">What lies below it; null for nothing (<c>--link</c>).</param>
    /// <param name="tracking">What an earlier copy left, and what the next one may use; null for neither.</param>
    public void Execute(SafeFileHandle upper, SafeFileHandle? view, CopyTracking? tracking = null)
    {
        _upper = upper;
        _view = view;
        _tracking = tracking;
        _directories = new TargetDirectories(upper, view, _request.Owner ?? (0, 0), _request.DirectoryMode);
        var resolved = RootPath.Resolve(view, ByteString.From(_request.Destination));
        if (_request.Parents && _matches.Count == 0)
        {
            _directories.Open(resolved.Full).Dispose();
        }

        foreach (var match in _matches)
        {
            // Names of one file are linked within a source; two sources are two files.
            _links.Clear();
            Copy(match, resolved.Full, IsDirectory(resolved));
        }

        foreach (var file in _request.InlineFiles)
        {
            Write(file, IsDirectory(resolved) ? ByteString.Join(resolved.Full.Span, ByteString.From(file.Name).Span) : resolved.Full);
        }

        _directories.Finish();
    }

    private bool IsDirectory(ResolvedPath destination)
    {
        if (_request.Parents || _request.Destination.EndsWith('/') || _request.Sources.Count + _request.InlineFiles.Count > 1)
        {
            return true;
        }

        if (destination.Missing.Count == 0 && _view is not null)
        {
            return destination.Existing.IsEmpty || FileCalls.Status(_view, destination.Existing.Span).IsDirectory;
        }

        // What an earlier match of the same pattern made.
        var path = destination.Full;
        return path.IsEmpty || (FileCalls.TryStatus(_upper, path.Span, out var made) == Errno.None && made.IsDirectory);
    }

    private void Copy(SourceMatch match, ByteString destination, bool isDirectory)
    {
        if (IsExcluded(match))
        {
            return;
        }

        if (match.Status.IsDirectory)
        {
            CopyContents(match, _request.Parents ? KeptPath(match, destination, match.Kept) : destination);
            return;
        }

        using var parent = FileCalls.OpenInRoot(_source.Root, match.Real.DirectoryName, OpenFlags.Path | OpenFlags.Directory);
        if (_request.Unpacks && match.Status.IsRegular && TryUnpack(parent, match.Real, destination))
        {
            // It may lie upon what was copied before.
            _tracking?.Forget();
            NoteChange(parent, match.Real.FileName, match.Status);
            return;
        }

        if (IsExcludedFile(match))
        {
            return;
        }

        var target = _request.Parents ? ByteString.Join(
                KeptPath(match, destination, Path.GetDirectoryName(match.Kept) ?? "").Span, ByteString.From(Path.GetFileName(match.Name)).Span)
            : isDirectory ? ByteString.Join(destination.Span, ByteString.From(Path.GetFileName(match.Name)).Span)
            : destination;
        using var directory = _directories.Open(new ByteString(target.DirectoryName));
        using var below = _directories.OpenBelow(new ByteString(target.DirectoryName));
        CopyEntry(parent, match.Real.FileName, match.Status, directory, below, target);
    }

    /// <summary>Makes the directories that <c>--parents</c> keeps, each like its source.</summary>
    private ByteString KeptPath(SourceMatch match, ByteString destination, string kept)
    {
        var target = destination;
        _directories.Open(target).Dispose();
        foreach (var (path, status) in KeptDirectories(match, kept))
        {
            target = ByteString.Join(target.Span, ByteString.From(Path.GetFileName(path)).Span);
            using var below = _directories.OpenBelow(target);
            var isNew = below is null && FileCalls.TryStatus(_upper, target.Span, out _) != Errno.None;
            using var made = _directories.Open(target);
            if (isNew)
            {
                SetOwnerAndMode(made, status);
            }
        }

        return target;
    }

    private void CopyContents(SourceMatch match, ByteString destination)
    {
        using var source = FileCalls.OpenInRoot(_source.Root, match.Real.Span, OpenFlags.ReadOnly | OpenFlags.Directory);
        var existed = _view is not null && FileCalls.TryStatus(_view, destination.IsEmpty ? "."u8 : destination.Span, out _) == Errno.None;
        _isFresh = FileCalls.TryStatus(_upper, destination.IsEmpty ? "."u8 : destination.Span, out _) == Errno.ENOENT;
        existed |= !_isFresh;
        using var directory = _directories.Open(destination);
        if (!existed)
        {
            // A new top directory is made as any parent is, and one that was there keeps what it is: only its contents are copied.
            _directories.SetTime(destination, TimeOf(match.Status));
        }

        using var below = _directories.OpenBelow(destination);
        using var workers = new CopyWorkers(_cancellation);
        CopyDirectory(source, directory, below, destination, match.Name, InExcludes(match), workers);
        workers.Finish();
        _isFresh = false;
        if (workers.HaveFilesChanged)
        {
            _tracking?.Forget();
            _changed = true;
        }
    }

    private void CopyDirectory(
        SafeFileHandle source, SafeFileHandle target, SafeFileHandle? below, ByteString targetPath, string path, string inCopy, CopyWorkers workers)
    {
        _cancellation.ThrowIfCancellationRequested();
        foreach (var entry in new TreeListing(_source, _request.Excludes).Of(source, path, inCopy))
        {
            _copied = _copied.With(entry.Status);
            var name = entry.Name.Span;
            var entryPath = ByteString.Join(targetPath.Span, name);
            if (!entry.Status.IsDirectory)
            {
                if (entry.Status.IsRegular && entry.Status.Links == 1)
                {
                    CopyPlain(source, entry, target, below, entryPath, workers);
                }
                else
                {
                    CopyEntry(source, name, entry.Status, target, below, entryPath);
                }

                continue;
            }

            RefuseNonDirectory(target, below, name, entryPath);
            using var childSource = FileCalls.Open(source, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
            using var childTarget = _directories.Open(entryPath);
            SetOwnerAndMode(childTarget, entry.Status);
            FileCopier.CopyAttributes(source, name, childTarget);
            _directories.SetTime(entryPath, TimeOf(entry.Status));
            using var childBelow = _directories.OpenBelow(entryPath);
            workers.Flush(source, target);
            CopyDirectory(childSource, childTarget, childBelow, entryPath, entry.Path, entry.Below, workers);
        }

        workers.Flush(source, target);
    }

    /// <summary>A file of one name: linked to its equal of an earlier copy, or copied by the workers.</summary>
    private void CopyPlain(
        SafeFileHandle source, in ListedEntry entry, SafeFileHandle target, SafeFileHandle? below, ByteString targetPath, CopyWorkers workers)
    {
        Replace(target, below, entry.Name.Span, targetPath);
        var (user, group) = OwnerOf(entry.Status);
        var file = new PlainFile(entry.Name, FileIdentity.Of(entry.Status), user, group, ModeOf(entry.Status), TimeOf(entry.Status));
        if (_tracking is { } tracking && _digests?.Known(entry.Status) is { HasAttributes: false } known)
        {
            file = file with { Equal = tracking.Find(targetPath, new CopiedFile(known.Digest, user, group, file.Mode, file.ModifiedAt)) };
        }

        workers.Add(source, target, file);
    }

    private void CopyEntry(
        SafeFileHandle source, ReadOnlySpan<byte> name, in FileStatus status, SafeFileHandle target, SafeFileHandle? below, ByteString targetPath)
    {
        var targetName = targetPath.FileName;
        Replace(target, below, targetName, targetPath);
        if (status.Links > 1 && !status.IsDirectory)
        {
            if (_links.TryGetValue((status.Device, status.Inode), out var first))
            {
                FileCalls.MakeHardLink(_upper, first.Span, target, targetName);
                return;
            }

            _links.Add((status.Device, status.Inode), targetPath);
        }

        var (user, group) = OwnerOf(status);
        switch (status.Kind)
        {
            case FileKind.Regular:
                using (var file = FileCopier.Copy(source, name, target, targetName))
                {
                    FileCalls.ChangeOwner(file, user, group);
                    FileCalls.ChangeMode(file, ModeOf(status));
                    FileCalls.ChangeModifiedTime(file, TimeOf(status));
                }

                NoteChange(source, name, status);
                return;
            case FileKind.Socket:
                FileCalls.Open(target, targetName, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, 0x180).Dispose();
                FileCalls.ChangeMode(target, targetName, ModeOf(status));
                break;
            case FileKind.SymbolicLink:
                FileCalls.MakeSymbolicLink(FileCalls.ReadLink(source, name).Span, target, targetName);
                break;
            default:
                FileCalls.MakeNode(target, targetName, status.RawMode, status.NodeDevice);
                FileCalls.ChangeMode(target, targetName, ModeOf(status));
                break;
        }

        FileCalls.ChangeOwner(target, targetName, user, group);
        FileCalls.ChangeModifiedTime(target, targetName, TimeOf(status));
    }

    private static void RefuseNonDirectory(SafeFileHandle target, SafeFileHandle? below, ReadOnlySpan<byte> name, ByteString path)
    {
        if ((below is not null && FileCalls.TryStatus(below, name, out var old) == Errno.None && !old.IsDirectory)
            || (FileCalls.TryStatus(target, name, out var own) == Errno.None && !own.IsDirectory))
        {
            throw new BuildException($"cannot copy to non-directory: /{path}");
        }
    }

    /// <summary>Makes room for a file: what this instruction wrote there before goes; a directory stays and is an error.</summary>
    private void Replace(SafeFileHandle target, SafeFileHandle? below, ReadOnlySpan<byte> name, ByteString path)
    {
        if (_isFresh && below is null)
        {
            return;
        }

        var errno = Errno.ENOENT;
        if ((below is not null && FileCalls.TryStatus(below, name, out var old) == Errno.None && old.IsDirectory)
            || (!_isFresh && (errno = FileCalls.TryUnlink(target, name)) == Errno.EISDIR))
        {
            throw new BuildException($"cannot replace to directory /{path} with file");
        }

        if (errno == Errno.None)
        {
            // A path that is written twice is listed twice, and the first of these isn't what lies there.
            _tracking?.Forget();
        }
    }

    private bool TryUnpack(SafeFileHandle parent, ByteString real, ByteString destination)
    {
        using var file = FileCalls.Open(parent, real.FileName, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        using var stream = new FileStream(file, FileAccess.Read);
        if (Archives.TryOpen(stream) is not { } tar)
        {
            return false;
        }

        using (tar)
        {
            MakeOwned(destination);
            var options = new UnpackOptions(_request.Owner?.User, _request.Owner?.Group, Mode: null, _request.Time);
            ArchiveUnpacker.Unpack(tar, _upper, _view, destination, options, _cancellation);
        }

        return true;
    }

    /// <summary>The directory to unpack to is the given owner's when it has to be made; directories that an archive leaves out are root's.</summary>
    private void MakeOwned(ByteString destination)
    {
        if (_request.Owner is not { } owner || (_view is not null && FileCalls.TryStatus(_view, destination.IsEmpty ? "."u8 : destination.Span, out _) == Errno.None))
        {
            return;
        }

        var directories = new TargetDirectories(_upper, _view, owner);
        directories.Open(destination).Dispose();
        directories.Finish();
    }

    private void Write(InlineFile file, ByteString path)
    {
        using var directory = _directories.Open(new ByteString(path.DirectoryName));
        using var below = _directories.OpenBelow(new ByteString(path.DirectoryName));
        Replace(directory, below, path.FileName, path);
        using var target = FileCalls.Open(
            directory, path.FileName, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, 0x180);
        FileCalls.WriteAll(target, file.Content);
        var (user, group) = _request.Owner ?? (0, 0);
        FileCalls.ChangeOwner(target, user, group);
        FileCalls.ChangeMode(target, _request.Mode?.Apply(0x1A4, isDirectory: false) ?? 0x1A4);
    }

    private void SetOwnerAndMode(SafeFileHandle directory, in FileStatus status)
    {
        var (user, group) = OwnerOf(status);
        FileCalls.ChangeOwner(directory, user, group);
        FileCalls.ChangeMode(directory, ModeOf(status));
    }

    private (uint User, uint Group) OwnerOf(in FileStatus status) =>
        _request.Owner ?? (_source.KeepsOwners ? (status.UserId, status.GroupId) : (0u, 0u));

    private FileTime TimeOf(in FileStatus status) => _request.Time ?? status.ModifiedAt;

    private uint ModeOf(in FileStatus status) => _request.Mode?.Apply(status.Permissions, status.IsDirectory) ?? status.Permissions;
}
