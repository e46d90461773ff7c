using System.Text.Json;
using System.Text.Json.Serialization;

using Bld.Builder.Snapshots;
using Bld.Registry;

namespace Bld.Builder.Engine.Containers;

/// <summary>
/// <c>container.json</c>: what <c>bld from</c> made and the commands after it changed. Its root is a stack of snapshots: those of the
/// base image, and one for each command that wrote something; <c>commit</c> makes one layer of the latter.
/// </summary>
internal sealed record WorkingContainer
{
    /// <summary>64 hex digits, random.</summary>
    [JsonPropertyName("id")]
    public required string Id { get; init; }

    [JsonPropertyName("name")]
    public required string Name { get; init; }

    [JsonPropertyName("created")]
    public required DateTimeOffset Created { get; init; }

    /// <summary>The base image's name; its id when it has none, and empty for scratch.</summary>
    [JsonPropertyName("image")]
    public string Image { get; init; } = "";

    /// <summary>The base image's id; empty for scratch.</summary>
    [JsonPropertyName("imageId")]
    public string ImageId { get; init; } = "";

    /// <summary>Digest of the base's manifest; empty for scratch.</summary>
    [JsonPropertyName("imageDigest")]
    public string ImageDigest { get; init; } = "";

    /// <summary>The base's manifest, whose layers belong to <see cref="Base"/>: the image itself may be removed meanwhile.</summary>
    [JsonPropertyName("manifest")]
    public JsonElement? Manifest { get; init; }

    /// <summary>Snapshots of the base's layers, the lowest first.</summary>
    [JsonPropertyName("base")]
    public IReadOnlyList<string> Base { get; init; } = [];

    /// <summary>Snapshots of what was done since, the lowest first. Only those in <see cref="Committed"/> are known to anybody else.</summary>
    [JsonPropertyName("changes")]
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>The change that is an image's layer; null before the first commit.</summary>
    [JsonPropertyName("committed")]
    public string? Committed { get; init; }

    /// <summary>The change that the mounted directory is about to become (<see cref="HeldContainer"/>); null at any other time.</summary>
    [JsonPropertyName("settling")]
    public string? Settling { get; init; }

    /// <summary>The configuration so far; history and diff ids are the base's.</summary>
    [JsonPropertyName("config")]
    [JsonConverter(typeof(ConfigConverter))]
    public required ImageConfig Config { get; init; }

    /// <summary>Annotations of the image to come.</summary>
    [JsonPropertyName("annotations")]
    public SortedDictionary<string, string> Annotations { get; init; } = new(StringComparer.Ordinal);

    [JsonPropertyName("format")]
    public ImageFormat Format { get; init; }

    /// <summary>What <c>from</c> said about every container that <c>run</c> starts.</summary>
    [JsonPropertyName("run")]
    public RunSettings Run { get; init; } = new();

    /// <summary>Whether a <c>config --cmd</c> set the command: a new entrypoint then leaves it.</summary>
    [JsonPropertyName("commandSet")]
    public bool CommandSet { get; init; }

    /// <summary>What <c>config --created-by</c> says of the layer to come.</summary>
    [JsonPropertyName("createdBy")]
    public string? CreatedBy { get; init; }

    /// <summary>What <c>config --history-comment</c> says of the layer to come.</summary>
    [JsonPropertyName("historyComment")]
    public string? HistoryComment { get; init; }

    /// <summary>Entries of the history that <c>--add-history</c> asked for; the layer's own comes behind them.</summary>
    [JsonPropertyName("history")]
    public IReadOnlyList<HistoryEntry> History { get; init; } = [];

    /// <summary>The topmost snapshot; null for an empty root.</summary>
    [JsonIgnore]
    public SnapshotId? Top => SnapshotId.TryParse(Changes.Count > 0 ? Changes[^1] : Base.Count > 0 ? Base[^1] : null);

    /// <summary>All snapshots that must stay while the container is there.</summary>
    [JsonIgnore]
    public IEnumerable<SnapshotId> Snapshots => Base.Concat(Changes).Select(SnapshotId.TryParse).OfType<SnapshotId>();

    /// <summary>The base's manifest; null for scratch.</summary>
    public ImageManifest? ParseManifest() => Manifest is { } json ? ImageManifest.Parse(System.Text.Encoding.UTF8.GetBytes(json.GetRawText())) : null;

    /// <summary>The configuration keeps the bytes that its own JSON rules give.</summary>
    internal sealed class ConfigConverter : JsonConverter<ImageConfig>
    {
        public override ImageConfig Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return ImageConfig.Parse(System.Text.Encoding.UTF8.GetBytes(document.RootElement.GetRawText()));
        }

        public override void Write(Utf8JsonWriter writer, ImageConfig value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.ToJson(), skipInputValidation: true);
    }
}

[JsonSerializable(typeof(WorkingContainer))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class WorkingContainerJson : JsonSerializerContext
{
    /// <summary>What a file says; null when it is missing or, after a power loss, not whole.</summary>
    internal static WorkingContainer? Read(byte[]? bytes)
    {
        try
        {
            return bytes is null ? null : JsonSerializer.Deserialize(bytes, Default.WorkingContainer);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
