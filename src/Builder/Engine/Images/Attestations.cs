using System.Text.Json;

using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>What is claimed about an image: a predicate of in-toto.</summary>
/// <param name="Type">The predicate's type, a URI.</param>
/// <param name="Predicate">Its JSON.</param>
internal sealed record Attestation(string Type, byte[] Predicate);

/// <summary>
/// Attestations beside their image, as BuildKit puts them there so that others find them: a manifest in the same index, for a platform
/// that is none, whose layers are in-toto statements.
/// </summary>
internal static class Attestations
{
    public const string LayerType = "application/vnd.in-toto+json";
    private const string ReferenceType = "vnd.docker.reference.type";
    private const string ReferenceDigest = "vnd.docker.reference.digest";
    private const string PredicateKey = "in-toto.io/predicate-type";

    /// <summary>Whether a manifest is one of those, and no image.</summary>
    public static bool IsAttestation(ImageManifest manifest) => manifest.Layers.Count > 0 && manifest.Layers.All(static layer => layer.MediaType == LayerType);

    /// <summary>Writes the attestations of an image to its place and gives the entry for the index.</summary>
    /// <param name="about">The image's manifest as it is there: what the statements speak of.</param>
    /// <param name="name">What the image is called.</param>
    /// <param name="attestations">What is claimed.</param>
    /// <param name="sink">The place.</param>
    /// <param name="cancellation">Stops it.</param>
    public static Descriptor Write(RawManifest about, string name, IReadOnlyList<Attestation> attestations, IImageSink sink, CancellationToken cancellation)
    {
        var layers = new List<Descriptor>();
        foreach (var attestation in attestations)
        {
            var statement = Statement(about.Digest, name, attestation);
            var layer = new Descriptor
            {
                MediaType = LayerType,
                Digest = Digest.Of(statement),
                Size = statement.Length,
                Annotations = new(StringComparer.Ordinal) { [PredicateKey] = attestation.Type },
            };
            Put(sink, layer, statement, cancellation);
            layers.Add(layer);
        }

        var config = new ImageConfig
        {
            Architecture = "unknown",
            Os = "unknown",
            RootFs = new RootFs { DiffIds = [.. layers.Select(static layer => new DiffId(layer.Digest))] },
        }.ToJson();
        var configDescriptor = new Descriptor { MediaType = MediaTypes.OciConfig, Digest = Digest.Of(config), Size = config.Length };
        Put(sink, configDescriptor, config, cancellation);
        var manifest = new RawManifest(new ImageManifest { MediaType = MediaTypes.OciManifest, Config = configDescriptor, Layers = layers }.ToJson(), MediaTypes.OciManifest);
        sink.PutManifestAsync(manifest, isTop: false, cancellation).GetAwaiter().GetResult();
        return manifest.ToDescriptor() with
        {
            Platform = new Platform { Architecture = "unknown", Os = "unknown" },
            Annotations = new(StringComparer.Ordinal) { [ReferenceDigest] = about.Digest.ToString(), [ReferenceType] = "attestation-manifest" },
        };
    }

    /// <summary>An entry of an index whose images have other digests at their new place.</summary>
    public static Descriptor Follow(Descriptor entry, IReadOnlyDictionary<string, string> moved) =>
        entry.Annotations is { } notes && notes.TryGetValue(ReferenceDigest, out var before) && moved.TryGetValue(before, out var now)
            ? entry with { Annotations = new(notes, StringComparer.Ordinal) { [ReferenceDigest] = now } }
            : entry;

    /// <summary>What is kept for an image until it leaves.</summary>
    public static byte[] ToBytes(IReadOnlyList<Attestation> attestations)
    {
        using var content = new MemoryStream();
        using (var json = new Utf8JsonWriter(content))
        {
            json.WriteStartObject();
            foreach (var attestation in attestations)
            {
                json.WritePropertyName(attestation.Type);
                json.WriteRawValue(attestation.Predicate);
            }

            json.WriteEndObject();
        }

        return content.ToArray();
    }

    /// <summary>Reads that.</summary>
    public static IReadOnlyList<Attestation> FromBytes(byte[] bytes)
    {
        using var document = JsonDocument.Parse(bytes);
        return [.. document.RootElement.EnumerateObject().Select(static each => new Attestation(each.Name, System.Text.Encoding.UTF8.GetBytes(each.Value.GetRawText())))];
    }

    private static void Put(IImageSink sink, Descriptor blob, byte[] content, CancellationToken cancellation)
    {
        if (!sink.HasBlobAsync(blob.Digest, cancellation).GetAwaiter().GetResult())
        {
            sink.PutBlobAsync(blob, () => new MemoryStream(content), cancellation).GetAwaiter().GetResult();
        }
    }

    // in-toto Statement v0.1, the version that BuildKit's readers expect.
    private static byte[] Statement(Digest digest, string name, Attestation attestation)
    {
        using var content = new MemoryStream();
        using (var json = new Utf8JsonWriter(content))
        {
            json.WriteStartObject();
            json.WriteString("_type", "https://in-toto.io/Statement/v0.1");
            json.WriteString("predicateType", attestation.Type);
            json.WriteStartArray("subject");
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteStartObject("digest");
            json.WriteString(digest.Algorithm, digest.Hex);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WritePropertyName("predicate");
            json.WriteRawValue(attestation.Predicate);
            json.WriteEndObject();
        }

        return content.ToArray();
    }
}
