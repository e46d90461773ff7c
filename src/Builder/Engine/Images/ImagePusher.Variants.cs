using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>A list's images in further compressions, so that each puller finds one that it can read: the newer ones read zstd.</summary>
internal sealed partial class ImagePusher
{
    private const string ZstdNote = "io.github.containers.compression.zstd";

    /// <summary>Writes what is wanted for a platform and that no image of the list is yet.</summary>
    /// <param name="parts">What the list has.</param>
    /// <param name="sink">Where they go.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="cancellation">Stops writing.</param>
    private List<Descriptor> WriteVariants(
        List<WrittenPart> parts, IImageSink sink, PushOptions options, CancellationToken cancellation)
    {
        var variants = new List<Descriptor>();
        foreach (var compression in options.Variants)
        {
            foreach (var part in parts.Where(part => part.IsImage && !parts.Exists(other => other.IsImage && other.IsFor(part) && other.IsIn(compression))))
            {
                var written = Write(part.Stored, sink, options with { Compression = compression, Force = true }, cancellation);
                variants.Add(part.Entry with
                {
                    MediaType = written.MediaType,
                    Digest = written.Digest,
                    Size = written.Content.Length,
                    Annotations = Noted(part.Entry.Annotations, compression),
                });
            }
        }

        return variants;
    }

    // Pullers choose by this note, because an entry doesn't tell the compression otherwise.
    private static SortedDictionary<string, string>? Noted(SortedDictionary<string, string>? annotations, LayerCompression compression)
    {
        var noted = new SortedDictionary<string, string>(annotations ?? [], StringComparer.Ordinal);
        noted.Remove(ZstdNote);
        if (compression is LayerCompression.Zstd or LayerCompression.ZstdChunked)
        {
            noted[ZstdNote] = "true";
        }

        return noted.Count > 0 ? noted : null;
    }

    /// <summary>A member of a list as it was written.</summary>
    /// <param name="entry">Its entry where it is now.</param>
    /// <param name="stored">Its document in the store.</param>
    /// <param name="written">Its document where it is now.</param>
    private sealed class WrittenPart(Descriptor entry, RawManifest stored, RawManifest written)
    {
        private readonly ImageManifest? _manifest = MediaTypes.IsIndex(written.MediaType) ? null : ImageManifest.Parse(written.Content);

        public Descriptor Entry => entry;

        public RawManifest Stored => stored;

        public bool IsImage => _manifest is not null && ManifestFormat.IsImage(_manifest);

        public bool IsFor(WrittenPart other) => entry.Platform?.ToString() == other.Entry.Platform?.ToString();

        /// <summary>Whether all its layers are compressed so; chunked ones are zstd too.</summary>
        public bool IsIn(LayerCompression wanted) => _manifest!.Layers.All(
            layer => LayerPusher.CompressionOf(layer) is var own && (own == wanted || (own == LayerCompression.ZstdChunked && wanted == LayerCompression.Zstd)));
    }
}
