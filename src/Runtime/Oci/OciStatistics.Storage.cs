using System.Globalization;
using System.Text.Json;

using Bld.Runtime.Cgroups;

namespace Bld.Runtime.Oci;

/// <summary>Block devices, swap and huge pages.</summary>
public static partial class OciStatistics
{
    // Which counter of io.stat (cgroup-v2.rst, "IO Interface Files") is which list and operation of v1's blkio.
    private static readonly (string Field, string List, string Operation)[] UnifiedCounters =
    [
        ("rbytes", "ioServiceBytesRecursive", "Read"),
        ("wbytes", "ioServiceBytesRecursive", "Write"),
        ("dbytes", "ioServiceBytesRecursive", "Discard"),
        ("rios", "ioServicedRecursive", "Read"),
        ("wios", "ioServicedRecursive", "Write"),
        ("dios", "ioServicedRecursive", "Discard"),
    ];

    private static readonly (string File, string List)[] OldCounters =
    [
        ("blkio.throttle.io_service_bytes_recursive", "ioServiceBytesRecursive"),
        ("blkio.throttle.io_serviced_recursive", "ioServicedRecursive"),
    ];

    private static void WriteDevices(Utf8JsonWriter writer, OciContainer container)
    {
        if (Find(container, "blkio") is { } cgroup)
        {
            WriteDevices(writer, cgroup);
        }
    }

    internal static void WriteDevices(Utf8JsonWriter writer, CgroupDirectory cgroup)
    {
        var counters = cgroup.IsUnified ? UnifiedDevices(cgroup) : OldDevices(cgroup);
        writer.WriteStartObject("blkio");
        foreach (var list in counters.GroupBy(static counter => counter.List))
        {
            writer.WriteStartArray(list.Key);
            foreach (var counter in list)
            {
                writer.WriteStartObject();
                writer.WriteNumber("major", counter.Major);
                writer.WriteNumber("minor", counter.Minor);
                writer.WriteString("op", counter.Operation);
                writer.WriteNumber("value", counter.Value);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    // A line for each device: 254:0 rbytes=4096 wbytes=0 rios=1 …
    private static IEnumerable<DeviceCounter> UnifiedDevices(CgroupDirectory cgroup)
    {
        foreach (var (field, list, operation) in UnifiedCounters)
        {
            foreach (var words in Lines(cgroup.Read("io.stat")))
            {
                var pair = Array.Find(words, word => word.StartsWith(field + "=", StringComparison.Ordinal));
                if (pair is not null && DeviceCounter.TryParse(list, words[0], operation, pair[(field.Length + 1)..]) is { } counter)
                {
                    yield return counter;
                }
            }
        }
    }

    // A line for each device and operation, 254:0 Read 4096, and a total of all devices, which callers make themselves.
    private static IEnumerable<DeviceCounter> OldDevices(CgroupDirectory cgroup)
    {
        foreach (var (file, list) in OldCounters)
        {
            foreach (var words in Lines(cgroup.Read(file)))
            {
                if (words.Length == 3 && DeviceCounter.TryParse(list, words[0], words[1], words[2]) is { } counter)
                {
                    yield return counter;
                }
            }
        }
    }

    private static void WriteSwap(Utf8JsonWriter writer, CgroupDirectory memory)
    {
        var begin = memory.IsUnified ? "memory.swap." : "memory.memsw.";
        if (memory.Read(begin + (memory.IsUnified ? "current" : "usage_in_bytes")) is not { } usage)
        {
            return;
        }

        writer.WriteStartObject("swap");
        Number(writer, "limit", memory.Read(begin + (memory.IsUnified ? "max" : "limit_in_bytes")));
        Number(writer, "usage", usage);
        Number(writer, "max", memory.Read(begin + (memory.IsUnified ? "peak" : "max_usage_in_bytes")));
        Number(writer, "failcnt", memory.IsUnified ? $"{Field(memory.Read("memory.swap.events"), "fail")}" : memory.Read("memory.memsw.failcnt"));
        writer.WriteEndObject();
    }

    private static void WriteHugePages(Utf8JsonWriter writer, OciContainer container)
    {
        if (Find(container, "hugetlb") is not { } cgroup)
        {
            return;
        }

        var usage = cgroup.IsUnified ? ".current" : ".usage_in_bytes";
        writer.WriteStartObject("hugetlb");
        foreach (var size in cgroup.Files("hugetlb.").Where(name => name.EndsWith(usage, StringComparison.Ordinal)).Select(name => name.Split('.')[1]).Distinct())
        {
            var begin = $"hugetlb.{size}";
            writer.WriteStartObject(size);
            Number(writer, "usage", cgroup.Read(begin + usage));
            Number(writer, "max", cgroup.Read(begin + ".max_usage_in_bytes"));
            Number(writer, "failcnt", cgroup.IsUnified ? $"{Field(cgroup.Read(begin + ".events"), "max")}" : cgroup.Read(begin + ".failcnt"));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static IEnumerable<string[]> Lines(string? text) =>
        (text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private sealed record DeviceCounter(string List, uint Major, uint Minor, string Operation, ulong Value)
    {
        internal static DeviceCounter? TryParse(string list, string device, string operation, string value) =>
            device.Split(':') is [var major, var minor]
            && uint.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && uint.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var second)
            && ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? new DeviceCounter(list, first, second, operation, number)
                : null;
    }
}
