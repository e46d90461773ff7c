using System.Text.Json;

using Bld.Json;

namespace Bld.Builder.Engine.History;

/// <summary>What the store remembers of one build: <c>builds/ID.json</c>.</summary>
internal sealed record BuildRecord : IJsonRecord<BuildRecord>
{
    /// <summary>When it began, and what tells it from others: the file's name.</summary>
    public string Id { get; init; } = "";

    public required DateTimeOffset Started { get; init; }

    public double Milliseconds { get; init; }

    /// <summary><c>succeeded</c>, <c>failed</c> or <c>interrupted</c>.</summary>
    public required string Outcome { get; init; }

    public string? Error { get; init; }

    /// <summary>The image's id; null when there is none.</summary>
    public string? Image { get; init; }

    public IReadOnlyList<string> Names { get; init; } = [];

    public required string Dockerfile { get; init; }

    /// <summary>The Dockerfile's text.</summary>
    public string Source { get; init; } = "";

    public required string Platform { get; init; }

    /// <summary>How many RUNs could go on at once.</summary>
    public int Jobs { get; init; }

    /// <summary>Version of <c>bld</c>, kernel and processors.</summary>
    public string Host { get; init; } = "";

    /// <summary>Seconds since 1970 that the build was given as its time; null when the clock was asked.</summary>
    public long? Epoch { get; init; }

    public IReadOnlyList<RecordedStep> Steps { get; init; } = [];

    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The stages' names, the target's last.</summary>
    public IReadOnlyList<string> Stages { get; init; } = [];

    static BuildRecord IJsonRecord<BuildRecord>.Read(JsonMembers json) => new()
    {
        Started = json.Time("started") ?? throw JsonMembers.Missing("started"),
        Milliseconds = json.Real("milliseconds") ?? 0,
        Outcome = json.RequiredText("outcome"),
        Error = json.Text("error"),
        Image = json.Text("image"),
        Names = json.Texts("names") ?? [],
        Dockerfile = json.RequiredText("dockerfile"),
        Source = json.Text("source") ?? "",
        Platform = json.RequiredText("platform"),
        Jobs = json.Int("jobs") ?? 0,
        Host = json.Text("host") ?? "",
        Epoch = json.Long("epoch"),
        Steps = json.Objects<RecordedStep>("steps") ?? [],
        Warnings = json.Texts("warnings") ?? [],
        Stages = json.Texts("stages") ?? [],
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Time("started", Started);
        json.Real("milliseconds", Milliseconds);
        json.Text("outcome", Outcome);
        json.Text("error", Error);
        json.Text("image", Image);
        json.Texts("names", Names);
        json.Text("dockerfile", Dockerfile);
        json.Text("source", Source);
        json.Text("platform", Platform);
        json.Number("jobs", Jobs);
        json.Text("host", Host);
        json.Number("epoch", Epoch);
        json.Objects("steps", Steps);
        json.Texts("warnings", Warnings);
        json.Texts("stages", Stages);
    }
}

/// <summary>One step of a build.</summary>
internal sealed record RecordedStep : IJsonRecord<RecordedStep>
{
    /// <summary>Position of its stage among those that were built, from 1.</summary>
    public required int Stage { get; init; }

    public required string StageName { get; init; }

    /// <summary>Position in its stage, from 1.</summary>
    public required int Number { get; init; }

    public required string Text { get; init; }

    /// <summary>Milliseconds from the build's beginning to its own.</summary>
    public double Start { get; init; }

    public double Milliseconds { get; init; }

    /// <summary>Those of <see cref="Milliseconds"/> that are its own: not the waiting for another stage, nor the digest of what it reads.</summary>
    public double Work { get; init; }

    /// <summary>
    /// <c>hit</c>, <c>miss</c>, <c>base</c>, <c>config</c> (only the configuration changed: nothing to cache), <c>failed</c> or
    /// <c>unfinished</c>.
    /// </summary>
    public required string Outcome { get; init; }

    public string? Key { get; init; }

    /// <summary>What the key was made of: name, value, name, value … Long values are cut and carry a digest.</summary>
    public IReadOnlyList<string>? Parts { get; init; }

    /// <summary>Why a miss had to run.</summary>
    public string? Reason { get; init; }

    /// <summary>The snapshot that it made or adopted.</summary>
    public string? Snapshot { get; init; }

    /// <summary>Bytes that its command wrote to its standard output and error.</summary>
    public long Output { get; init; }

    /// <summary>Where it stands, for people.</summary>
    public string Place => $"{StageName}:{Number}";

    static RecordedStep IJsonRecord<RecordedStep>.Read(JsonMembers json) => new()
    {
        Stage = json.Int("stage") ?? throw JsonMembers.Missing("stage"),
        StageName = json.RequiredText("stageName"),
        Number = json.Int("number") ?? throw JsonMembers.Missing("number"),
        Text = json.RequiredText("text"),
        Start = json.Real("start") ?? 0,
        Milliseconds = json.Real("milliseconds") ?? 0,
        Work = json.Real("work") ?? 0,
        Outcome = json.RequiredText("outcome"),
        Key = json.Text("key"),
        Parts = json.Texts("parts"),
        Reason = json.Text("reason"),
        Snapshot = json.Text("snapshot"),
        Output = json.Long("output") ?? 0,
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("stage", Stage);
        json.Text("stageName", StageName);
        json.Number("number", Number);
        json.Text("text", Text);
        json.Real("start", Start);
        json.Real("milliseconds", Milliseconds);
        json.Real("work", Work);
        json.Text("outcome", Outcome);
        json.Text("key", Key);
        json.Texts("parts", Parts);
        json.Text("reason", Reason);
        json.Text("snapshot", Snapshot);
        json.Number("output", Output);
    }
}
