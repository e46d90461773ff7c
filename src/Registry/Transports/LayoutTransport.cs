namespace Bld.Registry;

/// <summary>An image in an OCI layout, to read.</summary>
/// <param name="layout">The layout.</param>
/// <param name="name">The image's name in it; null for the only one.</param>
public sealed class LayoutSource(OciLayout layout, string? name) : IImageSource
{
    public string Origin => layout.Path;

    public Task<RawManifest> GetManifestAsync(CancellationToken cancellation) => GetManifestAsync(layout.Find(name), cancellation);

    public async Task<RawManifest> GetManifestAsync(Descriptor manifest, CancellationToken cancellation)
    {
        var content = await Documents.ReadAsync(this, manifest, cancellation);
        return new RawManifest(content, ManifestMediaType.Of(content, manifest.MediaType, Origin));
    }

    public Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation) =>
        Task.FromResult<Stream>(new VerifyingStream(layout.OpenBlob(blob.Digest), blob, Origin));

    public void Dispose()
    {
    }
}

/// <summary>An image in an OCI layout, to write.</summary>
/// <param name="layout">The layout.</param>
/// <param name="names">The image's names in it; there may be none.</param>
public sealed class LayoutSink(OciLayout layout, IReadOnlyList<string> names) : IImageSink
{
    public string Target => layout.Path;

    public LayerForm Form => LayerForm.Compressed;

    public RegistryName? Registry => null;

    public Task<bool> HasBlobAsync(Digest digest, CancellationToken cancellation) => Task.FromResult(layout.HasBlob(digest));

    public Task<bool> TryMountAsync(Digest digest, string repository, CancellationToken cancellation) => Task.FromResult(false);

    public async Task PutBlobAsync(Descriptor blob, Func<Stream> open, CancellationToken cancellation)
    {
        await using var source = new VerifyingStream(open(), blob, Target);
        layout.WriteBlob(target =>
        {
            source.CopyTo(target, 1 << 17);
            return blob.Digest;
        });
    }

    public Task<(Digest Digest, long Size)> ProduceBlobAsync(Func<Stream, Digest> produce, CancellationToken cancellation)
    {
        long size = 0;
        var digest = layout.WriteBlob(target =>
        {
            var written = produce(target);
            size = target.Length;
            return written;
        });
        return Task.FromResult((digest, size));
    }

    public Task PutManifestAsync(RawManifest manifest, bool isTop, CancellationToken cancellation)
    {
        layout.WriteBlob(manifest.Digest, manifest.Content);
        if (isTop)
        {
            foreach (var name in names.DefaultIfEmpty(null))
            {
                layout.Add(manifest.ToDescriptor(), name);
            }
        }

        return Task.CompletedTask;
    }

    public void Dispose()
    {
    }
}
