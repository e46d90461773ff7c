using System.Globalization;
using System.Text.Json;

using Bld.Builder.Cache;
using Bld.Registry;

namespace Bld.Builder.Engine.SharedCache;

/// <summary>
/// The result of a step as machines share it: an image of one layer, whose manifest says in its annotations which step it is. So any
/// registry takes it, a person can look at it, and one request tells all that a hit needs.
/// </summary>
/// <param name="Key">The step's key.</param>
/// <param name="Layer">The layer's blob.</param>
/// <param name="DiffId">Digest of the layer's tarball.</param>
/// <param name="Below">The layers that it was made on; null for none.</param>
/// <param name="Created">When the step ran.</param>
internal sealed record SharedStep(CacheKey Key, Descriptor Layer, DiffId DiffId, ChainId? Below, DateTimeOffset Created)
{
    private const string KeyName = "io.bld.cache.key";
    private const string DiffIdName = "io.bld.cache.diffid";
    private const string BelowName = "io.bld.cache.below";
    private const string CreatedName = "io.bld.cache.created";

    /// <summary>The manifest, and the configuration that it speaks of.</summary>
    public (RawManifest Manifest, Descriptor Config, byte[] ConfigBytes) ToImage(Platform platform)
    {
        var bytes = new ImageConfig
        {
            Architecture = platform.Architecture,
            Variant = platform.Variant,
            Os = platform.Os,
            Created = Created,
            RootFs = new RootFs { DiffIds = [DiffId] },
        }.ToJson();
        var config = new Descriptor { MediaType = MediaTypes.OciConfig, Digest = Digest.Of(bytes), Size = bytes.Length };
        var manifest = new ImageManifest
        {
            MediaType = MediaTypes.OciManifest,
            Config = config,
            Layers = [Layer with { MediaType = MediaTypes.Layer(MediaTypes.CompressionOf(Layer.MediaType), docker: false) }],
            Annotations = new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                [KeyName] = Key.Hex,
                [DiffIdName] = DiffId.ToString(),
                [BelowName] = Below?.ToString() ?? "",
                [CreatedName] = Created.ToString("O", CultureInfo.InvariantCulture),
            },
        };
        return (new RawManifest(manifest.ToJson(), MediaTypes.OciManifest), config, bytes);
    }

    /// <summary>Reads a manifest; null when it isn't that of the step with this key.</summary>
    public static SharedStep? TryRead(RawManifest raw, CacheKey key)
    {
        try
        {
            var manifest = ImageManifest.Parse(raw.Content);
            return manifest is { Layers: [var layer], Annotations: { } notes }
                && notes.GetValueOrDefault(KeyName) == key.Hex
                && DiffId.TryParse(notes.GetValueOrDefault(DiffIdName), out var diffId)
                && TryParseChain(notes.GetValueOrDefault(BelowName), out var below)
                && DateTimeOffset.TryParse(notes.GetValueOrDefault(CreatedName), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created)
                ? new SharedStep(key, layer, diffId, below, created)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool TryParseChain(string? text, out ChainId? chain)
    {
        chain = Digest.TryParse(text, out var digest) ? new ChainId(digest) : null;
        return text is "" || chain is not null;
    }
}
