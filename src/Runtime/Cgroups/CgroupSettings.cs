using System.Globalization;

using Bld.Runtime.Spec;

namespace Bld.Runtime.Cgroups;

/// <summary>A file of a controller and what to write into it, in both versions' words; null where a version has none.</summary>
/// <param name="What">The limit as a person calls it.</param>
/// <param name="Bfq">The value for a kernel that has the files of the BFQ scheduler in place of those of CFQ and of the cost model.</param>
internal sealed record CgroupSetting(
    string Controller, string What, (string File, string Value)? First, (string File, string Value)? Second, string? Bfq = null);

/// <summary>The spec's resources as files to write.</summary>
internal static class CgroupSettings
{
    internal static List<CgroupSetting> From(ResourcesSpec? resources)
    {
        var settings = new List<CgroupSetting>();
        if (resources is null)
        {
            return settings;
        }

        AddMemory(settings, resources.Memory);
        AddCpu(settings, resources.Cpu);
        if (resources.Pids?.Limit is { } tasks and not 0)
        {
            var value = tasks < 0 ? "max" : Text(tasks);
            settings.Add(new CgroupSetting("pids", "number of processes", ("pids.max", value), ("pids.max", value)));
        }

        BlockIoSettings.Add(settings, resources.BlockIo);
        foreach (var page in resources.HugepageLimits ?? [])
        {
            settings.Add(new CgroupSetting(
                "hugetlb", "huge pages", ($"hugetlb.{page.PageSize}.limit_in_bytes", $"{page.Limit}"), ($"hugetlb.{page.PageSize}.max", $"{page.Limit}")));
        }

        foreach (var (file, value) in resources.Unified ?? new Dictionary<string, string>())
        {
            var controller = file.Split('.')[0];
            settings.Add(new CgroupSetting(controller == "io" ? "blkio" : controller, file, null, (file, value)));
        }

        return settings;
    }

    /// <summary>2..262144 of v1 onto 1..10000 of v2, as the other runtimes do it.</summary>
    internal static long Weight(ulong shares) => 1 + (((long)shares - 2) * 9999 / 262142);

    /// <summary>The limit of swap: the spec, as v1, counts memory and swap together, v2 swap alone. Negative for none.</summary>
    /// <exception cref="ContainerException">Together they would be less than memory.</exception>
    internal static long SwapAlone(MemorySpec memory)
    {
        var (together, limit) = (memory.Swap ?? -1, Math.Max(memory.Limit ?? 0, 0));
        return together < 0 ? -1
            : together >= limit ? together - limit
            : throw new ContainerException($"the limit of memory and swap, {together}, is below that of memory, {limit}");
    }

    private static void AddMemory(List<CgroupSetting> settings, MemorySpec? memory)
    {
        if (memory?.Limit is { } limit and not 0)
        {
            settings.Add(Memory("memory", ("memory.limit_in_bytes", Text(limit)), ("memory.max", Unlimited(limit))));
        }

        if (memory?.Swap is { } swap and not 0)
        {
            settings.Add(Memory("memory and swap", ("memory.memsw.limit_in_bytes", Text(swap)), ("memory.swap.max", Unlimited(SwapAlone(memory)))));
        }

        if (memory?.Reservation is { } reservation and not 0)
        {
            settings.Add(Memory("memory reservation", ("memory.soft_limit_in_bytes", Text(reservation)), ("memory.low", Unlimited(reservation))));
        }

        if (memory?.Swappiness is { } swappiness)
        {
            settings.Add(Memory("swappiness", ("memory.swappiness", $"{swappiness}"), null));
        }

        if (memory?.DisableOomKiller == true)
        {
            settings.Add(Memory("disableOOMKiller", ("memory.oom_control", "1"), null));
        }
    }

    private static void AddCpu(List<CgroupSetting> settings, CpuSpec? cpu)
    {
        if (cpu?.Shares is { } shares and not 0)
        {
            settings.Add(new CgroupSetting("cpu", "cpu shares", ("cpu.shares", $"{shares}"), ("cpu.weight", Text(Weight(shares)))));
        }

        var period = cpu?.Period is null or 0 ? "100000" : $"{cpu.Period}";
        if (cpu?.Period is not (null or 0))
        {
            settings.Add(new CgroupSetting("cpu", "cpu period", ("cpu.cfs_period_us", period), ("cpu.max", $"max {period}")));
        }

        if (cpu?.Quota is { } quota and not 0)
        {
            settings.Add(new CgroupSetting("cpu", "cpu quota", ("cpu.cfs_quota_us", Text(quota)), ("cpu.max", $"{Unlimited(quota)} {period}")));
        }

        if (cpu?.Burst is { } burst)
        {
            settings.Add(new CgroupSetting("cpu", "cpu burst", ("cpu.cfs_burst_us", $"{burst}"), ("cpu.max.burst", $"{burst}")));
        }

        if (cpu?.RealtimePeriod is { } realtimePeriod and not 0)
        {
            settings.Add(new CgroupSetting("cpu", "realtime period", ("cpu.rt_period_us", $"{realtimePeriod}"), null));
        }

        if (cpu?.RealtimeRuntime is { } realtimeRuntime and not 0)
        {
            settings.Add(new CgroupSetting("cpu", "realtime runtime", ("cpu.rt_runtime_us", Text(realtimeRuntime)), null));
        }

        if (cpu?.Idle is { } idle)
        {
            settings.Add(new CgroupSetting("cpu", "cpu idle", ("cpu.idle", Text(idle)), ("cpu.idle", Text(idle))));
        }

        if (!string.IsNullOrEmpty(cpu?.Cpus))
        {
            settings.Add(new CgroupSetting("cpuset", "cpu set", ("cpuset.cpus", cpu.Cpus), ("cpuset.cpus", cpu.Cpus)));
        }

        if (!string.IsNullOrEmpty(cpu?.Mems))
        {
            settings.Add(new CgroupSetting("cpuset", "memory nodes", ("cpuset.mems", cpu.Mems), ("cpuset.mems", cpu.Mems)));
        }
    }

    private static CgroupSetting Memory(string what, (string, string)? first, (string, string)? second) => new("memory", what, first, second);

    private static string Unlimited(long value) => value < 0 ? "max" : Text(value);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
