using System.Globalization;
using System.Text;
using System.Text.Json;

using Bld.Runtime.Cgroups;

namespace Bld.Runtime.Oci;

/// <summary>What a container uses, as the callers of runc's "events" read it. Times are nanoseconds, sizes bytes.</summary>
public static partial class OciStatistics
{
    private const ulong NanosecondsOfMicrosecond = 1000;

    /// <summary>One line of JSON.</summary>
    public static string ToJson(OciContainer container) => Write(container.Id, "stats", writer =>
    {
        writer.WriteStartObject("data");
        WriteProcessor(writer, container);
        WriteMemory(writer, container);
        if (Find(container, "pids") is { } pids)
        {
            writer.WriteStartObject("pids");
            Number(writer, "current", pids.Read("pids.current"));
            Number(writer, "limit", pids.Read("pids.max"));
            writer.WriteEndObject();
        }

        WriteDevices(writer, container);
        WriteHugePages(writer, container);
        writer.WriteEndObject();
    });

    /// <summary>The line that tells of processes that the kernel killed for want of memory.</summary>
    public static string OutOfMemoryJson(OciContainer container) => Write(container.Id, "oom", static _ => { });

    /// <summary>How many processes the kernel has killed for want of memory.</summary>
    public static ulong OutOfMemoryKills(OciContainer container) =>
        Find(container, "memory") is { } memory ? Field(memory.Read(memory.IsUnified ? "memory.events" : "memory.oom_control"), "oom_kill") : 0;

    private static void WriteProcessor(Utf8JsonWriter writer, OciContainer container)
    {
        writer.WriteStartObject("cpu");
        writer.WriteStartObject("usage");
        if (Find(container, "cpuacct") is { } account)
        {
            Number(writer, "total", account.Read("cpuacct.usage"));
            Number(writer, "kernel", account.Read("cpuacct.usage_sys"));
            Number(writer, "user", account.Read("cpuacct.usage_user"));
        }
        else if (Unified(container)?.Read("cpu.stat") is { } text)
        {
            writer.WriteNumber("total", Field(text, "usage_usec") * NanosecondsOfMicrosecond);
            writer.WriteNumber("kernel", Field(text, "system_usec") * NanosecondsOfMicrosecond);
            writer.WriteNumber("user", Field(text, "user_usec") * NanosecondsOfMicrosecond);
        }

        writer.WriteEndObject();
        if (Find(container, "cpu")?.Read("cpu.stat") is { } throttling)
        {
            writer.WriteStartObject("throttling");
            writer.WriteNumber("periods", Field(throttling, "nr_periods"));
            writer.WriteNumber("throttledPeriods", Field(throttling, "nr_throttled"));
            writer.WriteNumber("throttledTime", Field(throttling, "throttled_time") + (Field(throttling, "throttled_usec") * NanosecondsOfMicrosecond));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter writer, OciContainer container)
    {
        if (Find(container, "memory") is not { } memory)
        {
            return;
        }

        var stat = memory.Read("memory.stat");
        writer.WriteStartObject("memory");
        writer.WriteNumber("cache", Field(stat, memory.IsUnified ? "file" : "cache"));
        writer.WriteStartObject("usage");
        Number(writer, "limit", memory.Read(memory.IsUnified ? "memory.max" : "memory.limit_in_bytes"));
        Number(writer, "usage", memory.Read(memory.IsUnified ? "memory.current" : "memory.usage_in_bytes"));
        Number(writer, "max", memory.Read(memory.IsUnified ? "memory.peak" : "memory.max_usage_in_bytes"));
        Number(writer, "failcnt", memory.IsUnified ? $"{Field(memory.Read("memory.events"), "max")}" : memory.Read("memory.failcnt"));
        writer.WriteEndObject();
        WriteSwap(writer, memory);
        writer.WriteStartObject("raw");
        foreach (var line in (stat ?? "").Split('\n'))
        {
            var blank = line.IndexOf(' ', StringComparison.Ordinal);
            if (blank > 0)
            {
                Number(writer, line[..blank], line[(blank + 1)..]);
            }
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string Write(string id, string type, Action<Utf8JsonWriter> rest)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            writer.WriteString("id", id);
            rest(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    // "max" is the kernel's word for no limit; runc says it with the largest number.
    private static void Number(Utf8JsonWriter writer, string name, string? text)
    {
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || text == "max")
        {
            writer.WriteNumber(name, text == "max" ? ulong.MaxValue : value);
        }
    }

    private static ulong Field(string? text, string name)
    {
        foreach (var line in (text ?? "").Split('\n'))
        {
            if (line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] == ' '
                && ulong.TryParse(line.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                return value;
            }
        }

        return 0;
    }

    private static CgroupDirectory? Find(OciContainer container, string controller) =>
        container.Cgroups.FirstOrDefault(cgroup => cgroup.Controllers.Contains(controller));

    private static CgroupDirectory? Unified(OciContainer container) => container.Cgroups.FirstOrDefault(static cgroup => cgroup.IsUnified);
}
