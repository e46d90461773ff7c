using System.Text.Json;

using Bld.Json;

namespace Bld.Runtime.Spec;

/// <summary>config.json "linux.resources": what the cgroup limits.</summary>
public sealed record ResourcesSpec : SpecPart, IJsonRecord<ResourcesSpec>
{
    /// <summary>Reads a file that holds resources alone, as "update --resources" gets it.</summary>
    /// <exception cref="JsonException">The bytes are not JSON or a field has the wrong type.</exception>
    public static ResourcesSpec Parse(ReadOnlySpan<byte> json) => JsonMembers.Parse<ResourcesSpec>(json);

    public IReadOnlyList<DeviceRule>? Devices { get; init; }

    public MemorySpec? Memory { get; init; }

    public CpuSpec? Cpu { get; init; }

    public PidsSpec? Pids { get; init; }

    public BlockIoSpec? BlockIo { get; init; }

    public IReadOnlyList<HugepageLimit>? HugepageLimits { get; init; }

    /// <summary>Files of cgroup v2, written as they are.</summary>
    public IReadOnlyDictionary<string, string>? Unified { get; init; }

    static ResourcesSpec IJsonRecord<ResourcesSpec>.Read(JsonMembers json) => new()
    {
        Devices = json.Objects<DeviceRule>("devices"),
        Memory = json.Object<MemorySpec>("memory"),
        Cpu = json.Object<CpuSpec>("cpu"),
        Pids = json.Object<PidsSpec>("pids"),
        BlockIo = json.Object<BlockIoSpec>("blockIO"),
        HugepageLimits = json.Objects<HugepageLimit>("hugepageLimits"),
        Unified = json.Map("unified"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Objects("devices", Devices);
        json.Object("memory", Memory);
        json.Object("cpu", Cpu);
        json.Object("pids", Pids);
        json.Object("blockIO", BlockIo);
        json.Objects("hugepageLimits", HugepageLimits);
        json.Map("unified", Unified);
        json.Rest(Unknown);
    }
}

/// <summary>An entry of the list of devices; null means any.</summary>
public sealed record DeviceRule : SpecPart, IJsonRecord<DeviceRule>
{
    public bool Allow { get; init; }

    public string? Type { get; init; }

    public long? Major { get; init; }

    public long? Minor { get; init; }

    /// <summary>Letters of <c>rwm</c>.</summary>
    public string? Access { get; init; }

    static DeviceRule IJsonRecord<DeviceRule>.Read(JsonMembers json) => new()
    {
        Allow = json.Flag("allow") ?? false,
        Type = json.Text("type"),
        Major = json.Long("major"),
        Minor = json.Long("minor"),
        Access = json.Text("access"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Flag("allow", Allow);
        json.Text("type", Type);
        json.Number("major", Major);
        json.Number("minor", Minor);
        json.Text("access", Access);
        json.Rest(Unknown);
    }
}

/// <summary>Bytes; -1 is unlimited.</summary>
public sealed record MemorySpec : SpecPart, IJsonRecord<MemorySpec>
{
    public long? Limit { get; init; }

    public long? Reservation { get; init; }

    /// <summary>Memory and swap together.</summary>
    public long? Swap { get; init; }

    public long? Kernel { get; init; }

    public long? KernelTcp { get; init; }

    public ulong? Swappiness { get; init; }

    public bool? DisableOomKiller { get; init; }

    public bool? CheckBeforeUpdate { get; init; }

    static MemorySpec IJsonRecord<MemorySpec>.Read(JsonMembers json) => new()
    {
        Limit = json.Long("limit"),
        Reservation = json.Long("reservation"),
        Swap = json.Long("swap"),
        Kernel = json.Long("kernel"),
        KernelTcp = json.Long("kernelTCP"),
        Swappiness = json.ULong("swappiness"),
        DisableOomKiller = json.Flag("disableOOMKiller"),
        CheckBeforeUpdate = json.Flag("checkBeforeUpdate"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("limit", Limit);
        json.Number("reservation", Reservation);
        json.Number("swap", Swap);
        json.Number("kernel", Kernel);
        json.Number("kernelTCP", KernelTcp);
        json.Number("swappiness", Swappiness);
        json.Flag("disableOOMKiller", DisableOomKiller);
        json.Flag("checkBeforeUpdate", CheckBeforeUpdate);
        json.Rest(Unknown);
    }
}

/// <summary>Time in microseconds; shares as cgroup v1 has them.</summary>
public sealed record CpuSpec : SpecPart, IJsonRecord<CpuSpec>
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

    static CpuSpec IJsonRecord<CpuSpec>.Read(JsonMembers json) => new()
    {
        Shares = json.ULong("shares"),
        Quota = json.Long("quota"),
        Burst = json.ULong("burst"),
        Period = json.ULong("period"),
        RealtimeRuntime = json.Long("realtimeRuntime"),
        RealtimePeriod = json.ULong("realtimePeriod"),
        Cpus = json.Text("cpus"),
        Mems = json.Text("mems"),
        Idle = json.Long("idle"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("shares", Shares);
        json.Number("quota", Quota);
        json.Number("burst", Burst);
        json.Number("period", Period);
        json.Number("realtimeRuntime", RealtimeRuntime);
        json.Number("realtimePeriod", RealtimePeriod);
        json.Text("cpus", Cpus);
        json.Text("mems", Mems);
        json.Number("idle", Idle);
        json.Rest(Unknown);
    }
}

/// <summary>Number of tasks; 0 and below is unlimited.</summary>
public sealed record PidsSpec : SpecPart, IJsonRecord<PidsSpec>
{
    public long? Limit { get; init; }

    static PidsSpec IJsonRecord<PidsSpec>.Read(JsonMembers json) => new()
    {
        Limit = json.Long("limit"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("limit", Limit);
        json.Rest(Unknown);
    }
}

/// <summary>Block devices' weights and rates.</summary>
public sealed record BlockIoSpec : SpecPart, IJsonRecord<BlockIoSpec>
{
    public ushort? Weight { get; init; }

    public ushort? LeafWeight { get; init; }

    public IReadOnlyList<WeightDevice>? WeightDevice { get; init; }

    public IReadOnlyList<ThrottleDevice>? ThrottleReadBpsDevice { get; init; }

    public IReadOnlyList<ThrottleDevice>? ThrottleWriteBpsDevice { get; init; }

    public IReadOnlyList<ThrottleDevice>? ThrottleReadIopsDevice { get; init; }

    public IReadOnlyList<ThrottleDevice>? ThrottleWriteIopsDevice { get; init; }

    static BlockIoSpec IJsonRecord<BlockIoSpec>.Read(JsonMembers json) => new()
    {
        Weight = json.UShort("weight"),
        LeafWeight = json.UShort("leafWeight"),
        WeightDevice = json.Objects<WeightDevice>("weightDevice"),
        ThrottleReadBpsDevice = json.Objects<ThrottleDevice>("throttleReadBpsDevice"),
        ThrottleWriteBpsDevice = json.Objects<ThrottleDevice>("throttleWriteBpsDevice"),
        ThrottleReadIopsDevice = json.Objects<ThrottleDevice>("throttleReadIOPSDevice"),
        ThrottleWriteIopsDevice = json.Objects<ThrottleDevice>("throttleWriteIOPSDevice"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("weight", Weight);
        json.Number("leafWeight", LeafWeight);
        json.Objects("weightDevice", WeightDevice);
        json.Objects("throttleReadBpsDevice", ThrottleReadBpsDevice);
        json.Objects("throttleWriteBpsDevice", ThrottleWriteBpsDevice);
        json.Objects("throttleReadIOPSDevice", ThrottleReadIopsDevice);
        json.Objects("throttleWriteIOPSDevice", ThrottleWriteIopsDevice);
        json.Rest(Unknown);
    }
}

/// <summary>A weight of one device.</summary>
public sealed record WeightDevice : SpecPart, IJsonRecord<WeightDevice>
{
    public long Major { get; init; }

    public long Minor { get; init; }

    public ushort? Weight { get; init; }

    public ushort? LeafWeight { get; init; }

    static WeightDevice IJsonRecord<WeightDevice>.Read(JsonMembers json) => new()
    {
        Major = json.Long("major") ?? 0,
        Minor = json.Long("minor") ?? 0,
        Weight = json.UShort("weight"),
        LeafWeight = json.UShort("leafWeight"),
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("major", Major);
        json.Number("minor", Minor);
        json.Number("weight", Weight);
        json.Number("leafWeight", LeafWeight);
        json.Rest(Unknown);
    }
}

/// <summary>A rate of one device.</summary>
public sealed record ThrottleDevice : SpecPart, IJsonRecord<ThrottleDevice>
{
    public long Major { get; init; }

    public long Minor { get; init; }

    public ulong Rate { get; init; }

    static ThrottleDevice IJsonRecord<ThrottleDevice>.Read(JsonMembers json) => new()
    {
        Major = json.Long("major") ?? 0,
        Minor = json.Long("minor") ?? 0,
        Rate = json.ULong("rate") ?? 0,
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("major", Major);
        json.Number("minor", Minor);
        json.Number("rate", Rate);
        json.Rest(Unknown);
    }
}

/// <summary>A limit on pages of one size, <c>2MB</c>.</summary>
public sealed record HugepageLimit : SpecPart, IJsonRecord<HugepageLimit>
{
    public string PageSize { get; init; } = "";

    public ulong Limit { get; init; }

    static HugepageLimit IJsonRecord<HugepageLimit>.Read(JsonMembers json) => new()
    {
        PageSize = json.Text("pageSize") ?? "",
        Limit = json.ULong("limit") ?? 0,
        Unknown = json.Rest(),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("pageSize", PageSize);
        json.Number("limit", Limit);
        json.Rest(Unknown);
    }
}
