using System.Globalization;

using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime.Spec;

namespace Bld.Builder.Engine;

/// <summary>What a container may use: rlimits, cgroup limits and devices.</summary>
internal static class RunLimits
{
    private static readonly string[] Names =
    [
        "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",
    ];

    /// <summary>The usual rlimits with those of <c>--ulimit</c> (<c>name=soft[:hard]</c>, -1 for none) in their place.</summary>
    /// <exception cref="BuildException">A text is no limit.</exception>
    public static List<RlimitSpec> ResourceLimits(IReadOnlyList<RlimitSpec> defaults, IReadOnlyList<string> texts, Action<string> warn)
    {
        var limits = defaults.ToDictionary(static limit => limit.Type);
        foreach (var text in texts)
        {
            var wanted = Parse(text);
            var limit = wanted.Type is "RLIMIT_NOFILE" or "RLIMIT_NPROC" ? DefaultSpec.Fit(wanted) : wanted;
            if (limit != wanted)
            {
                warn($"ulimit {text}: this process may not raise its own limit, so it stays at {limit.Hard}");
            }

            limits[limit.Type] = limit;
        }

        return [.. limits.Values];
    }

    /// <summary>Reads the text of one <c>--ulimit</c>.</summary>
    /// <exception cref="BuildException">It is none.</exception>
    public static RlimitSpec Parse(string text)
    {
        var equals = text.IndexOf('=');
        var values = equals < 0 ? [] : text[(equals + 1)..].Split(':');
        if (values.Length is < 1 or > 2)
        {
            throw new BuildException($"invalid ulimit argument: {text}: it must be name=soft or name=soft:hard, such as nofile=1024:2048");
        }

        if (!Names.Contains(text[..equals]))
        {
            throw new BuildException($"invalid ulimit type: {text[..equals]}: use one of {string.Join(", ", Names)}");
        }

        var soft = Number(values[0], text);
        var hard = values.Length == 2 ? Number(values[1], text) : soft;
        return soft <= hard
            ? new RlimitSpec { Type = "RLIMIT_" + text[..equals].ToUpperInvariant(), Soft = soft, Hard = hard }
            : throw new BuildException($"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}");
    }

    /// <summary>Adds the cgroup's limits and the devices.</summary>
    public static LinuxSpec Apply(LinuxSpec linux, RunSettings settings, IReadOnlyList<string> capabilities)
    {
        var devices = settings.Devices.SelectMany(RunDevice.Parse).ToList();
        var memory = settings.Memory is null && settings.MemorySwap is null ? null : new MemorySpec { Limit = settings.Memory, Swap = settings.MemorySwap };
        var processor = Processor(settings);
        var tasks = settings.PidsLimit is { } limit ? new PidsSpec { Limit = limit } : null;
        var rules = RunDevice.Rules(devices, capabilities);
        var isLimited = memory is not null || processor is not null || tasks is not null || rules is not null;
        return linux with
        {
            // In a user namespace nodes can't be made: the host's are bound, as volumes are.
            Devices = devices.Count > 0 && !OverlayMarks.InUserNamespace && !settings.OwnsUsers ? [.. devices.Select(static device => device.Spec)] : null,
            Resources = isLimited ? new ResourcesSpec { Memory = memory, Cpu = processor, Pids = tasks, Devices = rules } : null,
            CgroupsPath = CgroupPath(settings),
        };
    }

    private static CpuSpec? Processor(RunSettings settings)
    {
        var cpu = new CpuSpec
        {
            Shares = settings.CpuShares,
            Quota = settings.CpuQuota,
            Period = settings.CpuPeriod,
            Cpus = settings.CpuSetCpus,
            Mems = settings.CpuSetMems,
        };
        return cpu == new CpuSpec() ? null : cpu;
    }

    // A slice is systemd's way to say it: slice:prefix:name.
    private static string? CgroupPath(RunSettings settings)
    {
        var parent = settings.CgroupParent ?? "";
        if (parent.Length == 0 && !settings.SystemdCgroups)
        {
            return null;
        }

        var name = $"bld-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}";
        return parent.EndsWith(".slice") || settings.SystemdCgroups ? $"{Path.GetFileName(parent)}:bld:{name[4..]}" : $"/{parent.Trim('/')}/{name}".Replace("//", "/");
    }

    private static ulong Number(string text, string whole) =>
        text is "-1" or "unlimited" ? ulong.MaxValue
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new BuildException($"invalid ulimit argument: {whole}: \"{text}\" is not a number");
}
