using Bld.Runtime.Spec;

namespace Bld.Runtime.Cgroups;

/// <summary>config.json "resources.blockIO" as files to write.</summary>
internal static class BlockIoSettings
{
    internal static void Add(List<CgroupSetting> settings, BlockIoSpec? spec)
    {
        if (spec is null)
        {
            return;
        }

        if (spec.Weight is { } weight and not 0)
        {
            Add(settings, "io weight", ("blkio.weight", $"{weight}"), ("io.weight", $"{Unified(weight)}"), $"{weight}");
        }

        if (spec.LeafWeight is { } leaf and not 0)
        {
            Add(settings, "io leaf weight", ("blkio.leaf_weight", $"{leaf}"), null);
        }

        foreach (var device in spec.WeightDevice ?? [])
        {
            AddDevice(settings, device);
        }

        AddRates(settings, spec.ThrottleReadBpsDevice, "read_bps", "rbps");
        AddRates(settings, spec.ThrottleWriteBpsDevice, "write_bps", "wbps");
        AddRates(settings, spec.ThrottleReadIopsDevice, "read_iops", "riops");
        AddRates(settings, spec.ThrottleWriteIopsDevice, "write_iops", "wiops");
    }

    private static void AddDevice(List<CgroupSetting> settings, WeightDevice device)
    {
        var name = $"{device.Major}:{device.Minor}";
        if (device.Weight is { } weight and not 0)
        {
            Add(settings, $"io weight of device {name}", ("blkio.weight_device", $"{name} {weight}"), ("io.weight", $"{name} {Unified(weight)}"), $"{name} {weight}");
        }

        if (device.LeafWeight is { } leaf and not 0)
        {
            Add(settings, $"io leaf weight of device {name}", ("blkio.leaf_weight_device", $"{name} {leaf}"), null);
        }
    }

    private static void AddRates(List<CgroupSetting> settings, IReadOnlyList<ThrottleDevice>? devices, string first, string second)
    {
        foreach (var device in devices ?? [])
        {
            var name = $"{device.Major}:{device.Minor}";
            Add(settings, $"{first} of device {name}", ($"blkio.throttle.{first}_device", $"{name} {device.Rate}"), ("io.max", $"{name} {second}={device.Rate}"));
        }
    }

    private static void Add(List<CgroupSetting> settings, string what, (string, string) first, (string, string)? second, string? bfq = null) =>
        settings.Add(new CgroupSetting("blkio", what, first, second, bfq));

    // v1 has 10 to 1000, v2 1 to 10000.
    private static long Unified(ushort weight) => 1 + ((weight - 10) * 9999L / 990);
}
