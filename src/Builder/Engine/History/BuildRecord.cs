using System.Text.Json.Serialization;

namespace Bld.Builder.Engine.History;

/// <summary>What the store remembers of one build: <c>builds/ID.json</c>.</summary>
internal sealed record BuildRecord
{
    /// <summary>When it began, and what tells it from others: the file's name.</summary>
    [JsonIgnore]
    public string Id { get; init; } = "";

    [JsonPropertyName("started")]
    public required DateTimeOffset Started { get; init; }

    [JsonPropertyName("milliseconds")]
    public double Milliseconds { get; init; }

    /// <summary><c>succeeded</c>, <c>failed</c> or <c>interrupted</c>.</summary>
    [JsonPropertyName("outcome")]
    public required string Outcome { get; init; }

    [JsonPropertyName("error")]
    public string? Error { get; init; }

    /// <summary>The image's id; null when there is none.</summary>
    [JsonPropertyName("image")]
    public string? Image { get; init; }

    [JsonPropertyName("names")]
    public IReadOnlyList<string> Names { get; init; } = [];

    [JsonPropertyName("dockerfile")]
    public required string Dockerfile { get; init; }

    /// <summary>The Dockerfile's text.</summary>
    [JsonPropertyName("source")]
    public string Source { get; init; } = "";

    [JsonPropertyName("platform")]
    public required string Platform { get; init; }

    /// <summary>How many RUNs could go on at once.</summary>
    [JsonPropertyName("jobs")]
    public int Jobs { get; init; }

    /// <summary>Version of <c>bld</c>, kernel and processors.</summary>
    [JsonPropertyName("host")]
    public string Host { get; init; } = "";

    /// <summary>Seconds since 1970 that the build was given as its time; null when the clock was asked.</summary>
    [JsonPropertyName("epoch")]
    public long? Epoch { get; init; }

    [JsonPropertyName("steps")]
    public IReadOnlyList<RecordedStep> Steps { get; init; } = [];

    [JsonPropertyName("warnings")]
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The stages' names, the target's last.</summary>
    [JsonPropertyName("stages")]
    public IReadOnlyList<string> Stages { get; init; } = [];
}

/// <summary>One step of a build.</summary>
internal sealed record RecordedStep
{
    /// <summary>Position of its stage among those that were built, from 1.</summary>
    [JsonPropertyName("stage")]
    public required int Stage { get; init; }

    [JsonPropertyName("stageName")]
    public required string StageName { get; init; }

    /// <summary>Position in its stage, from 1.</summary>
    [JsonPropertyName("number")]
    public required int Number { get; init; }

    [JsonPropertyName("text")]
    public required string Text { get; init; }

    /// <summary>Milliseconds from the build's beginning to its own.</summary>
    [JsonPropertyName("start")]
    public double Start { get; init; }

    [JsonPropertyName("milliseconds")]
    public double Milliseconds { get; init; }

    /// <summary>Those of <see cref="Milliseconds"/> that are its own: not the waiting for another stage, nor the digest of what it reads.</summary>
    [JsonPropertyName("work")]
    public double Work { get; init; }

    /// <summary>
    /// <c>hit</c>, <c>miss</c>, <c>base</c>, <c>config</c> (only the configuration changed: nothing to cache), <c>failed</c> or
    /// <c>unfinished</c>.
    /// </summary>
    [JsonPropertyName("outcome")]
    public required string Outcome { get; init; }

    [JsonPropertyName("key")]
    public string? Key { get; init; }

    /// <summary>What the key was made of: name, value, name, value … Long values are cut and carry a digest.</summary>
    [JsonPropertyName("parts")]
    public IReadOnlyList<string>? Parts { get; init; }

    /// <summary>Why a miss had to run.</summary>
    [JsonPropertyName("reason")]
    public string? Reason { get; init; }

    /// <summary>The snapshot that it made or adopted.</summary>
    [JsonPropertyName("snapshot")]
    public string? Snapshot { get; init; }

    /// <summary>Bytes that its command wrote to its standard output and error.</summary>
    [JsonPropertyName("output")]
    public long Output { get; init; }

    /// <summary>Where it stands, for people.</summary>
    [JsonIgnore]
    public string Place => $"{StageName}:{Number}";
}

[JsonSerializable(typeof(BuildRecord))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, GenerationMode = JsonSourceGenerationMode.Metadata)]
internal sealed partial class BuildRecordJson : JsonSerializerContext;
