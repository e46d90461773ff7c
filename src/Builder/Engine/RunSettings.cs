using System.Text.Json;

using Bld.Json;

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

    /// <summary>The namespace of <see cref="RunSettings.NetworkPath"/>.</summary>
    Joined,
}

/// <summary>What keeps a container from the host.</summary>
internal enum IsolationKind
{
    /// <summary>Everything that an OCI runtime gives: all namespaces, capabilities, system call filter, masked paths.</summary>
    Oci,

    /// <summary>The same for a user without privilege: without cgroups where none are delegated.</summary>
    Rootless,

    /// <summary>A change of root with namespaces for mounts and the host name only, for places that allow no more.</summary>
    Chroot,
}

/// <summary>What the command line says about every container that a build or a working container starts.</summary>
internal sealed record RunSettings : IJsonRecord<RunSettings>
{
    public NetworkKind Network { get; init; }

    /// <summary>A network namespace's file, for <see cref="NetworkKind.Joined"/>.</summary>
    public string? NetworkPath { get; init; }

    /// <summary>Options of pasta(1) for <see cref="NetworkKind.Private"/>, a word each.</summary>
    public IReadOnlyList<string> PastaOptions { get; init; } = [];

    public IsolationKind Isolation { get; init; }

    /// <summary>The ipc namespace: null or <c>private</c> for a new one, <c>host</c>, or a namespace's file.</summary>
    public string? Ipc { get; init; }

    /// <summary>The pid namespace, as <see cref="Ipc"/>.</summary>
    public string? Pid { get; init; }

    /// <summary>The uts namespace, as <see cref="Ipc"/>.</summary>
    public string? Uts { get; init; }

    /// <summary>The cgroup namespace, as <see cref="Ipc"/>.</summary>
    public string? CgroupNamespace { get; init; }

    /// <summary>The user namespace: null for that of this process, <c>private</c> for a new one with these maps, or a namespace's file.</summary>
    public string? Users { get; init; }

    /// <summary>The ids of users in it, as <c>inside:host:count</c>; of a namespace's file as that has them.</summary>
    public IReadOnlyList<string> UidMap { get; init; } = [];

    /// <summary>The ids of groups in it.</summary>
    public IReadOnlyList<string> GidMap { get; init; } = [];

    /// <summary>Whether commands are in another user namespace than this process.</summary>
    public bool OwnsUsers => Users is not null;

    /// <summary>The network that commands get: with isolation chroot there is only the host's.</summary>
    public NetworkKind EffectiveNetwork => Isolation == IsolationKind.Chroot ? NetworkKind.Host : Network;

    /// <summary>Whether the root that commands run in can be found in their mount namespace, as others have it.</summary>
    public bool CanShareRoot => Isolation != IsolationKind.Chroot && !OwnsUsers;

    /// <summary>Further groups of the command, by name or number; <c>keep-groups</c> keeps the caller's.</summary>
    public IReadOnlyList<string> GroupAdd { get; init; } = [];

    /// <summary>Directories of hooks in JSON (oci-hooks(5)).</summary>
    public IReadOnlyList<string> HookDirectories { get; init; } = [];

    /// <summary>Extra lines of /etc/hosts, as <c>name:address</c>.</summary>
    public IReadOnlyList<string> AddHosts { get; init; } = [];

    public IReadOnlyList<string> DnsServers { get; init; } = [];

    public IReadOnlyList<string> DnsSearch { get; init; } = [];

    public IReadOnlyList<string> DnsOptions { get; init; } = [];

    /// <summary>What containers.conf gives every command, in place of the built-in capabilities; null for those.</summary>
    public IReadOnlyList<string>? DefaultCapabilities { get; init; }

    /// <summary>Variables that containers.conf gives every command, unless the image has them.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    public IReadOnlyList<string> CapAdd { get; init; } = [];

    public IReadOnlyList<string> CapDrop { get; init; } = [];

    /// <summary>As <c>name=soft[:hard]</c>.</summary>
    public IReadOnlyList<string> UserLimits { get; init; } = [];

    /// <summary>Size of /dev/shm in bytes; null for the default of 64 MiB.</summary>
    public long? SharedMemorySize { get; init; }

    /// <summary>As <c>source:target[:options]</c>; options as in <see cref="Volume"/>.</summary>
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

    /// <summary>Whether systemd makes the cgroup of a command that has limits, as a scope.</summary>
    public bool SystemdCgroups { get; init; }

    /// <summary>Whether the command runs below a small init that reaps orphans.</summary>
    public bool Init { get; init; }

    /// <summary>Whether proxy variables of the caller's environment are passed to the command.</summary>
    public bool HttpProxy { get; init; } = true;

    static RunSettings IJsonRecord<RunSettings>.Read(JsonMembers json) => new()
    {
        Network = (NetworkKind)(json.Int("Network") ?? 0),
        NetworkPath = json.Text("NetworkPath"),
        PastaOptions = json.Texts("PastaOptions") ?? [],
        Isolation = (IsolationKind)(json.Int("Isolation") ?? 0),
        Ipc = json.Text("Ipc"),
        Pid = json.Text("Pid"),
        Uts = json.Text("Uts"),
        CgroupNamespace = json.Text("CgroupNamespace"),
        Users = json.Text("Users"),
        UidMap = json.Texts("UidMap") ?? [],
        GidMap = json.Texts("GidMap") ?? [],
        GroupAdd = json.Texts("GroupAdd") ?? [],
        HookDirectories = json.Texts("HookDirectories") ?? [],
        AddHosts = json.Texts("AddHosts") ?? [],
        DnsServers = json.Texts("DnsServers") ?? [],
        DnsSearch = json.Texts("DnsSearch") ?? [],
        DnsOptions = json.Texts("DnsOptions") ?? [],
        DefaultCapabilities = json.Texts("DefaultCapabilities"),
        Environment = json.Texts("Environment") ?? [],
        CapAdd = json.Texts("CapAdd") ?? [],
        CapDrop = json.Texts("CapDrop") ?? [],
        UserLimits = json.Texts("UserLimits") ?? [],
        SharedMemorySize = json.Long("SharedMemorySize"),
        Volumes = json.Texts("Volumes") ?? [],
        SecurityOptions = json.Texts("SecurityOptions") ?? [],
        Devices = json.Texts("Devices") ?? [],
        Hostname = json.Text("Hostname"),
        NoHosts = json.Flag("NoHosts") ?? false,
        NoHostname = json.Flag("NoHostname") ?? false,
        Memory = json.Long("Memory"),
        MemorySwap = json.Long("MemorySwap"),
        CpuShares = json.ULong("CpuShares"),
        CpuQuota = json.Long("CpuQuota"),
        CpuPeriod = json.ULong("CpuPeriod"),
        CpuSetCpus = json.Text("CpuSetCpus"),
        CpuSetMems = json.Text("CpuSetMems"),
        PidsLimit = json.Long("PidsLimit"),
        CgroupParent = json.Text("CgroupParent"),
        SystemdCgroups = json.Flag("SystemdCgroups") ?? false,
        Init = json.Flag("Init") ?? false,
        HttpProxy = json.Flag("HttpProxy") ?? true,
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Number("Network", (long)Network);
        json.Text("NetworkPath", NetworkPath);
        json.Texts("PastaOptions", PastaOptions);
        json.Number("Isolation", (long)Isolation);
        json.Text("Ipc", Ipc);
        json.Text("Pid", Pid);
        json.Text("Uts", Uts);
        json.Text("CgroupNamespace", CgroupNamespace);
        json.Text("Users", Users);
        json.Texts("UidMap", UidMap);
        json.Texts("GidMap", GidMap);
        json.Texts("GroupAdd", GroupAdd);
        json.Texts("HookDirectories", HookDirectories);
        json.Texts("AddHosts", AddHosts);
        json.Texts("DnsServers", DnsServers);
        json.Texts("DnsSearch", DnsSearch);
        json.Texts("DnsOptions", DnsOptions);
        json.Texts("DefaultCapabilities", DefaultCapabilities);
        json.Texts("Environment", Environment);
        json.Texts("CapAdd", CapAdd);
        json.Texts("CapDrop", CapDrop);
        json.Texts("UserLimits", UserLimits);
        json.Number("SharedMemorySize", SharedMemorySize);
        json.Texts("Volumes", Volumes);
        json.Texts("SecurityOptions", SecurityOptions);
        json.Texts("Devices", Devices);
        json.Text("Hostname", Hostname);
        json.Flag("NoHosts", NoHosts);
        json.Flag("NoHostname", NoHostname);
        json.Number("Memory", Memory);
        json.Number("MemorySwap", MemorySwap);
        json.Number("CpuShares", CpuShares);
        json.Number("CpuQuota", CpuQuota);
        json.Number("CpuPeriod", CpuPeriod);
        json.Text("CpuSetCpus", CpuSetCpus);
        json.Text("CpuSetMems", CpuSetMems);
        json.Number("PidsLimit", PidsLimit);
        json.Text("CgroupParent", CgroupParent);
        json.Flag("SystemdCgroups", SystemdCgroups);
        json.Flag("Init", Init);
        json.Flag("HttpProxy", HttpProxy);
    }
}
