using System.Text.Json;

namespace Bld.Registry;

/// <summary>An image in a tar file that holds an OCI layout, to read.</summary>
public sealed class LayoutArchiveSource : IImageSource
{
    private readonly TarArchive _archive;
    private readonly string? _name;

    /// <param name="path">The tar file.</param>
    /// <param name="name">The image's name in it; null for the only one.</param>
    public LayoutArchiveSource(string path, string? name) => (_archive, _name) = (TarArchive.Open(path), name);

    public string Origin => _archive.Path;

    /// <summary>The name that the archive itself gives the image; null for none.</summary>
    public string? ImageName =>
        Find().Annotations is { } notes && (notes.TryGetValue("io.containerd.image.name", out var name) || notes.TryGetValue(OciLayout.ReferenceName, out name)) ? name : null;

    public Task<RawManifest> GetManifestAsync(CancellationToken cancellation) => GetManifestAsync(Find(), cancellation);

    private Descriptor Find()
    {
        try
        {
            return OciLayout.Choose(ImageIndex.Parse(_archive.ReadDocument("index.json")), _name, $"oci-archive:{_archive.Path}");
        }
        catch (JsonException exception)
        {
            throw new RegistryException($"cannot read index.json in {_archive.Path}: {exception.Message}", exception);
        }
    }

    public async Task<RawManifest> GetManifestAsync(Descriptor manifest, CancellationToken cancellation)
    {
        var content = await Documents.ReadAsync(this, manifest, cancellation);
        return new RawManifest(content, ManifestMediaType.Of(content, manifest.MediaType, Origin));
    }

    public Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation) =>
        Task.FromResult<Stream>(new VerifyingStream(_archive.OpenFile($"blobs/{blob.Digest.Algorithm}/{blob.Digest.Hex}"), blob, Origin));

    public void Dispose() => _archive.Dispose();
}

/// <summary>
/// An image in a tar file that holds an OCI layout, to write: the layout is made in a directory beside the file, which then gets its
/// name whole.
/// </summary>
public sealed class LayoutArchiveSink : IImageSink
{
    private readonly TemporaryTree _tree;
    private readonly LayoutSink _layout;

    /// <param name="path">The tar file; replaced if it is there.</param>
    /// <param name="names">The image's names in it; there may be none.</param>
    public LayoutArchiveSink(string path, IReadOnlyList<string> names)
    {
        Target = path;
        _tree = new TemporaryTree(path);
        _layout = new LayoutSink(OciLayout.OpenOrCreate(_tree.Path), names);
    }

    public string Target { get; }

    public LayerForm Form => LayerForm.Compressed;

    public RegistryName? Registry => null;

    public Task<bool> HasBlobAsync(Digest digest, CancellationToken cancellation) => _layout.HasBlobAsync(digest, cancellation);

    public Task<bool> TryMountAsync(Digest digest, string repository, CancellationToken cancellation) => Task.FromResult(false);

    public Task PutBlobAsync(Descriptor blob, Func<Stream> open, CancellationToken cancellation) => _layout.PutBlobAsync(blob, open, cancellation);

    public Task<(Digest Digest, long Size)> ProduceBlobAsync(Func<Stream, Digest> produce, CancellationToken cancellation) =>
        _layout.ProduceBlobAsync(produce, cancellation);

    public async Task PutManifestAsync(RawManifest manifest, bool isTop, CancellationToken cancellation)
    {
        await _layout.PutManifestAsync(manifest, isTop, cancellation);
        if (isTop)
        {
            var files = Directory.EnumerateFiles(_tree.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
            _tree.PublishArchive(Target, [.. files.Select(file => (Path.GetRelativePath(_tree.Path, file), file))]);
        }
    }

    public void Dispose() => _tree.Dispose();
}
