namespace Bld.Builder.Engine;

/// <summary>How the network of a RUN looks unless the instruction says otherwise.</summary>
internal enum NetworkKind
{
    /// <summary>Private where a helper (pasta, netavark) is installed, the host's otherwise.</summary>
    Default,

    /// <summary>The host's.</summary>
    Host,

    /// <summary>An own namespace with nothing but loopback.</summary>
    None,

    /// <summary>An own namespace that reaches the outside by pasta or netavark.</summary>
    Private,
}

/// <summary>What the command line says about every container that a build or a working container starts.</summary>
internal sealed record RunSettings
{
    public NetworkKind Network { get; init; }

    /// <summary>Extra lines of /etc/hosts, as <c>name:address</c>.</summary>
    public IReadOnlyList<string> AddHosts { get; init; } = [];

    public IReadOnlyList<string> DnsServers { get; init; } = [];

    public IReadOnlyList<string> DnsSearch { get; init; } = [];

    public IReadOnlyList<string> DnsOptions { get; init; } = [];

    public IReadOnlyList<string> CapAdd { get; init; } = [];

    public IReadOnlyList<string> CapDrop { get; init; } = [];

    /// <summary>As <c>name=soft[:hard]</c>.</summary>
    public IReadOnlyList<string> UserLimits { get; init; } = [];

    /// <summary>Size of /dev/shm in bytes; null for the default of 64 MiB.</summary>
    public long? SharedMemorySize { get; init; }

    /// <summary>As <c>source:target[:options]</c>.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>As <c>seccomp=…</c>, <c>apparmor=…</c>, <c>no-new-privileges</c>, <c>mask=…</c>, <c>unmask=…</c>, <c>label=…</c>.</summary>
    public IReadOnlyList<string> SecurityOptions { get; init; } = [];

    /// <summary>As <c>host[:container[:permissions]]</c>.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>Host name of the container; null lets the engine choose.</summary>
    public string? Hostname { get; init; }

    /// <summary>Whether /etc/hosts is left as the image has it.</summary>
    public bool NoHosts { get; init; }

    /// <summary>Whether /etc/hostname is left as the image has it.</summary>
    public bool NoHostname { get; init; }

    /// <summary>Memory limit in bytes.</summary>
    public long? Memory { get; init; }

    /// <summary>Limit of memory and swap together in bytes; -1 for none.</summary>
    public long? MemorySwap { get; init; }

    public ulong? CpuShares { get; init; }

    public long? CpuQuota { get; init; }

    public ulong? CpuPeriod { get; init; }

    public string? CpuSetCpus { get; init; }

    public string? CpuSetMems { get; init; }

    public long? PidsLimit { get; init; }

    public string? CgroupParent { get; init; }

    /// <summary>Whether the command runs below a small init that reaps orphans.</summary>
    public bool Init { get; init; }

    /// <summary>Whether proxy variables of the caller's environment are passed to the command.</summary>
    public bool HttpProxy { get; init; } = true;
}
