using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Settings;
using Bld.Builder.Engine;
using Bld.Runtime.Networks;
using Bld.Runtime.Security;

namespace Bld.Builder.Cli.Commands;

/// <summary>
/// The flags that say how commands run in containers: <c>bud</c> and <c>from</c> have all of them, <c>run</c> has them too and changes
/// with them what <c>from</c> said.
/// </summary>
internal static class RunFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("add-host", FlagKind.List, "line of /etc/hosts, as name:address"),
        new("cap-add", FlagKind.List, "give commands a capability"),
        new("cap-drop", FlagKind.List, "take a capability from commands"),
        new("cgroup-parent", FlagKind.Text, "cgroup below which containers get theirs"),
        new("cgroupns", FlagKind.Text, "cgroup namespace: private, host or a namespace's file"),
        new("cpu-period", FlagKind.Text, "microseconds in which --cpu-quota may be used"),
        new("cpu-quota", FlagKind.Text, "microseconds of processor time in a period"),
        new("cpu-shares", FlagKind.Text, "share of the processor's time, 1024 being the usual", 'c'),
        new("cpuset-cpus", FlagKind.Text, "processors that may be used, as 0-3,7"),
        new("cpuset-mems", FlagKind.Text, "memory nodes that may be used, as 0-1"),
        new("device", FlagKind.List, "device of the host, as host[:container[:permissions]]"),
        new("dns", FlagKind.List, "server for /etc/resolv.conf; none leaves the image's file"),
        new("dns-option", FlagKind.List, "option for /etc/resolv.conf"),
        new("dns-search", FlagKind.List, "search domain for /etc/resolv.conf"),
        new("group-add", FlagKind.List, "further group of commands, or keep-groups for the caller's"),
        new("hooks-dir", FlagKind.List, "directory of OCI hooks"),
        new("hostname", FlagKind.Text, "name of the host that commands see"),
        new("http-proxy", FlagKind.Boolean, "pass the caller's proxy variables (default true)"),
        new("init", FlagKind.Boolean, "run commands below an init that reaps and forwards signals"),
        new("ipc", FlagKind.Text, "ipc namespace: private, host or a namespace's file"),
        new("isolation", FlagKind.Text, "oci, rootless or chroot (BUILDAH_ISOLATION)"),
        new("memory", FlagKind.Text, "limit of memory, as 512m", 'm'),
        new("memory-swap", FlagKind.Text, "limit of memory and swap together; -1 for none"),
        new("network", FlagKind.Text, "private, host, none, ns:FILE, or pasta:OPTION,… for a private network with options of pasta(1); slirp4netns:OPTION,… is done by pasta, too", Aliases: ["net"]),
        new("no-hostname", FlagKind.Boolean, "leave the image's /etc/hostname"),
        new("no-hosts", FlagKind.Boolean, "leave the image's /etc/hosts"),
        new("pid", FlagKind.Text, "pid namespace: private, host or a namespace's file"),
        new("pids-limit", FlagKind.Text, "how many processes there may be; -1 for no limit"),
        new("security-opt", FlagKind.List, "seccomp=FILE|unconfined, apparmor=…, label=…, mask=…, unmask=…, no-new-privileges"),
        new("shm-size", FlagKind.Text, "size of /dev/shm"),
        new("ulimit", FlagKind.List, "limit of a command, as name=soft:hard"),
        new("userns", FlagKind.Text, "user namespace: host, private, auto or a namespace's file"),
        new("userns-gid-map", FlagKind.List, "groups of commands on the host, as inside:host:count"),
        new("userns-gid-map-group", FlagKind.Text, "give commands the ids of this group in /etc/subgid"),
        new("userns-uid-map", FlagKind.List, "users of commands on the host, as inside:host:count"),
        new("userns-uid-map-user", FlagKind.Text, "give commands the ids of this user in /etc/subuid"),
        new("uts", FlagKind.Text, "uts namespace (the host's name): private, host or a namespace's file"),
        new("volume", FlagKind.List, "directory of the host, as source:target[:options]", 'v'),
    ];

    /// <summary>Reads the flags over what was said before; a flag that isn't given leaves it, and lists grow.</summary>
    /// <exception cref="Store.BuildException">A value is none, or two don't go together.</exception>
    public static RunSettings Read(ParsedFlags flags, RunSettings? before = null)
    {
        var start = before ?? ContainersConfiguration.Defaults(flags) with { Isolation = Isolation(Environment.GetEnvironmentVariable("BUILDAH_ISOLATION")) };
        var (network, path, pasta) = flags.Has("network") ? NetworkFlag.Parse(flags.Text("network")) : new NetworkFlag(start.Network, start.NetworkPath, []);
        var settings = RunNamespaceFlags.Read(flags, start) with
        {
            Network = network,
            NetworkPath = path,
            PastaOptions = flags.Has("network") ? [.. (before is null ? start : ContainersConfiguration.Defaults(flags)).PastaOptions, .. pasta] : start.PastaOptions,
            AddHosts = [.. start.AddHosts, .. flags.List("add-host")],
            DnsServers = [.. start.DnsServers, .. flags.List("dns")],
            DnsSearch = [.. start.DnsSearch, .. flags.List("dns-search")],
            DnsOptions = [.. start.DnsOptions, .. flags.List("dns-option")],
            CapAdd = [.. start.CapAdd, .. Words(flags.List("cap-add"))],
            CapDrop = [.. start.CapDrop, .. Words(flags.List("cap-drop"))],
            UserLimits = [.. start.UserLimits, .. flags.List("ulimit")],
            SharedMemorySize = flags.Size("shm-size", "invalid --shm-size") ?? start.SharedMemorySize,
            Volumes = [.. start.Volumes, .. flags.List("volume")],
            SecurityOptions = [.. start.SecurityOptions, .. flags.List("security-opt")],
            Devices = [.. start.Devices, .. flags.List("device")],
            GroupAdd = [.. start.GroupAdd, .. flags.List("group-add")],
            HookDirectories = [.. start.HookDirectories, .. flags.List("hooks-dir")],
            Hostname = flags.Text("hostname") ?? start.Hostname,
            NoHosts = flags.Boolean("no-hosts", start.NoHosts),
            NoHostname = flags.Boolean("no-hostname", start.NoHostname),
            Isolation = flags.Text("isolation") is { } isolation ? Isolation(isolation) : start.Isolation,
            Init = flags.Boolean("init", start.Init),
            HttpProxy = flags.Boolean("http-proxy", start.HttpProxy),
        };
        settings = Limits(flags, settings);
        CheckNames(flags, settings);
        Check(settings);
        return settings;
    }

    private static RunSettings Limits(ParsedFlags flags, RunSettings start) => start with
    {
        Memory = flags.Size("memory", "invalid value for memory") ?? start.Memory,
        MemorySwap = flags.Text("memory-swap") is "-1" ? -1 : flags.Size("memory-swap", "invalid value for memory-swap") ?? start.MemorySwap,
        CpuShares = (ulong?)flags.Number("cpu-shares", smallest: 0) ?? start.CpuShares,
        CpuQuota = flags.Number("cpu-quota") ?? start.CpuQuota,
        CpuPeriod = (ulong?)flags.Number("cpu-period", smallest: 0) ?? start.CpuPeriod,
        CpuSetCpus = flags.Text("cpuset-cpus") ?? start.CpuSetCpus,
        CpuSetMems = flags.Text("cpuset-mems") ?? start.CpuSetMems,
        PidsLimit = flags.Number("pids-limit") ?? start.PidsLimit,
        CgroupParent = flags.Text("cgroup-parent") ?? start.CgroupParent,
        SystemdCgroups = flags.Text("cgroup-manager") switch
        {
            null or "" => start.SystemdCgroups,
            "cgroupfs" => false,
            "systemd" => true,
            var other => throw new UsageException($"--cgroup-manager {other} is not known: use cgroupfs or systemd"),
        },
    };

    /// <summary>Without a network there is nothing that a name could be looked up with.</summary>
    private static void CheckNames(ParsedFlags flags, RunSettings settings)
    {
        string[] names = ["dns", "dns-option", "dns-search"];
        if (settings.Network == NetworkKind.None && names.FirstOrDefault(flags.Has) is { } name)
        {
            throw new UsageException($"the --{name} option cannot be used with --network=none");
        }
    }

    /// <summary>Whatever a container would refuse is refused here, before anything is pulled or made.</summary>
    private static void Check(RunSettings settings)
    {
        if (settings is { NoHosts: true, AddHosts.Count: > 0 })
        {
            throw new UsageException("--no-hosts and --add-host conflict, can not be used together");
        }

        if (settings is { SystemdCgroups: true, CgroupParent: { Length: > 0 } parent } && !parent.EndsWith(".slice"))
        {
            throw new UsageException($"--cgroup-parent {parent}: with --cgroup-manager systemd it has to be a slice, such as machine.slice");
        }

        if (settings.DnsServers.Contains("none") && settings.DnsServers.Count > 1)
        {
            throw new UsageException("invalid --dns, --dns=none may not be used with any other --dns options");
        }

        if (settings.DnsServers.Contains("none") && (settings.DnsSearch.Count > 0 || settings.DnsOptions.Count > 0))
        {
            var name = settings.DnsSearch.Count > 0 ? "dns-search" : "dns-option";
            throw new UsageException($"invalid --{name}, --{name} may not be used with --dns=none");
        }

        if (settings.GroupAdd.Count > 1 && settings.GroupAdd.Contains(RunSpec.KeepGroups))
        {
            throw new UsageException($"--group-add={RunSpec.KeepGroups} may not be used with any other --group-add options");
        }

        if (settings is { MemorySwap: > 0, Memory: { } memory } && settings.MemorySwap < memory)
        {
            throw new UsageException("invalid value for memory-swap: it counts memory and swap together, so it can't be less than --memory");
        }

        if (settings.Isolation == IsolationKind.Chroot
            && (settings.OwnsUsers || settings.Network is NetworkKind.None or NetworkKind.Private or NetworkKind.Joined || (settings.Ipc ?? settings.Pid ?? settings.CgroupNamespace) is not (null or "host")))
        {
            throw new UsageException("isolation chroot has no namespaces for network, ipc, pid, cgroups and users: leave out --network, --ipc, --pid, --cgroupns and --userns, or use isolation oci");
        }

        _ = NetworkFiles.Hosts([], null, settings.AddHosts, "127.0.0.1");
        _ = Capabilities.Adjust([], settings.CapAdd, settings.CapDrop);
        _ = RunSecurity.Parse(settings.SecurityOptions);
        _ = settings.UserLimits.Select(RunLimits.Parse).Count();
        foreach (var volume in settings.Volumes.Select(Volume.Parse).Where(static volume => !Path.Exists(volume.Source)))
        {
            throw new Store.BuildException($"volume {volume.Source}:{volume.Target}: stat {volume.Source}: no such file or directory");
        }

        _ = settings.Devices.SelectMany(RunDevice.Parse).Count();
    }

    private static IsolationKind Isolation(string? text) => text switch
    {
        null or "" or "default" or "oci" => IsolationKind.Oci,
        "rootless" => IsolationKind.Rootless,
        "chroot" => IsolationKind.Chroot,
        _ => throw new UsageException($"unrecognized isolation type \"{text}\": use oci, rootless or chroot"),
    };

    // Several may stand in one, with commas.
    private static IEnumerable<string> Words(IReadOnlyList<string> texts) =>
        texts.SelectMany(static text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
