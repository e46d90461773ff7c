using Bld.Builder.Layers.Chunked;
using Bld.Builder.Layers.Encryption;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>Layers that are encrypted on their way, and such that others encrypted.</summary>
internal sealed partial class LayerPusher
{
    /// <summary>Encrypts a layer while it is sent. Nothing of it is remembered, for no other push makes the same bytes.</summary>
    private Descriptor PushEncrypted(
        Descriptor layer, DiffId diffId, ChainId chain, IReadOnlyList<RecipientKey> recipients, CancellationToken cancellation)
    {
        if (MediaTypes.IsEncrypted(layer.MediaType))
        {
            throw new BuildException($"the layer {layer.Digest} is encrypted already: pull its image with --decryption-key, or choose the layers with --encrypt-layer");
        }

        // Single files can't be fetched of a ciphertext, so a table of contents would be of no use.
        var wanted = Wanted(CompressionOf(layer)) is var chosen && chosen == LayerCompression.ZstdChunked ? LayerCompression.Zstd : chosen;
        var hasBlob = images.HasBlob(layer.Digest);
        options.Report?.Invoke($"Copying blob {diffId}");
        var secret = LayerSecret.Create();
        Digest plain = default;
        byte[] hmac = [];
        var (digest, size) = sink.ProduceBlobAsync(
            target => Hashed(target, hashed =>
            {
                using var encrypting = new EncryptingStream(hashed, secret);
                plain = Hashed(encrypting, content =>
                {
                    if (hasBlob && MediaTypes.CompressionOf(layer.MediaType) == wanted)
                    {
                        CopyBlob(layer, content);
                    }
                    else
                    {
                        WriteCompressed(layer, diffId, chain, hasBlob, wanted, content, cancellation);
                    }
                });
                hmac = encrypting.Finish();
            }),
            cancellation).GetAwaiter().GetResult();
        var described = Describe(layer, wanted, new CompressedLayer(plain, size, NoAnnotations)) with { Annotations = ChunkedLayer.Annotate(layer.Annotations, NoAnnotations) };
        return EncryptedLayer.Describe(described, digest, secret, hmac, recipients);
    }

    /// <summary>Sends a layer that others encrypted, of which nothing but its bytes is known.</summary>
    private Descriptor PushCiphertext(Descriptor layer, bool hasBlob, CancellationToken cancellation) =>
        sink.Form == LayerForm.Plain ? throw new BuildException($"{sink.Target} can't hold the layer {layer.Digest}, which is encrypted: pull its image with --decryption-key first")
        : hasBlob ? PushBlob(layer, cancellation)
        : PushRemote(layer, cancellation);

    private void CopyBlob(Descriptor layer, Stream target)
    {
        using var blob = new VerifyingStream(images.OpenBlob(layer.Digest)!, layer, images.BlobPath(layer.Digest));
        using var counted = CountedStream.Of(blob, layer.Digest.ToString(), isPush: true, layer.Size, options.Progress);
        counted.CopyTo(target, 1 << 17);
    }
}
