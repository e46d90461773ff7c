namespace Bld.Registry;

/// <summary>Small blobs that are read whole: manifests and configurations.</summary>
public static class Documents
{
    private const int Largest = 4 << 20;

    /// <summary>A document's bytes, verified.</summary>
    /// <exception cref="RegistryException">It is too large, missing or damaged.</exception>
    public static async Task<byte[]> ReadAsync(IImageSource source, Descriptor document, CancellationToken cancellation)
    {
        if (document.Size is < 0 or > Largest)
        {
            throw new RegistryException($"the document {document.Digest} of {source.Origin} has {document.Size} bytes, which is too many");
        }

        await using var stream = await source.OpenBlobAsync(document, cancellation);
        var bytes = new byte[document.Size];
        var count = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);

        // One more read makes the stream look at the digest, and at what is too much.
        var more = await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, cancellation);
        return count == bytes.Length && more == 0 ? bytes : throw new RegistryException($"the document {document.Digest} of {source.Origin} is cut short");
    }
}
