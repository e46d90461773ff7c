using System.Text.Json;

using Bld.Json;

namespace Bld.Builder.Cache;

/// <summary>What the cache remembers of a step.</summary>
internal sealed record CacheRecord : IJsonRecord<CacheRecord>
{
    /// <summary>The snapshot that the step made; absent for a step that changes only the image's configuration.</summary>
    public string? Snapshot { get; init; }

    /// <summary>When the step ran, RFC 3339: a hit repeats it, so that an unchanged build gives the same image.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>How long the step took in milliseconds: the cost of a miss.</summary>
    public long Milliseconds { get; init; }

    static CacheRecord IJsonRecord<CacheRecord>.Read(JsonMembers json) => new()
    {
        Snapshot = json.Text("snapshot"),
        Created = json.Time("created") ?? throw JsonMembers.Missing("created"),
        Milliseconds = json.Long("milliseconds") ?? 0,
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("snapshot", Snapshot);
        json.Time("created", Created);
        json.Number("milliseconds", Milliseconds);
    }
}
