using System.Text.Json.Serialization;

namespace Bld.Builder.Cache;

/// <summary>What the cache remembers of a step.</summary>
internal sealed record CacheRecord
{
    /// <summary>The snapshot that the step made; absent for a step that changes only the image's configuration.</summary>
    [JsonPropertyName("snapshot")]
    public string? Snapshot { get; init; }

    /// <summary>When the step ran, RFC 3339: a hit repeats it, so that an unchanged build gives the same image.</summary>
    [JsonPropertyName("created")]
    public required DateTimeOffset Created { get; init; }

    /// <summary>How long the step took in milliseconds: the cost of a miss.</summary>
    [JsonPropertyName("milliseconds")]
    public long Milliseconds { get; init; }
}

[JsonSerializable(typeof(CacheRecord))]
[JsonSourceGenerationOptions(WriteIndented = false, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class CacheJsonContext : JsonSerializerContext;
