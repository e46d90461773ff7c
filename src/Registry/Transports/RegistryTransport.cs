namespace Bld.Registry;

/// <summary>An image in a registry, to read.</summary>
/// <param name="client">The repository that is read; maybe a mirror's.</param>
/// <param name="name">The image's own name.</param>
/// <param name="top">What the name means, when that is known already.</param>
public sealed class RegistrySource(RegistryClient client, RegistryName name, RawManifest? top) : IImageSource
{
    public string Origin => name.ToString();

    /// <summary>The image's own name.</summary>
    public RegistryName Name => name;

    /// <summary>The repository that is read.</summary>
    public RegistryClient Client => client;

    public Task<RawManifest> GetManifestAsync(CancellationToken cancellation) =>
        top is null ? client.GetManifestAsync(client.Name.Reference, cancellation) : Task.FromResult(top);

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

    public Task<bool> HasManifestAsync(RawManifest manifest, bool isTop, CancellationToken cancellation) =>
        client.HasManifestAsync(isTop ? client.Name.Reference : manifest.Digest.ToString(), manifest.Digest, cancellation);

    public Task<bool> TryMountAsync(Digest digest, string repository, CancellationToken cancellation) =>
        client.TryMountAsync(digest, repository, cancellation);

    public Task PutBlobAsync(Descriptor blob, Func<Stream> open, CancellationToken cancellation) => client.UploadAsync(blob, open, cancellation);

    public Task<(Digest Digest, long Size)> ProduceBlobAsync(Func<Stream, Digest> produce, CancellationToken cancellation) =>
        client.UploadAsync(spoolDirectory, produce, cancellation);

    public Task PutManifestAsync(RawManifest manifest, bool isTop, CancellationToken cancellation) =>
        client.PutManifestAsync(isTop ? client.Name.Reference : manifest.Digest.ToString(), manifest, cancellation);

    public void Dispose() => client.Dispose();
}
