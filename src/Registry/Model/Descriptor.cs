using System.Text.Json;

using Bld.Json;

namespace Bld.Registry;

/// <summary>Names a blob: what it is, its digest and its length in bytes (OCI image-spec, "Descriptors").</summary>
public sealed record Descriptor : IJsonRecord<Descriptor>
{
    public required string MediaType { get; init; }

    public required Digest Digest { get; init; }

    public required long Size { get; init; }

    public IReadOnlyList<string>? Urls { get; init; }

    public SortedDictionary<string, string>? Annotations { get; init; }

    public string? Data { get; init; }

    public Platform? Platform { get; init; }

    public string? ArtifactType { get; init; }

    /// <summary>Fields that no property stands for.</summary>
    public IDictionary<string, JsonElement>? Unknown { get; set; }

    static Descriptor IJsonRecord<Descriptor>.Read(JsonMembers json) => new()
    {
        MediaType = json.RequiredText("mediaType"),
        Digest = json.Digest("digest") ?? throw JsonMembers.Missing("digest"),
        Size = json.Long("size") ?? throw JsonMembers.Missing("size"),
        Urls = json.Texts("urls"),
        Annotations = json.Map("annotations"),
        Data = json.Text("data"),
        Platform = json.Object<Platform>("platform"),
        ArtifactType = json.Text("artifactType"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("mediaType", MediaType);
        json.Text("digest", Digest.ToString());
        json.Number("size", Size);
        json.Texts("urls", Urls);
        json.Map("annotations", Annotations);
        json.Text("data", Data);
        json.Object("platform", Platform);
        json.Text("artifactType", ArtifactType);
        json.Rest(Unknown);
    }
}
