using Bld.Runtime.Linux;
using Bld.Runtime.Plans;
using Bld.Runtime.Security;

namespace Bld.Runtime.Spec;

/// <summary>Specs to start from.</summary>
public static class DefaultSpec
{
    private const ulong ContainerFiles = 1048576;

    /// <summary>/proc and /sys entries that tell about the host or change it: nothing is seen there.</summary>
    public static IReadOnlyList<string> MaskedPaths { get; } =
    [
        "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
        "/proc/timer_list", "/proc/timer_stats", "/sys/dev/block", "/sys/devices/virtual/powercap", "/sys/firmware", "/sys/fs/selinux",
    ];

    /// <summary>What can be seen and not changed.</summary>
    public static IReadOnlyList<string> ReadOnlyPaths { get; } =
        ["/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    /// <summary>
    /// What a builder's RUN wants: its own pid, mount, ipc, uts and cgroup namespaces (the network's is
    /// <see cref="ContainerRequest.Network"/>), the usual mounts, eleven capabilities, the default filter, masked paths, and
    /// file and process limits of min(1048576, hard). Root is the user, <c>/</c> the directory; args and env are the caller's.
    /// </summary>
    public static ContainerSpec ForBuild() => new()
    {
        Root = new RootSpec { Path = "" },
        Hostname = "buildkitsandbox",
        Mounts = Mounts("65536k"),
        Process = new ProcessSpec
        {
            Capabilities = CapabilitiesOf(Capabilities.Default, root: true),
            Rlimits = [Limit("RLIMIT_NOFILE"), Limit("RLIMIT_NPROC")],
        },
        Linux = new LinuxSpec
        {
            Namespaces =
            [
                new NamespaceSpec { Type = "pid" }, new NamespaceSpec { Type = "mount" }, new NamespaceSpec { Type = "ipc" },
                new NamespaceSpec { Type = "uts" }, new NamespaceSpec { Type = "cgroup" },
            ],
            MaskedPaths = [.. MaskedPaths, .. ThermalThrottles()],
            ReadonlyPaths = ReadOnlyPaths,
            Seccomp = DefaultSeccomp.Create(Capabilities.Default),
        },
    };

    /// <summary>
    /// The sets for a user: root holds them, anybody else keeps only the bounding set (a setuid program may still gain them).
    /// </summary>
    public static CapabilitiesSpec CapabilitiesOf(IReadOnlyList<string> names, bool root) => new()
    {
        Bounding = names,
        Permitted = root ? names : [],
        Effective = root ? names : [],
        Inheritable = [],
        Ambient = [],
    };

    /// <summary>A limit of min(1048576, this process's hard limit), soft and hard.</summary>
    public static RlimitSpec Limit(string type)
    {
        var limit = Math.Min(ContainerFiles, ResourceLimits.Current(type).Hard);
        return new RlimitSpec { Type = type, Soft = limit, Hard = limit };
    }

    /// <summary>
    /// The same limit where this process may set it, otherwise what its own hard limit allows: raising that takes CAP_SYS_RESOURCE,
    /// which a machine or a container may lack.
    /// </summary>
    public static RlimitSpec Fit(RlimitSpec limit)
    {
        const int RaiseLimits = 24;
        var hard = ResourceLimits.Current(limit.Type).Hard;
        return limit.Hard <= hard || (Cgroups.CgroupName.IsFullRoot() && (CapabilityCalls.Get().Effective & (1UL << RaiseLimits)) != 0)
            ? limit
            : limit with { Soft = Math.Min(limit.Soft, hard), Hard = hard };
    }

    /// <summary>/proc, /dev and what lies in it, /sys read-only. <paramref name="shmSize"/> as tmpfs has it: <c>65536k</c>.</summary>
    public static IReadOnlyList<MountSpec> Mounts(string shmSize) =>
    [
        Mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
        Mount("/dev", "tmpfs", "tmpfs", "nosuid", "noexec", "strictatime", "mode=755", "size=65536k"),
        Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
        Mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=" + shmSize),
        Mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
        Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
        Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "ro"),
    ];

    private static MountSpec Mount(string destination, string type, string source, params string[] options) =>
        new() { Destination = destination, Type = type, Source = source, Options = options };

    private static IEnumerable<string> ThermalThrottles()
    {
        for (var processor = 0; processor < Environment.ProcessorCount; processor++)
        {
            var path = $"/sys/devices/system/cpu/cpu{processor}/thermal_throttle";
            if (Directory.Exists(path))
            {
                yield return path;
            }
        }
    }
}
