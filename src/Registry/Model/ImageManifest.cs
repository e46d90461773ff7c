using System.Text.Json;

using Bld.Json;

namespace Bld.Registry;

/// <summary>One image: its configuration and its layers, the lowest first (OCI image-spec, "Image Manifest"; Docker's schema 2 is the same).</summary>
public sealed record ImageManifest : IJsonRecord<ImageManifest>
{
    public int SchemaVersion { get; init; } = 2;

    public string? MediaType { get; init; }

    public string? ArtifactType { get; init; }

    public required Descriptor Config { get; init; }

    public required IReadOnlyList<Descriptor> Layers { get; init; }

    public Descriptor? Subject { get; init; }

    public SortedDictionary<string, string>? Annotations { get; init; }

    /// <summary>Fields that no property stands for.</summary>
    public IDictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="JsonException">The bytes are none.</exception>
    public static ImageManifest Parse(ReadOnlySpan<byte> json) => JsonMembers.Parse<ImageManifest>(json);

    /// <summary>The compact JSON.</summary>
    public byte[] ToJson() => this.ToJson(ImageJson.Options);

    static ImageManifest IJsonRecord<ImageManifest>.Read(JsonMembers json) => new()
    {
        SchemaVersion = json.Int("schemaVersion") ?? 2,
        MediaType = json.Text("mediaType"),
        ArtifactType = json.Text("artifactType"),
        Config = json.RequiredObject<Descriptor>("config"),
        Layers = json.RequiredObjects<Descriptor>("layers"),
        Subject = json.Object<Descriptor>("subject"),
        Annotations = json.Map("annotations"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("schemaVersion", SchemaVersion);
        json.Text("mediaType", MediaType);
        json.Text("artifactType", ArtifactType);
        json.Object("config", Config);
        json.Objects("layers", Layers);
        json.Object("subject", Subject);
        json.Map("annotations", Annotations);
        json.Rest(Unknown);
    }
}

/// <summary>Several manifests, for platforms or in a layout (OCI image-spec, "Image Index"; Docker's manifest list).</summary>
public sealed record ImageIndex : IJsonRecord<ImageIndex>
{
    public int SchemaVersion { get; init; } = 2;

    public string? MediaType { get; init; }

    public string? ArtifactType { get; init; }

    public required IReadOnlyList<Descriptor> Manifests { get; init; }

    public Descriptor? Subject { get; init; }

    public SortedDictionary<string, string>? Annotations { get; init; }

    /// <summary>Fields that no property stands for.</summary>
    public IDictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>Reads an index.</summary>
    /// <exception cref="JsonException">The bytes are none.</exception>
    public static ImageIndex Parse(ReadOnlySpan<byte> json) => JsonMembers.Parse<ImageIndex>(json);

    /// <summary>The compact JSON.</summary>
    public byte[] ToJson() => this.ToJson(ImageJson.Options);

    static ImageIndex IJsonRecord<ImageIndex>.Read(JsonMembers json) => new()
    {
        SchemaVersion = json.Int("schemaVersion") ?? 2,
        MediaType = json.Text("mediaType"),
        ArtifactType = json.Text("artifactType"),
        Manifests = json.RequiredObjects<Descriptor>("manifests"),
        Subject = json.Object<Descriptor>("subject"),
        Annotations = json.Map("annotations"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("schemaVersion", SchemaVersion);
        json.Text("mediaType", MediaType);
        json.Text("artifactType", ArtifactType);
        json.Objects("manifests", Manifests);
        json.Object("subject", Subject);
        json.Map("annotations", Annotations);
        json.Rest(Unknown);
    }
}
