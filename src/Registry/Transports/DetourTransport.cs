namespace Bld.Registry;

/// <summary>An image that was brought into a temporary place first, to read.</summary>
/// <param name="inner">The image there.</param>
/// <param name="origin">Where it really comes from, for errors.</param>
/// <param name="owned">The temporary place; goes with this.</param>
public sealed class DetourSource(IImageSource inner, string origin, IDisposable owned) : IImageSource
{
    public string Origin => origin;

    public Task<RawManifest> GetManifestAsync(CancellationToken cancellation) => inner.GetManifestAsync(cancellation);

    public Task<RawManifest> GetManifestAsync(Descriptor manifest, CancellationToken cancellation) => inner.GetManifestAsync(manifest, cancellation);

    public Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation) => inner.OpenBlobAsync(blob, cancellation);

    public void Dispose()
    {
        inner.Dispose();
        owned.Dispose();
    }
}

/// <summary>A place that takes whole images only: one is written to a temporary place first and handed over when it is complete.</summary>
/// <param name="inner">The temporary place.</param>
/// <param name="target">Where the image goes, for errors.</param>
/// <param name="handOver">Takes it from the temporary place.</param>
/// <param name="owned">The temporary place; goes with this.</param>
public sealed class DetourSink(IImageSink inner, string target, Func<CancellationToken, Task> handOver, IDisposable owned) : IImageSink
{
    public string Target => target;

    public LayerForm Form => inner.Form is LayerForm.Compressed ? LayerForm.AsIs : inner.Form;

    public RegistryName? Registry => null;

    public Task<bool> HasBlobAsync(Digest digest, CancellationToken cancellation) => inner.HasBlobAsync(digest, cancellation);

    public Task<bool> TryMountAsync(Digest digest, string repository, CancellationToken cancellation) => Task.FromResult(false);

    public Task PutBlobAsync(Descriptor blob, Func<Stream> open, CancellationToken cancellation) => inner.PutBlobAsync(blob, open, cancellation);

    public Task<(Digest Digest, long Size)> ProduceBlobAsync(Func<Stream, Digest> produce, CancellationToken cancellation) =>
        inner.ProduceBlobAsync(produce, cancellation);

    public async Task PutManifestAsync(RawManifest manifest, bool isTop, CancellationToken cancellation)
    {
        await inner.PutManifestAsync(manifest, isTop, cancellation);
        if (isTop)
        {
            await handOver(cancellation);
        }
    }

    public void Dispose()
    {
        inner.Dispose();
        owned.Dispose();
    }
}
