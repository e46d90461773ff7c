using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>Blobs that the store doesn't have but a registry is known to: the layers of images that were only put in a list.</summary>
internal sealed class RemoteBlobs(BlobMemory memory, RegistryAccess access)
{
    /// <summary>Copies a blob to where it is wanted; false when nobody is known to have it.</summary>
    public bool TryCopy(Descriptor blob, IImageSink sink, CancellationToken cancellation) =>

        // The stream verifies, so what is produced is the blob or nothing.
        TryEach(blob, client => sink.ProduceBlobAsync(
            target =>
            {
                Read(client, blob, source => source.CopyTo(target, 1 << 17), cancellation);
                return blob.Digest;
            },
            cancellation).GetAwaiter().GetResult());

    /// <summary>Reads a blob, which is verified at its end; false when nobody is known to have it.</summary>
    public bool TryRead(Descriptor blob, Action<Stream> read, CancellationToken cancellation) =>
        TryEach(blob, client => Read(client, blob, read, cancellation));

    private bool TryEach(Descriptor blob, Action<RegistryClient> use)
    {
        foreach (var place in memory.Places(blob.Digest))
        {
            using var client = access.Open(place);
            try
            {
                use(client);
                return true;
            }
            catch (RegistryException exception) when (exception.Status is System.Net.HttpStatusCode.NotFound)
            {
                // It was there once; the next place may still have it.
            }
        }

        return false;
    }

    private static void Read(RegistryClient client, Descriptor blob, Action<Stream> read, CancellationToken cancellation)
    {
        using var source = client.OpenBlobAsync(blob, cancellation).GetAwaiter().GetResult();
        read(source);
    }
}
