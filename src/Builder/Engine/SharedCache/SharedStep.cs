using System.Globalization;
using System.Text.Json;

using Bld.Builder.Cache;
using Bld.Registry;

namespace Bld.Builder.Engine.SharedCache;

/// <summary>
/// The result of a step as machines share it: an image of its layer and of those of the steps that it was made on, whose manifest says in
/// its annotations which step it is. So any registry takes it, a person can look at it, one request tells all that a hit needs, and no
/// hit depends on what other machines published for the steps below.
/// </summary>
/// <param name="key">The step's key.</param>
/// <param name="layers">The layers of the steps, its own last.</param>
/// <param name="below">The layers that the first of them was made on, which no step made; null for none.</param>
/// <param name="created">When the step ran.</param>
internal sealed class SharedStep(CacheKey key, IReadOnlyList<SharedLayer> layers, ChainId? below, DateTimeOffset created)
{
    private const string KeyName = "io.bld.cache.key";
    private const string DiffIdName = "io.bld.cache.diffid";
    private const string BelowName = "io.bld.cache.below";
    private const string CreatedName = "io.bld.cache.created";

    /// <summary>The step's key.</summary>
    public CacheKey Key => key;

    /// <summary>The layers of the steps, its own last.</summary>
    public IReadOnlyList<SharedLayer> Layers => layers;

    /// <summary>The layers that the first of them was made on, which no step made; null for none.</summary>
    public ChainId? Below => below;

    /// <summary>When the step ran.</summary>
    public DateTimeOffset Created => created;

    /// <summary>The manifest, and the configuration that it speaks of.</summary>
    /// <param name="platform">What the step was made for.</param>
    /// <param name="note">One more annotation.</param>
    public (RawManifest Manifest, Descriptor Config, byte[] ConfigBytes) ToImage(Platform platform, (string Name, string Value)? note = null)
    {
        var bytes = new ImageConfig
        {
            Architecture = platform.Architecture,
            Variant = platform.Variant,
            Os = platform.Os,
            Created = Created,
            RootFs = new RootFs { DiffIds = [.. Layers.Select(static layer => layer.DiffId)] },
        }.ToJson();
        var config = new Descriptor { MediaType = MediaTypes.OciConfig, Digest = Digest.Of(bytes), Size = bytes.Length };
        var notes = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [KeyName] = Key.Hex,
            [DiffIdName] = string.Join(' ', Layers.Select(static layer => layer.DiffId.ToString())),
            [BelowName] = Below?.ToString() ?? "",
            [CreatedName] = Created.ToString("O", CultureInfo.InvariantCulture),
        };
        if (note is var (name, value))
        {
            notes[name] = value;
        }

        var manifest = new ImageManifest
        {
            MediaType = MediaTypes.OciManifest,
            Config = config,
            Layers = [.. Layers.Select(static layer => layer.Blob with { MediaType = MediaTypes.Layer(MediaTypes.CompressionOf(layer.Blob.MediaType), docker: false) })],
            Annotations = notes,
        };
        return (new RawManifest(manifest.ToJson(), MediaTypes.OciManifest), config, bytes);
    }

    /// <summary>Reads a manifest; null when it isn't that of the step with this key.</summary>
    public static SharedStep? TryRead(RawManifest raw, CacheKey wanted)
    {
        try
        {
            var manifest = ImageManifest.Parse(raw.Content);
            return manifest is { Layers.Count: > 0, Annotations: { } notes }
                && notes.GetValueOrDefault(KeyName) == wanted.Hex
                && TryParseLayers(manifest.Layers, notes.GetValueOrDefault(DiffIdName)) is { } steps
                && TryParseChain(notes.GetValueOrDefault(BelowName), out var bottom)
                && DateTimeOffset.TryParse(notes.GetValueOrDefault(CreatedName), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
                ? new SharedStep(wanted, steps, bottom, time)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<SharedLayer>? TryParseLayers(IReadOnlyList<Descriptor> blobs, string? text)
    {
        var parsed = new List<SharedLayer>();
        foreach (var word in text?.Split(' ') ?? [])
        {
            if (parsed.Count == blobs.Count || !DiffId.TryParse(word, out var diffId))
            {
                return null;
            }

            parsed.Add(new SharedLayer(blobs[parsed.Count], diffId));
        }

        return parsed.Count == blobs.Count ? parsed : null;
    }

    private static bool TryParseChain(string? text, out ChainId? chain)
    {
        chain = Digest.TryParse(text, out var digest) ? new ChainId(digest) : null;
        return text is "" || chain is not null;
    }
}

/// <summary>A layer of a step.</summary>
/// <param name="blob">Its blob.</param>
/// <param name="diffId">Digest of its tarball.</param>
internal sealed class SharedLayer(Descriptor blob, DiffId diffId)
{
    /// <summary>Its blob.</summary>
    public Descriptor Blob => blob;

    /// <summary>Digest of its tarball.</summary>
    public DiffId DiffId => diffId;
}
