using System.Text.Json;

using Bld.Json;

namespace Bld.Registry;

/// <summary>An image's configuration (OCI image-spec, "Image Configuration") with Docker's additions. Its digest is the image's id.</summary>
public sealed record ImageConfig : IJsonRecord<ImageConfig>
{
    public DateTimeOffset? Created { get; init; }

    public string? Author { get; init; }

    public required string Architecture { get; init; }

    public string? Variant { get; init; }

    public required string Os { get; init; }

    public string? OsVersion { get; init; }

    public IReadOnlyList<string>? OsFeatures { get; init; }

    public ContainerConfig? Config { get; init; }

    public RootFs RootFs { get; init; } = new();

    public IReadOnlyList<HistoryEntry>? History { get; init; }

    /// <summary>Fields that no property stands for.</summary>
    public IDictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="JsonException">The bytes are none.</exception>
    public static ImageConfig Parse(ReadOnlySpan<byte> json) => JsonMembers.Parse<ImageConfig>(json);

    /// <summary>The compact JSON.</summary>
    public byte[] ToJson() => this.ToJson(ImageJson.Options);

    static ImageConfig IJsonRecord<ImageConfig>.Read(JsonMembers json) => new()
    {
        Created = json.Moment("created"),
        Author = json.Text("author"),
        Architecture = json.RequiredText("architecture"),
        Variant = json.Text("variant"),
        Os = json.RequiredText("os"),
        OsVersion = json.Text("os.version"),
        OsFeatures = json.Texts("os.features"),
        Config = json.Object<ContainerConfig>("config"),
        RootFs = json.Object<RootFs>("rootfs") ?? new RootFs(),
        History = json.Objects<HistoryEntry>("history"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Moment("created", Created);
        json.Text("author", Author);
        json.Text("architecture", Architecture);
        json.Text("variant", Variant);
        json.Text("os", Os);
        json.Text("os.version", OsVersion);
        json.Texts("os.features", OsFeatures);
        json.Object("config", Config);
        json.Object("rootfs", RootFs);
        json.Objects("history", History);
        json.Rest(Unknown);
    }
}

/// <summary>The diff ids of the layers, the lowest first.</summary>
public sealed record RootFs : IJsonRecord<RootFs>
{
    public string Type { get; init; } = "layers";

    public IReadOnlyList<DiffId> DiffIds { get; init; } = [];

    static RootFs IJsonRecord<RootFs>.Read(JsonMembers json) => new()
    {
        Type = json.Text("type") ?? "layers",
        DiffIds = json.DiffIds("diff_ids") ?? [],
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("type", Type);
        json.Texts("diff_ids", [.. DiffIds.Select(static id => id.ToString())]);
    }
}

/// <summary>How one layer, or one change of the configuration, came to be.</summary>
public sealed record HistoryEntry : IJsonRecord<HistoryEntry>
{
    public DateTimeOffset? Created { get; init; }

    public string? CreatedBy { get; init; }

    public string? Author { get; init; }

    public string? Comment { get; init; }

    /// <summary>Whether it has no layer.</summary>
    public bool EmptyLayer { get; init; }

    static HistoryEntry IJsonRecord<HistoryEntry>.Read(JsonMembers json) => new()
    {
        Created = json.Moment("created"),
        CreatedBy = json.Text("created_by"),
        Author = json.Text("author"),
        Comment = json.Text("comment"),
        EmptyLayer = json.Flag("empty_layer") ?? false,
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Moment("created", Created);
        json.Text("created_by", CreatedBy);
        json.Text("author", Author);
        json.Text("comment", Comment);
        json.Flag("empty_layer", EmptyLayer ? true : null);
    }
}
