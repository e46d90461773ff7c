using System.Text;
using System.Text.Json;

using Bld.Json;
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
public sealed record OciStateReport : IJsonWritable
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

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

    /// <summary>What "state" prints.</summary>
    public string ToJson() => Encoding.UTF8.GetString(JsonWriting.ToJson(this, Indented));

    /// <summary>What "list --format json" prints.</summary>
    public static string ListToJson(IReadOnlyList<OciStateReport> reports) => Encoding.UTF8.GetString(reports.ToJson(Indented));

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("ociVersion", OciVersion);
        json.Text("id", Id);
        json.Number("pid", Pid);
        json.Text("status", Status);
        json.Text("bundle", Bundle);
        json.Text("rootfs", Rootfs);
        json.Text("created", Created);
        json.Text("owner", Owner);
        json.Map("annotations", Annotations);
    }
}
