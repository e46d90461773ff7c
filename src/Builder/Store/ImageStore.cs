using System.Text;
using System.Text.Json;

using Bld.Registry;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Store;

/// <summary>
/// The images of a state directory: an OCI image layout in <c>images/</c>. Layers that were built here have no blob, because their
/// tarball is a pure function of their snapshot; their descriptors have the tarball's digest and size. Pulled layers keep theirs.
/// <para>
/// A name points to one image. Giving it to another leaves the first without it, but in the store. Every change is under the flock of
/// <c>images/</c> and published by a rename of the index; readers take no lock.
/// </para>
/// </summary>
internal sealed partial class ImageStore(StateDirectory state)
{
    private const string IndexPath = "images/index.json";

    private volatile ReadIndexFile? _read;

    /// <summary>The image with that name (normalised; with a digest the tag doesn't matter), or whose id begins so (<c>sha256:</c> may stand before it): of several manifests with that configuration the one that was made last. Null when there is none.</summary>
    /// <exception cref="BuildException">Several ids begin so.</exception>
    internal StoredImage? Find(string nameOrIdPrefix)
    {
        var index = ReadIndex();
        if (index.FindName(nameOrIdPrefix) is { } named)
        {
            return named;
        }

        if (nameOrIdPrefix.IndexOf('@') is var at and > 0 && Digest.TryParse(nameOrIdPrefix[(at + 1)..], out var digest))
        {
            // Whatever tag the repository gives it.
            var repository = nameOrIdPrefix[..at];
            return index.FindManifest(digest) is { } image && image.Names.Any(name => name.StartsWith(repository + ":", StringComparison.Ordinal)) ? image : null;
        }

        var prefix = nameOrIdPrefix.StartsWith("sha256:", StringComparison.Ordinal) ? nameOrIdPrefix[7..] : nameOrIdPrefix;
        if (prefix.Length is 0 or > 64 || !prefix.All(char.IsAsciiHexDigitLower))
        {
            return null;
        }

        var found = index.FindId(prefix);
        return found.Select(static image => image.Id).Distinct(StringComparer.Ordinal).Count() > 1
            ? throw new BuildException($"'{nameOrIdPrefix}' begins the ids of {found.Count} images; give more digits")
            : found.LastOrDefault();
    }

    /// <summary>The first name that ends so; null when none does.</summary>
    internal string? FindNameEnding(string ending) => ReadIndex().FindNameEnding(ending);

    /// <summary>The image of that manifest; null when there is none.</summary>
    internal StoredImage? FindManifest(Digest digest) => ReadIndex().FindManifest(digest);

    /// <summary>All images.</summary>
    internal IReadOnlyList<StoredImage> List() => ReadIndex().Images();

    /// <summary>The images without a name.</summary>
    internal IReadOnlyList<StoredImage> ListUnnamed() => ReadIndex().Unnamed();

    /// <summary>
    /// Adds an image and gives it names. When this returns, everything that was written or adopted before through the same
    /// <see cref="StateDirectory"/>, so its snapshots too, survives a power loss.
    /// </summary>
    /// <param name="manifest">The manifest's bytes.</param>
    /// <param name="mediaType">The manifest's media type.</param>
    /// <param name="config">The configuration's bytes, whose digest the manifest has.</param>
    /// <param name="names">Normalised names; may be none.</param>
    /// <param name="size">Bytes of its layers' tarballs; null where the manifest tells, because none is compressed.</param>
    internal StoredImage Add(ReadOnlySpan<byte> manifest, string mediaType, ReadOnlySpan<byte> config, IReadOnlyList<string> names, long? size = null)
    {
        var parsed = ImageManifest.Parse(manifest);
        var id = Digest.Of(config);
        if (parsed.Config.Digest != id)
        {
            throw new BuildException($"the manifest speaks of the configuration {parsed.Config.Digest}, but this one is {id}");
        }

        var image = new StoredImage
        {
            Id = id.Hex,
            MediaType = mediaType,
            ManifestDigest = Digest.Of(manifest),
            ManifestSize = manifest.Length,
            Names = names,
            Created = ImageConfig.Parse(config).Created,
            Size = size ?? parsed.Layers.Sum(static layer => layer.Size),
        };
        return Publish(image, manifest, config, names);
    }

    /// <summary>Adds a list of images (OCI index or Docker's manifest list) and gives it names.</summary>
    /// <param name="index">The list's bytes.</param>
    /// <param name="mediaType">Its media type.</param>
    /// <param name="names">Normalised names; may be none.</param>
    /// <param name="id">64 hex digits that stay the list's own while its content changes; null for the content's digest.</param>
    internal StoredImage AddIndex(ReadOnlySpan<byte> index, string mediaType, IReadOnlyList<string> names, string? id = null) =>
        Publish(DescribeIndex(index, mediaType, names, id, DateTimeOffset.UtcNow), index, default, names);

    /// <summary>Changes the content of a list; its id and its names stay. Nobody else changes it meanwhile.</summary>
    /// <exception cref="BuildException">There is no such list any more.</exception>
    internal StoredImage UpdateIndex(StoredImage list, Func<ImageIndex, ImageIndex> change)
    {
        var updated = list;
        Change(index =>
        {
            var current = index.FindId(list.Id) is [var found, ..]
                ? found
                : throw new BuildException($"the list {list.Id} is gone: somebody has removed it meanwhile");
            var content = change(ImageIndex.Parse(ReadManifest(current)));
            var bytes = content.ToJson();
            updated = DescribeIndex(bytes, content.MediaType ?? current.MediaType, current.Names, current.Id, current.Created) with { History = current.History };
            PublishBlob(updated.ManifestDigest, bytes);
            state.Durability.Record();
            state.Durability.Synchronize();
            index.Remove(current);
            index.Add(updated, current.Names);
        });
        return updated;
    }

    private static StoredImage DescribeIndex(ReadOnlySpan<byte> index, string mediaType, IReadOnlyList<string> names, string? id, DateTimeOffset? created)
    {
        var digest = Digest.Of(index);
        return new StoredImage
        {
            Id = id ?? digest.Hex,
            MediaType = mediaType,
            ManifestDigest = digest,
            ManifestSize = index.Length,
            Names = names,
            Created = created,
            Size = index.Length,
        };
    }

    /// <summary>Keeps what is claimed about an image until it leaves; goes with the image.</summary>
    internal void SetAttestations(string id, ReadOnlySpan<byte> bytes) => state.PublishFile(AttestationsPath(id), bytes);

    /// <summary>What is claimed about an image; null for nothing.</summary>
    internal byte[]? ReadAttestations(string id) => state.ReadFile(AttestationsPath(id));

    private static string AttestationsPath(string id) => $"attestations/{id}.json";

    /// <summary>Keeps a manifest or a configuration that a list is about to speak of.</summary>
    internal void AddDocument(ReadOnlySpan<byte> bytes)
    {
        PublishBlob(Digest.Of(bytes), bytes);
        state.Durability.Record();
    }

    /// <summary>Gives an image one more name.</summary>
    internal void Tag(StoredImage image, string name) => Change(index => index.Add(image, [name]));

    /// <summary>Takes a name away; the image stays. False when there is no such name.</summary>
    internal bool Untag(string name)
    {
        var removed = false;
        Change(index => removed = index.RemoveName(name));
        return removed;
    }

    /// <summary>Removes an image as <see cref="Remove(IReadOnlyList{StoredImage})"/> does.</summary>
    internal void Remove(StoredImage image) => Remove([image]);

    /// <summary>
    /// Removes images with their names, and their blobs where no other image has them and no other process may be about to adopt them
    /// (else <see cref="RemoveUnusedBlobs"/> does it later). Their snapshots stay.
    /// </summary>
    internal void Remove(IReadOnlyList<StoredImage> images)
    {
        if (images.Count == 0)
        {
            return;
        }

        // What an image without a manifest had can't be known; it goes all the same.
        var blobs = images.Where(image => HasBlob(image.ManifestDigest)).SelectMany(BlobsOf).ToHashSet();
        Change(index => index.Remove(images));
        foreach (var image in images)
        {
            FileCalls.TryUnlink(state.Handle, Encoding.ASCII.GetBytes(AttestationsPath(image.Id)));
        }

        if (state.TryLockAll())
        {
            try
            {
                RemoveBlobs(blobs);
            }
            finally
            {
                state.ShareAll();
            }
        }
    }

    /// <summary>The manifest's bytes as they came.</summary>
    internal byte[] ReadManifest(StoredImage image) => ReadBlob(image.ManifestDigest);

    /// <summary>The configuration's bytes as they came.</summary>
    internal byte[] ReadConfig(StoredImage image) => ReadBlob(Digest.Parse("sha256:" + image.Id));

    private StoredImage Publish(StoredImage image, ReadOnlySpan<byte> manifest, ReadOnlySpan<byte> config, IReadOnlyList<string> names)
    {
        // What is there with all its names and on the disk, and is what its id means, needs no writing: the end of a build whose every step was cached.
        var there = ReadIndex();
        if (!state.Durability.IsPending
            && there.FindManifest(image.ManifestDigest) is { } known && known.Id == image.Id && names.All(known.Names.Contains)
            && there.FindId(image.Id)[^1].ManifestDigest == image.ManifestDigest)
        {
            return known;
        }

        PublishBlob(image.ManifestDigest, manifest);
        if (!config.IsEmpty)
        {
            PublishBlob(Digest.Parse("sha256:" + image.Id), config);
        }

        state.Durability.Record();
        state.Durability.Synchronize();
        return Change(index => index.Add(image, names)).FindId(image.Id) is [var published] ? published : image;
    }

    private ImageIndexFile Change(Action<ImageIndexFile> change)
    {
        using var held = state.Lock("images", exclusive: true);
        if (state.ReadFile("images/oci-layout") is null)
        {
            state.PublishFile("images/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}"u8);
        }

        var index = ReadIndex().Copy();
        change(index);
        state.PublishFile(IndexPath, index.Bytes);
        return index;
    }

    private ImageIndexFile ReadIndex()
    {
        if (state.TryOpen(IndexPath) is not { } file)
        {
            return ImageIndexFile.Empty();
        }

        var status = FileCalls.Status(file);
        if (_read is { } read && read.IsOf(status))
        {
            file.Dispose();
            return read.Index;
        }

        try
        {
            var bytes = StateDirectory.ReadToEnd(file);
            var index = ImageIndexFile.TryParse(bytes) ?? ForeignIndex.Adopt(ImageIndex.Parse(bytes), ReadBlob);
            _read = new ReadIndexFile(file, status, index);
            return index;
        }
        catch (JsonException error)
        {
            throw new BuildException($"{state.Root}/{IndexPath} can't be read: {error.Message}", error);
        }
    }

    /// <summary>The index as it was read last. The file stays open, so that no other gets its inode and is taken for it.</summary>
    private sealed record ReadIndexFile(SafeFileHandle File, FileStatus Status, ImageIndexFile Index)
    {
        public bool IsOf(FileStatus status) => (status.Device, status.Inode, status.Size, status.ChangedAt)
            == (Status.Device, Status.Inode, Status.Size, Status.ChangedAt);
    }
}
