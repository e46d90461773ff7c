using System.Text.Json;

using Bld.Json;

namespace Bld.Runtime.Spec;

/// <summary>A part of config.json; fields that this program does not know are kept as they came.</summary>
public abstract record SpecPart
{
    /// <summary>Fields that no property stands for.</summary>
    public IDictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>The OCI runtime-spec's config.json, for Linux. Names and meaning are the spec's.</summary>
public sealed record ContainerSpec : SpecPart, IJsonRecord<ContainerSpec>
{
    public string OciVersion { get; init; } = "1.2.0";

    public ProcessSpec? Process { get; init; }

    public RootSpec? Root { get; init; }

    public string? Hostname { get; init; }

    public string? Domainname { get; init; }

    public IReadOnlyList<MountSpec>? Mounts { get; init; }

    public HooksSpec? Hooks { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    public LinuxSpec? Linux { get; init; }

    /// <summary>Reads config.json.</summary>
    /// <exception cref="JsonException">The bytes are not JSON or a field has the wrong type.</exception>
    public static ContainerSpec Parse(ReadOnlySpan<byte> json) => JsonMembers.Parse<ContainerSpec>(json);

    /// <summary>Writes config.json.</summary>
    public byte[] ToJson() => this.ToJson(new JsonWriterOptions { Indented = true });

    static ContainerSpec IJsonRecord<ContainerSpec>.Read(JsonMembers json) => new()
    {
        OciVersion = json.Text("ociVersion") ?? "1.2.0",
        Process = json.Object<ProcessSpec>("process"),
        Root = json.Object<RootSpec>("root"),
        Hostname = json.Text("hostname"),
        Domainname = json.Text("domainname"),
        Mounts = json.Objects<MountSpec>("mounts"),
        Hooks = json.Object<HooksSpec>("hooks"),
        Annotations = json.Map("annotations"),
        Linux = json.Object<LinuxSpec>("linux"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("ociVersion", OciVersion);
        json.Object("process", Process);
        json.Object("root", Root);
        json.Text("hostname", Hostname);
        json.Text("domainname", Domainname);
        json.Objects("mounts", Mounts);
        json.Object("hooks", Hooks);
        json.Map("annotations", Annotations);
        json.Object("linux", Linux);
        json.Rest(Unknown);
    }
}

/// <summary>config.json "root".</summary>
public sealed record RootSpec : SpecPart, IJsonRecord<RootSpec>
{
    /// <summary>A host path; relative to the bundle.</summary>
    public string Path { get; init; } = "rootfs";

    public bool Readonly { get; init; }

    static RootSpec IJsonRecord<RootSpec>.Read(JsonMembers json) => new()
    {
        Path = json.Text("path") ?? "rootfs",
        Readonly = json.Flag("readonly") ?? false,
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("path", Path);
        json.Flag("readonly", Readonly);
        json.Rest(Unknown);
    }
}

/// <summary>One entry of config.json "mounts".</summary>
public sealed record MountSpec : SpecPart, IJsonRecord<MountSpec>
{
    /// <summary>The place inside the container, absolute.</summary>
    public string Destination { get; init; } = "";

    /// <summary>A file system type, or <c>bind</c>.</summary>
    public string? Type { get; init; }

    /// <summary>A host path for a bind; a name otherwise.</summary>
    public string? Source { get; init; }

    /// <summary>mount(8) options; what is no flag goes to the file system.</summary>
    public IReadOnlyList<string>? Options { get; init; }

    public IReadOnlyList<IdMapping>? UidMappings { get; init; }

    public IReadOnlyList<IdMapping>? GidMappings { get; init; }

    static MountSpec IJsonRecord<MountSpec>.Read(JsonMembers json) => new()
    {
        Destination = json.Text("destination") ?? "",
        Type = json.Text("type"),
        Source = json.Text("source"),
        Options = json.Texts("options"),
        UidMappings = json.Objects<IdMapping>("uidMappings"),
        GidMappings = json.Objects<IdMapping>("gidMappings"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("destination", Destination);
        json.Text("type", Type);
        json.Text("source", Source);
        json.Texts("options", Options);
        json.Objects("uidMappings", UidMappings);
        json.Objects("gidMappings", GidMappings);
        json.Rest(Unknown);
    }
}

/// <summary>A range of ids of a user namespace.</summary>
public sealed record IdMapping : SpecPart, IJsonRecord<IdMapping>
{
    public uint ContainerId { get; init; }

    public uint HostId { get; init; }

    public uint Size { get; init; }

    static IdMapping IJsonRecord<IdMapping>.Read(JsonMembers json) => new()
    {
        ContainerId = json.UInt("containerID") ?? 0,
        HostId = json.UInt("hostID") ?? 0,
        Size = json.UInt("size") ?? 0,
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("containerID", ContainerId);
        json.Number("hostID", HostId);
        json.Number("size", Size);
        json.Rest(Unknown);
    }
}

/// <summary>config.json "hooks": programs run at points of the container's life.</summary>
public sealed record HooksSpec : SpecPart, IJsonRecord<HooksSpec>
{
    public IReadOnlyList<HookSpec>? Prestart { get; init; }

    public IReadOnlyList<HookSpec>? CreateRuntime { get; init; }

    public IReadOnlyList<HookSpec>? CreateContainer { get; init; }

    public IReadOnlyList<HookSpec>? StartContainer { get; init; }

    public IReadOnlyList<HookSpec>? Poststart { get; init; }

    public IReadOnlyList<HookSpec>? Poststop { get; init; }

    static HooksSpec IJsonRecord<HooksSpec>.Read(JsonMembers json) => new()
    {
        Prestart = json.Objects<HookSpec>("prestart"),
        CreateRuntime = json.Objects<HookSpec>("createRuntime"),
        CreateContainer = json.Objects<HookSpec>("createContainer"),
        StartContainer = json.Objects<HookSpec>("startContainer"),
        Poststart = json.Objects<HookSpec>("poststart"),
        Poststop = json.Objects<HookSpec>("poststop"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Objects("prestart", Prestart);
        json.Objects("createRuntime", CreateRuntime);
        json.Objects("createContainer", CreateContainer);
        json.Objects("startContainer", StartContainer);
        json.Objects("poststart", Poststart);
        json.Objects("poststop", Poststop);
        json.Rest(Unknown);
    }
}

/// <summary>One hook: an absolute path, its whole argv, its environment and a time limit in seconds.</summary>
public sealed record HookSpec : SpecPart, IJsonRecord<HookSpec>
{
    public string Path { get; init; } = "";

    public IReadOnlyList<string>? Args { get; init; }

    public IReadOnlyList<string>? Env { get; init; }

    public int? Timeout { get; init; }

    static HookSpec IJsonRecord<HookSpec>.Read(JsonMembers json) => new()
    {
        Path = json.Text("path") ?? "",
        Args = json.Texts("args"),
        Env = json.Texts("env"),
        Timeout = json.Int("timeout"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("path", Path);
        json.Texts("args", Args);
        json.Texts("env", Env);
        json.Number("timeout", Timeout);
        json.Rest(Unknown);
    }
}
