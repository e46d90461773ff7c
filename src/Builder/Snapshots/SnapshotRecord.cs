using System.Text.Json;

using Bld.Json;

namespace Bld.Builder.Snapshots;

/// <summary><c>snapshot.json</c>: written once, before the snapshot's directory gets its name.</summary>
internal sealed record SnapshotRecord : IJsonRecord<SnapshotRecord>
{
    public string? Parent { get; init; }

    public DateTimeOffset Created { get; init; }

    /// <summary>The boot in which it was committed; with <see cref="At"/> the moment that a sync must have covered.</summary>
    public required string Boot { get; init; }

    public long At { get; init; }

    static SnapshotRecord IJsonRecord<SnapshotRecord>.Read(JsonMembers json) => new()
    {
        Parent = json.Text("parent"),
        Created = json.Time("created") ?? default,
        Boot = json.RequiredText("boot"),
        At = json.Long("at") ?? 0,
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("parent", Parent);
        json.Time("created", Created);
        json.Text("boot", Boot);
        json.Number("at", At);
    }
}

/// <summary><c>layer.json</c> beside it, and <c>layer-c*.json</c>, <c>layer-f*.json</c> for other times: derived from the content, so it may be lost and computed again.</summary>
internal sealed record LayerRecord : IJsonRecord<LayerRecord>
{
    public required string DiffId { get; init; }

    public long Size { get; init; }

    /// <inheritdoc cref="SnapshotLayer.ClampTime"/>
    public long? ClampTime { get; init; }

    /// <inheritdoc cref="SnapshotLayer.FixedTime"/>
    public long? FixedTime { get; init; }

    static LayerRecord IJsonRecord<LayerRecord>.Read(JsonMembers json) => new()
    {
        DiffId = json.RequiredText("diffId"),
        Size = json.Long("size") ?? 0,
        ClampTime = json.Long("clampTime"),
        FixedTime = json.Long("fixedTime"),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("diffId", DiffId);
        json.Number("size", Size);
        json.Number("clampTime", ClampTime);
        json.Number("fixedTime", FixedTime);
    }
}
