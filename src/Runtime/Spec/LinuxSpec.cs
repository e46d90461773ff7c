using System.Text.Json;

using Bld.Json;

namespace Bld.Runtime.Spec;

/// <summary>config.json "linux".</summary>
public sealed record LinuxSpec : SpecPart, IJsonRecord<LinuxSpec>
{
    public IReadOnlyList<NamespaceSpec>? Namespaces { get; init; }

    public IReadOnlyList<IdMapping>? UidMappings { get; init; }

    public IReadOnlyList<IdMapping>? GidMappings { get; init; }

    public IReadOnlyDictionary<string, TimeOffsetSpec>? TimeOffsets { get; init; }

    public IReadOnlyList<DeviceSpec>? Devices { get; init; }

    /// <summary>Where the cgroup lies, as the spec says; null leaves the container in the caller's cgroup.</summary>
    public string? CgroupsPath { get; init; }

    public ResourcesSpec? Resources { get; init; }

    public IReadOnlyDictionary<string, string>? Sysctl { get; init; }

    public SeccompSpec? Seccomp { get; init; }

    public IReadOnlyList<string>? MaskedPaths { get; init; }

    public IReadOnlyList<string>? ReadonlyPaths { get; init; }

    public string? MountLabel { get; init; }

    /// <summary><c>private</c>, <c>rprivate</c>, <c>slave</c>, <c>rslave</c>, <c>shared</c>, <c>rshared</c>, <c>unbindable</c>.</summary>
    public string? RootfsPropagation { get; init; }

    public PersonalitySpec? Personality { get; init; }

    static LinuxSpec IJsonRecord<LinuxSpec>.Read(JsonMembers json) => new()
    {
        Namespaces = json.Objects<NamespaceSpec>("namespaces"),
        UidMappings = json.Objects<IdMapping>("uidMappings"),
        GidMappings = json.Objects<IdMapping>("gidMappings"),
        TimeOffsets = json.ObjectsByName<TimeOffsetSpec>("timeOffsets"),
        Devices = json.Objects<DeviceSpec>("devices"),
        CgroupsPath = json.Text("cgroupsPath"),
        Resources = json.Object<ResourcesSpec>("resources"),
        Sysctl = json.Map("sysctl"),
        Seccomp = json.Object<SeccompSpec>("seccomp"),
        MaskedPaths = json.Texts("maskedPaths"),
        ReadonlyPaths = json.Texts("readonlyPaths"),
        MountLabel = json.Text("mountLabel"),
        RootfsPropagation = json.Text("rootfsPropagation"),
        Personality = json.Object<PersonalitySpec>("personality"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Objects("namespaces", Namespaces);
        json.Objects("uidMappings", UidMappings);
        json.Objects("gidMappings", GidMappings);
        json.ObjectsByName("timeOffsets", TimeOffsets?.Select(static each => KeyValuePair.Create<string, IJsonWritable>(each.Key, each.Value)));
        json.Objects("devices", Devices);
        json.Text("cgroupsPath", CgroupsPath);
        json.Object("resources", Resources);
        json.Map("sysctl", Sysctl);
        json.Object("seccomp", Seccomp);
        json.Texts("maskedPaths", MaskedPaths);
        json.Texts("readonlyPaths", ReadonlyPaths);
        json.Text("mountLabel", MountLabel);
        json.Text("rootfsPropagation", RootfsPropagation);
        json.Object("personality", Personality);
        json.Rest(Unknown);
    }
}

/// <summary>A namespace that is new, or joined when a path is given.</summary>
public sealed record NamespaceSpec : SpecPart, IJsonRecord<NamespaceSpec>
{
    /// <summary><c>pid network mount ipc uts user cgroup time</c>.</summary>
    public string Type { get; init; } = "";

    public string? Path { get; init; }

    static NamespaceSpec IJsonRecord<NamespaceSpec>.Read(JsonMembers json) => new()
    {
        Type = json.Text("type") ?? "",
        Path = json.Text("path"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("type", Type);
        json.Text("path", Path);
        json.Rest(Unknown);
    }
}

/// <summary>An offset of a clock of a time namespace.</summary>
public sealed record TimeOffsetSpec : SpecPart, IJsonRecord<TimeOffsetSpec>
{
    public long Secs { get; init; }

    public uint Nanosecs { get; init; }

    static TimeOffsetSpec IJsonRecord<TimeOffsetSpec>.Read(JsonMembers json) => new()
    {
        Secs = json.Long("secs") ?? 0,
        Nanosecs = json.UInt("nanosecs") ?? 0,
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("secs", Secs);
        json.Number("nanosecs", Nanosecs);
        json.Rest(Unknown);
    }
}

/// <summary>A device node of the container.</summary>
public sealed record DeviceSpec : SpecPart, IJsonRecord<DeviceSpec>
{
    /// <summary><c>c</c>, <c>b</c>, <c>u</c> or <c>p</c>.</summary>
    public string Type { get; init; } = "c";

    public string Path { get; init; } = "";

    public long Major { get; init; }

    public long Minor { get; init; }

    public uint? FileMode { get; init; }

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }

    static DeviceSpec IJsonRecord<DeviceSpec>.Read(JsonMembers json) => new()
    {
        Type = json.Text("type") ?? "c",
        Path = json.Text("path") ?? "",
        Major = json.Long("major") ?? 0,
        Minor = json.Long("minor") ?? 0,
        FileMode = json.UInt("fileMode"),
        Uid = json.UInt("uid"),
        Gid = json.UInt("gid"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("type", Type);
        json.Text("path", Path);
        json.Number("major", Major);
        json.Number("minor", Minor);
        json.Number("fileMode", FileMode);
        json.Number("uid", Uid);
        json.Number("gid", Gid);
        json.Rest(Unknown);
    }
}

/// <summary>personality(2): <c>LINUX</c> or <c>LINUX32</c>.</summary>
public sealed record PersonalitySpec : SpecPart, IJsonRecord<PersonalitySpec>
{
    public string Domain { get; init; } = "LINUX";

    public IReadOnlyList<string>? Flags { get; init; }

    static PersonalitySpec IJsonRecord<PersonalitySpec>.Read(JsonMembers json) => new()
    {
        Domain = json.Text("domain") ?? "LINUX",
        Flags = json.Texts("flags"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("domain", Domain);
        json.Texts("flags", Flags);
        json.Rest(Unknown);
    }
}
