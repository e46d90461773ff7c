using System.Text.Json.Serialization;

using Bld.Runtime.Cgroups;

namespace Bld.Runtime.Oci;

/// <summary>
/// What state.json keeps of a container: all that a later command needs to find it again. Written once, published by rename.
/// </summary>
public sealed record OciState
{
    public string OciVersion { get; init; } = "1.2.0";

    public string Id { get; init; } = "";

    /// <summary>Init's number.</summary>
    public int Pid { get; init; }

    /// <summary>When init started, in the kernel's ticks since boot: tells a process from a later one of the same number.</summary>
    public ulong StartTime { get; init; }

    /// <summary>The bundle's directory, absolute.</summary>
    public string Bundle { get; init; } = "";

    /// <summary>The root's directory, absolute.</summary>
    public string Rootfs { get; init; } = "";

    /// <summary>RFC 3339, UTC.</summary>
    public string Created { get; init; } = "";

    /// <summary>Who made it.</summary>
    public uint Owner { get; init; }

    /// <summary>Whether it has a pid namespace of its own, so that its end is the end of all its processes.</summary>
    public bool OwnProcesses { get; init; }

    public IReadOnlyList<CgroupDirectory> Cgroups { get; init; } = [];

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}

/// <summary>The answer of "state" and an entry of "list" (runtime-spec, "State"; runc adds rootfs, created and owner).</summary>
public sealed record OciStateReport
{
    public string OciVersion { get; init; } = "";

    public string Id { get; init; } = "";

    /// <summary>0 when it is stopped.</summary>
    public int Pid { get; init; }

    /// <summary><c>created</c>, <c>running</c>, <c>paused</c> or <c>stopped</c>.</summary>
    public string Status { get; init; } = "";

    public string Bundle { get; init; } = "";

    public string Rootfs { get; init; } = "";

    public string Created { get; init; } = "";

    public string Owner { get; init; } = "";

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}

/// <summary>The source-generated JSON of what people and engines are told.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(OciStateReport))]
[JsonSerializable(typeof(IReadOnlyList<OciStateReport>))]
[JsonSerializable(typeof(IReadOnlyList<int>))]
public sealed partial class OciReportJson : JsonSerializerContext;
