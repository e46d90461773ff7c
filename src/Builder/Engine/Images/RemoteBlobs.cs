using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>Blobs that the store doesn't have but a registry is known to: the layers of images that were only put in a list.</summary>
internal sealed class RemoteBlobs(BlobMemory memory, RegistryAccess access)
{
    /// <summary>Copies a blob to where it is wanted; false when nobody is known to have it.</summary>
    public bool TryCopy(Descriptor blob, IImageSink sink, CancellationToken cancellation)
    {
        foreach (var place in memory.Places(blob.Digest))
        {
            using var client = access.Open(place);
            try
            {
                // The stream verifies, so what is produced is the blob or nothing.
                sink.ProduceBlobAsync(target => Copy(client, blob, target, cancellation), cancellation).GetAwaiter().GetResult();
                return true;
            }
            catch (RegistryException exception) when (exception.Status is System.Net.HttpStatusCode.NotFound)
            {
                // It was there once; the next place may still have it.
            }
        }

        return false;
    }

    private static Digest Copy(RegistryClient client, Descriptor blob, Stream target, CancellationToken cancellation)
    {
        using var source = client.OpenBlobAsync(blob, cancellation).GetAwaiter().GetResult();
        source.CopyTo(target, 1 << 17);
        return blob.Digest;
    }
}
