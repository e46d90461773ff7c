using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bld.Runtime.Spec;

/// <summary>config.json "process".</summary>
public sealed record ProcessSpec : SpecPart
{
    /// <summary>Reads a file that holds a process alone, as "exec --process" gets it.</summary>
    /// <exception cref="JsonException">The bytes are not JSON or a field has the wrong type.</exception>
    public static ProcessSpec Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, SpecJson.Default.ProcessSpec) ?? throw new JsonException("the process is null");

    public bool Terminal { get; init; }

    public ConsoleSizeSpec? ConsoleSize { get; init; }

    public UserSpec User { get; init; } = new();

    /// <summary>The command's whole argv; never empty when a container starts.</summary>
    public IReadOnlyList<string>? Args { get; init; }

    /// <summary>Entries <c>NAME=value</c>, and nothing is added but HOME when it is missing.</summary>
    public IReadOnlyList<string>? Env { get; init; }

    /// <summary>The working directory inside the container, absolute; made when missing.</summary>
    public string Cwd { get; init; } = "/";

    public CapabilitiesSpec? Capabilities { get; init; }

    public IReadOnlyList<RlimitSpec>? Rlimits { get; init; }

    public bool NoNewPrivileges { get; init; }

    public string? ApparmorProfile { get; init; }

    public int? OomScoreAdj { get; init; }

    public string? SelinuxLabel { get; init; }

    public SchedulerSpec? Scheduler { get; init; }

    [JsonPropertyName("ioPriority")]
    public IoPrioritySpec? IoPriority { get; init; }
}

/// <summary>A terminal's size in characters.</summary>
public sealed record ConsoleSizeSpec : SpecPart
{
    public ushort Height { get; init; }

    public ushort Width { get; init; }
}

/// <summary>Numeric ids inside the container.</summary>
public sealed record UserSpec : SpecPart
{
    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public uint? Umask { get; init; }

    public IReadOnlyList<uint>? AdditionalGids { get; init; }
}

/// <summary>Names as in capabilities(7), <c>CAP_CHOWN</c>.</summary>
public sealed record CapabilitiesSpec : SpecPart
{
    public IReadOnlyList<string>? Bounding { get; init; }

    public IReadOnlyList<string>? Effective { get; init; }

    public IReadOnlyList<string>? Inheritable { get; init; }

    public IReadOnlyList<string>? Permitted { get; init; }

    public IReadOnlyList<string>? Ambient { get; init; }
}

/// <summary>A resource limit: <c>RLIMIT_NOFILE</c> with its soft and hard value.</summary>
public sealed record RlimitSpec : SpecPart
{
    public string Type { get; init; } = "";

    public ulong Soft { get; init; }

    public ulong Hard { get; init; }
}

/// <summary>sched_setattr(2).</summary>
public sealed record SchedulerSpec : SpecPart
{
    public string Policy { get; init; } = "SCHED_OTHER";

    public int Nice { get; init; }

    public uint Priority { get; init; }

    public IReadOnlyList<string>? Flags { get; init; }

    public ulong Runtime { get; init; }

    public ulong Deadline { get; init; }

    public ulong Period { get; init; }
}

/// <summary>ioprio_set(2): <c>IOPRIO_CLASS_RT</c>, <c>_BE</c> or <c>_IDLE</c>.</summary>
public sealed record IoPrioritySpec : SpecPart
{
    public string Class { get; init; } = "IOPRIO_CLASS_BE";

    public int Priority { get; init; }
}
