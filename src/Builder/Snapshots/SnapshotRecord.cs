using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bld.Builder.Snapshots;

/// <summary><c>snapshot.json</c>: written once, before the snapshot's directory gets its name.</summary>
internal sealed record SnapshotRecord
{
    [JsonPropertyName("parent")]
    public string? Parent { get; init; }

    [JsonPropertyName("created")]
    public DateTimeOffset Created { get; init; }

    /// <summary>The boot in which it was committed; with <see cref="At"/> the moment that a sync must have covered.</summary>
    [JsonPropertyName("boot")]
    public required string Boot { get; init; }

    [JsonPropertyName("at")]
    public long At { get; init; }
}

/// <summary><c>layer.json</c> beside it, and <c>layer-c*.json</c>, <c>layer-f*.json</c> for other times: derived from the content, so it may be lost and computed again.</summary>
internal sealed record LayerRecord
{
    [JsonPropertyName("diffId")]
    public required string DiffId { get; init; }

    [JsonPropertyName("size")]
    public long Size { get; init; }

    /// <inheritdoc cref="SnapshotLayer.ClampTime"/>
    [JsonPropertyName("clampTime")]
    public long? ClampTime { get; init; }

    /// <inheritdoc cref="SnapshotLayer.FixedTime"/>
    [JsonPropertyName("fixedTime")]
    public long? FixedTime { get; init; }
}

[JsonSerializable(typeof(SnapshotRecord))]
[JsonSerializable(typeof(LayerRecord))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class SnapshotJson : JsonSerializerContext
{
    /// <summary>What a file says; null when it is missing or, after a power loss, not whole.</summary>
    internal static SnapshotRecord? ReadSnapshot(byte[]? bytes)
    {
        try
        {
            return bytes is null ? null : JsonSerializer.Deserialize(bytes, Default.SnapshotRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <inheritdoc cref="ReadSnapshot"/>
    internal static LayerRecord? ReadLayer(byte[]? bytes)
    {
        try
        {
            return bytes is null ? null : JsonSerializer.Deserialize(bytes, Default.LayerRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
