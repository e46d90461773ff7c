using System.Globalization;

using Bld.Runtime.Spec;

namespace Bld.Runtime.Cgroups;

/// <summary>A file of a controller and what to write into it, in both versions' words; null where a version has none.</summary>
/// <param name="What">The limit as a person calls it.</param>
internal sealed record CgroupSetting(string Controller, string What, (string File, string Value)? First, (string File, string Value)? Second);

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

        if (resources.BlockIo?.Weight is { } weight and not 0)
        {
            // v1 has 10 to 1000, v2 1 to 10000.
            var second = 1 + ((weight - 10) * 9999L / 990);
            settings.Add(new CgroupSetting("blkio", "io weight", ("blkio.weight", Text(weight)), ("io.weight", Text(second))));
        }

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
