using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bld.Runtime.Spec;

/// <summary>config.json "linux.resources": what the cgroup limits.</summary>
public sealed record ResourcesSpec : SpecPart
{
    /// <summary>Reads a file that holds resources alone, as "update --resources" gets it.</summary>
    /// <exception cref="JsonException">The bytes are not JSON or a field has the wrong type.</exception>
    public static ResourcesSpec Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, SpecJson.Default.ResourcesSpec) ?? throw new JsonException("the resources are null");

    public IReadOnlyList<DeviceRule>? Devices { get; init; }

    public MemorySpec? Memory { get; init; }

    public CpuSpec? Cpu { get; init; }

    public PidsSpec? Pids { get; init; }

    [JsonPropertyName("blockIO")]
    public BlockIoSpec? BlockIo { get; init; }

    public IReadOnlyList<HugepageLimit>? HugepageLimits { get; init; }

    /// <summary>Files of cgroup v2, written as they are.</summary>
    public IReadOnlyDictionary<string, string>? Unified { get; init; }
}

/// <summary>An entry of the list of devices; null means any.</summary>
public sealed record DeviceRule : SpecPart
{
    public bool Allow { get; init; }

    public string? Type { get; init; }

    public long? Major { get; init; }

    public long? Minor { get; init; }

    /// <summary>Letters of <c>rwm</c>.</summary>
    public string? Access { get; init; }
}

/// <summary>Bytes; -1 is unlimited.</summary>
public sealed record MemorySpec : SpecPart
{
    public long? Limit { get; init; }

    public long? Reservation { get; init; }

    /// <summary>Memory and swap together.</summary>
    public long? Swap { get; init; }

    public long? Kernel { get; init; }

    [JsonPropertyName("kernelTCP")]
    public long? KernelTcp { get; init; }

    public ulong? Swappiness { get; init; }

    [JsonPropertyName("disableOOMKiller")]
    public bool? DisableOomKiller { get; init; }

    public bool? CheckBeforeUpdate { get; init; }
}

/// <summary>Time in microseconds; shares as cgroup v1 has them.</summary>
public sealed record CpuSpec : SpecPart
{
    public ulong? Shares { get; init; }

    public long? Quota { get; init; }

    public ulong? Burst { get; init; }

    public ulong? Period { get; init; }

    public long? RealtimeRuntime { get; init; }

    public ulong? RealtimePeriod { get; init; }

    public string? Cpus { get; init; }

    public string? Mems { get; init; }

    public long? Idle { get; init; }
}

/// <summary>Number of tasks; 0 and below is unlimited.</summary>
public sealed record PidsSpec : SpecPart
{
    public long? Limit { get; init; }
}

/// <summary>Block devices' weights and rates.</summary>
public sealed record BlockIoSpec : SpecPart
{
    public ushort? Weight { get; init; }

    public ushort? LeafWeight { get; init; }

    public IReadOnlyList<WeightDevice>? WeightDevice { get; init; }

    public IReadOnlyList<ThrottleDevice>? ThrottleReadBpsDevice { get; init; }

    public IReadOnlyList<ThrottleDevice>? ThrottleWriteBpsDevice { get; init; }

    [JsonPropertyName("throttleReadIOPSDevice")]
    public IReadOnlyList<ThrottleDevice>? ThrottleReadIopsDevice { get; init; }

    [JsonPropertyName("throttleWriteIOPSDevice")]
    public IReadOnlyList<ThrottleDevice>? ThrottleWriteIopsDevice { get; init; }
}

/// <summary>A weight of one device.</summary>
public sealed record WeightDevice : SpecPart
{
    public long Major { get; init; }

    public long Minor { get; init; }

    public ushort? Weight { get; init; }

    public ushort? LeafWeight { get; init; }
}

/// <summary>A rate of one device.</summary>
public sealed record ThrottleDevice : SpecPart
{
    public long Major { get; init; }

    public long Minor { get; init; }

    public ulong Rate { get; init; }
}

/// <summary>A limit on pages of one size, <c>2MB</c>.</summary>
public sealed record HugepageLimit : SpecPart
{
    public string PageSize { get; init; } = "";

    public ulong Limit { get; init; }
}
