using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bld.Runtime.Spec;

/// <summary>A part of config.json; fields that this program does not know are kept as they came.</summary>
public abstract record SpecPart
{
    /// <summary>Fields that no property stands for.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>The OCI runtime-spec's config.json, for Linux. Names and meaning are the spec's.</summary>
public sealed record ContainerSpec : SpecPart
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
    public static ContainerSpec Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, SpecJson.Default.ContainerSpec) ?? throw new JsonException("config.json holds null");

    /// <summary>Writes config.json.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, SpecJson.Default.ContainerSpec);
}

/// <summary>config.json "root".</summary>
public sealed record RootSpec : SpecPart
{
    /// <summary>A host path; relative to the bundle.</summary>
    public string Path { get; init; } = "rootfs";

    public bool Readonly { get; init; }
}

/// <summary>One entry of config.json "mounts".</summary>
public sealed record MountSpec : SpecPart
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
}

/// <summary>A range of ids of a user namespace.</summary>
public sealed record IdMapping : SpecPart
{
    [JsonPropertyName("containerID")]
    public uint ContainerId { get; init; }

    [JsonPropertyName("hostID")]
    public uint HostId { get; init; }

    public uint Size { get; init; }
}

/// <summary>config.json "hooks": programs run at points of the container's life.</summary>
public sealed record HooksSpec : SpecPart
{
    public IReadOnlyList<HookSpec>? Prestart { get; init; }

    public IReadOnlyList<HookSpec>? CreateRuntime { get; init; }

    public IReadOnlyList<HookSpec>? CreateContainer { get; init; }

    public IReadOnlyList<HookSpec>? StartContainer { get; init; }

    public IReadOnlyList<HookSpec>? Poststart { get; init; }

    public IReadOnlyList<HookSpec>? Poststop { get; init; }
}

/// <summary>One hook: an absolute path, its whole argv, its environment and a time limit in seconds.</summary>
public sealed record HookSpec : SpecPart
{
    public string Path { get; init; } = "";

    public IReadOnlyList<string>? Args { get; init; }

    public IReadOnlyList<string>? Env { get; init; }

    public int? Timeout { get; init; }
}

/// <summary>The source-generated JSON of config.json.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(ContainerSpec))]
[JsonSerializable(typeof(SeccompSpec))]
[JsonSerializable(typeof(ProcessSpec))]
[JsonSerializable(typeof(ResourcesSpec))]
internal sealed partial class SpecJson : JsonSerializerContext;
