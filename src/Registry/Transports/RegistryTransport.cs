namespace Bld.Registry;

/// <summary>An image in a registry, to read.</summary>
public sealed class RegistrySource(RegistryClient client) : IImageSource
{
    public string Origin => client.Name.ToString();

    /// <summary>The repository that is read.</summary>
    public RegistryName Name => client.Name;

    public Task<RawManifest> GetManifestAsync(CancellationToken cancellation) => client.GetManifestAsync(client.Name.Reference, cancellation);

    public Task<RawManifest> GetManifestAsync(Descriptor manifest, CancellationToken cancellation) =>
        client.GetManifestAsync(manifest.Digest.ToString(), cancellation);

    public Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation) => client.OpenBlobAsync(blob, cancellation);

    public void Dispose() => client.Dispose();
}

/// <summary>An image in a registry, to write.</summary>
/// <param name="client">The repository.</param>
/// <param name="spoolDirectory">Where blobs lie while they are sent.</param>
public sealed class RegistrySink(RegistryClient client, string spoolDirectory) : IImageSink
{
    public string Target => client.Name.ToString();

    public LayerForm Form => LayerForm.Compressed;

    public RegistryName? Registry => client.Name;

    public Task<bool> HasBlobAsync(Digest digest, CancellationToken cancellation) => client.HasBlobAsync(digest, cancellation);

    public Task<bool> TryMountAsync(Digest digest, string repository, CancellationToken cancellation) =>
        client.TryMountAsync(digest, repository, cancellation);

    public Task PutBlobAsync(Descriptor blob, Func<Stream> open, CancellationToken cancellation) => client.UploadAsync(blob, open, cancellation);

    public Task<(Digest Digest, long Size)> ProduceBlobAsync(Func<Stream, Digest> produce, CancellationToken cancellation) =>
        client.UploadAsync(spoolDirectory, produce, cancellation);

    public Task PutManifestAsync(RawManifest manifest, bool isTop, CancellationToken cancellation) =>
        client.PutManifestAsync(isTop ? client.Name.Reference : manifest.Digest.ToString(), manifest, cancellation);

    public void Dispose() => client.Dispose();
}
