using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bld.Registry;

/// <summary>One image: its configuration and its layers, the lowest first (OCI image-spec, "Image Manifest"; Docker's schema 2 is the same).</summary>
public sealed record ImageManifest
{
    [JsonPropertyName("schemaVersion")]
    public int SchemaVersion { get; init; } = 2;

    [JsonPropertyName("mediaType")]
    public string? MediaType { get; init; }

    [JsonPropertyName("artifactType")]
    public string? ArtifactType { get; init; }

    [JsonPropertyName("config")]
    public required Descriptor Config { get; init; }

    [JsonPropertyName("layers")]
    public required IReadOnlyList<Descriptor> Layers { get; init; }

    [JsonPropertyName("subject")]
    public Descriptor? Subject { get; init; }

    [JsonPropertyName("annotations")]
    public SortedDictionary<string, string>? Annotations { get; init; }

    /// <summary>Fields that no property stands for.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="JsonException">The bytes are none.</exception>
    public static ImageManifest Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, ImageJson.Relaxed.ImageManifest) ?? throw new JsonException("the manifest is null");

    /// <summary>The compact JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ImageJson.Relaxed.ImageManifest);
}

/// <summary>Several manifests, for platforms or in a layout (OCI image-spec, "Image Index"; Docker's manifest list).</summary>
public sealed record ImageIndex
{
    [JsonPropertyName("schemaVersion")]
    public int SchemaVersion { get; init; } = 2;

    [JsonPropertyName("mediaType")]
    public string? MediaType { get; init; }

    [JsonPropertyName("artifactType")]
    public string? ArtifactType { get; init; }

    [JsonPropertyName("manifests")]
    public required IReadOnlyList<Descriptor> Manifests { get; init; }

    [JsonPropertyName("subject")]
    public Descriptor? Subject { get; init; }

    [JsonPropertyName("annotations")]
    public SortedDictionary<string, string>? Annotations { get; init; }

    /// <summary>Fields that no property stands for.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>Reads an index.</summary>
    /// <exception cref="JsonException">The bytes are none.</exception>
    public static ImageIndex Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, ImageJson.Relaxed.ImageIndex) ?? throw new JsonException("the index is null");

    /// <summary>The compact JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ImageJson.Relaxed.ImageIndex);
}
