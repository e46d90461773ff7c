using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>The store itself as a place to read from, for images whose snapshots are gone.</summary>
internal sealed class StoreSource(ImageStore images) : IImageSource
{
    public string Origin => "the store";

    public Task<RawManifest> GetManifestAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task<RawManifest> GetManifestAsync(Descriptor manifest, CancellationToken cancellation) =>
        Task.FromResult(new RawManifest(images.ReadBlob(manifest.Digest), manifest.MediaType));

    public Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation) =>
        images.OpenBlob(blob.Digest) is { } stream
            ? Task.FromResult<Stream>(new VerifyingStream(stream, blob, Origin))
            : throw new BuildException($"the layer {blob.Digest} is missing in the store; pull or build its image again");

    public void Dispose()
    {
    }
}
