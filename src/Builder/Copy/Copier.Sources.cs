using Bld.Builder.Context;
using Bld.Registry;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Copy;

/// <summary>What is copied, as a cache key sees it, and whether it is still the same when it is copied.</summary>
internal sealed partial class Copier
{
    private FileDigests? _digests;
    private ListingMark? _listed;
    private ListingMark _copied;
    private bool _changed;

    /// <summary>Whether <see cref="Execute"/> may have copied other files than those that <see cref="ContentDigest"/> saw: somebody changed them meanwhile.</summary>
    public bool HaveSourcesChanged => _changed || (_listed is { } listed && listed != _copied);

    /// <summary>A digest of everything that is copied, and of how.</summary>
    /// <param name="digests">Files' digests as far as they are known.</param>
    /// <param name="notes">Gets what the digest is made of.</param>
    public Digest ContentDigest(FileDigests digests, TreeNotes? notes = null)
    {
        _digests = digests;
        using var hasher = new ContentHasher(_source, digests, _cancellation, notes);
        hasher.Add(_request.Unpacks ? "unpacked"u8 : "as it is"u8);
        var kept = new HashSet<string>(StringComparer.Ordinal);
        foreach (var match in _matches.Where(match => !IsExcluded(match)))
        {
            hasher.Add(ByteString.From(match.Kept).Span);
            foreach (var (path, status) in _request.Parents ? KeptDirectories(match, Path.GetDirectoryName(match.Kept) ?? "") : [])
            {
                if (kept.Add(path))
                {
                    hasher.AddDirectoryAlone(path, status);
                }
            }

            hasher.Add(match, InExcludes(match), _request.Excludes);
        }

        _listed = hasher.Listed;
        foreach (var file in _request.InlineFiles)
        {
            hasher.Add(ByteString.From(file.Name).Span);
            hasher.Add(file.Content);
            notes?.Add(ByteString.From(file.Name).Span, 0, 0, 0, System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(Sha256Hash.HashData(file.Content)));
        }

        Occupied = _request.Unpacks ? 0 : hasher.Occupied;
        return hasher.Finish();
    }

    /// <summary>A directory's path as <c>--exclude</c> sees it: patterns begin at it, or with <c>--parents</c> at the pivot.</summary>
    private string InExcludes(SourceMatch match) => _request.Parents ? match.Kept : "";

    /// <summary>Whether a match is left out. Of what may be an archive only its content says.</summary>
    private bool IsExcluded(SourceMatch match) =>
        match.Status.IsDirectory ? _request.Parents && match.Kept.Length > 0 && _request.Excludes.ExcludesAllBelow(match.Kept)
        : !(_request.Unpacks && match.Status.IsRegular) && IsExcludedFile(match);

    private bool IsExcludedFile(SourceMatch match) =>
        _request.Excludes.HasRules && _request.Excludes.Excludes(_request.Parents ? match.Kept : Path.GetFileName(match.Name));

    /// <summary>The directories of the source that <c>--parents</c> keeps of a path, the outermost first.</summary>
    private IEnumerable<(string Path, FileStatus Status)> KeptDirectories(SourceMatch match, string kept)
    {
        var path = match.Name[..(match.Name.Length - match.Kept.Length)].TrimEnd('/');
        foreach (var name in kept.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            path = path.Length == 0 ? name : $"{path}/{name}";
            yield return (path, FileCalls.Status(_source.Root, RootPath.Resolve(_source.Root, ByteString.From(path)).Existing.Span));
        }
    }

    private void NoteChange(SafeFileHandle source, ReadOnlySpan<byte> name, in FileStatus before) =>
        _changed |= FileCalls.TryStatus(source, name, out var now) != Errno.None || FileIdentity.Of(now) != FileIdentity.Of(before);
}
