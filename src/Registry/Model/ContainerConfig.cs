using System.Text.Json;

using Bld.Json;

namespace Bld.Registry;

/// <summary>How containers of an image run (the <c>config</c> of its configuration).</summary>
public sealed record ContainerConfig : IJsonRecord<ContainerConfig>
{
    public string? Hostname { get; init; }

    public string? Domainname { get; init; }

    public string? User { get; init; }

    public SortedDictionary<string, EmptyObject>? ExposedPorts { get; init; }

    public IReadOnlyList<string>? Env { get; init; }

    public IReadOnlyList<string>? Entrypoint { get; init; }

    public IReadOnlyList<string>? Cmd { get; init; }

    public HealthcheckConfig? Healthcheck { get; init; }

    public bool? ArgsEscaped { get; init; }

    public SortedDictionary<string, EmptyObject>? Volumes { get; init; }

    public string? WorkingDir { get; init; }

    public IReadOnlyList<string>? OnBuild { get; init; }

    public SortedDictionary<string, string>? Labels { get; init; }

    public string? StopSignal { get; init; }

    public IReadOnlyList<string>? Shell { get; init; }

    /// <summary>Fields that no property stands for.</summary>
    public IDictionary<string, JsonElement>? Unknown { get; set; }

    static ContainerConfig IJsonRecord<ContainerConfig>.Read(JsonMembers json) => new()
    {
        Hostname = json.Text("Hostname"),
        Domainname = json.Text("Domainname"),
        User = json.Text("User"),
        ExposedPorts = json.Set("ExposedPorts"),
        Env = json.Texts("Env"),
        Entrypoint = json.Texts("Entrypoint"),
        Cmd = json.Texts("Cmd"),
        Healthcheck = json.Object<HealthcheckConfig>("Healthcheck"),
        ArgsEscaped = json.Flag("ArgsEscaped"),
        Volumes = json.Set("Volumes"),
        WorkingDir = json.Text("WorkingDir"),
        OnBuild = json.Texts("OnBuild"),
        Labels = json.Map("Labels"),
        StopSignal = json.Text("StopSignal"),
        Shell = json.Texts("Shell"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("Hostname", Hostname);
        json.Text("Domainname", Domainname);
        json.Text("User", User);
        json.Set("ExposedPorts", ExposedPorts);
        json.Texts("Env", Env);
        json.Texts("Entrypoint", Entrypoint);
        json.Texts("Cmd", Cmd);
        json.Object("Healthcheck", Healthcheck);
        json.Flag("ArgsEscaped", ArgsEscaped);
        json.Set("Volumes", Volumes);
        json.Text("WorkingDir", WorkingDir);
        json.Texts("OnBuild", OnBuild);
        json.Map("Labels", Labels);
        json.Text("StopSignal", StopSignal);
        json.Texts("Shell", Shell);
        json.Rest(Unknown);
    }
}

/// <summary>Docker's HEALTHCHECK; times in nanoseconds.</summary>
public sealed record HealthcheckConfig : IJsonRecord<HealthcheckConfig>
{
    /// <summary><c>["NONE"]</c>, <c>["CMD", …]</c> or <c>["CMD-SHELL", command]</c>.</summary>
    public IReadOnlyList<string>? Test { get; init; }

    public long Interval { get; init; }

    public long Timeout { get; init; }

    public long StartPeriod { get; init; }

    public long StartInterval { get; init; }

    public int Retries { get; init; }

    static HealthcheckConfig IJsonRecord<HealthcheckConfig>.Read(JsonMembers json) => new()
    {
        Test = json.Texts("Test"),
        Interval = json.Long("Interval") ?? 0,
        Timeout = json.Long("Timeout") ?? 0,
        StartPeriod = json.Long("StartPeriod") ?? 0,
        StartInterval = json.Long("StartInterval") ?? 0,
        Retries = json.Int("Retries") ?? 0,
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Texts("Test", Test);
        json.Number("Interval", Interval == 0 ? null : Interval);
        json.Number("Timeout", Timeout == 0 ? null : Timeout);
        json.Number("StartPeriod", StartPeriod == 0 ? null : StartPeriod);
        json.Number("StartInterval", StartInterval == 0 ? null : StartInterval);
        json.Number("Retries", Retries == 0 ? null : Retries);
    }
}

/// <summary>The <c>{}</c> that Go writes for a member of a set.</summary>
public readonly record struct EmptyObject;
