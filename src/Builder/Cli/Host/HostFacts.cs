using System.Globalization;

using Bld.Builder.Cli.Templates;
using Bld.Registry;

namespace Bld.Builder.Cli.Host;

/// <summary>What <c>bld info</c> says about the machine.</summary>
internal static class HostFacts
{
    /// <summary>The <c>host</c> of the document.</summary>
    public static GoMap Read()
    {
        var memory = Pairs("/proc/meminfo", ':');
        var release = Pairs("/etc/os-release", '=');
        return new GoMap()
            .Add("CgroupVersion", File.Exists("/sys/fs/cgroup/cgroup.controllers") ? "v2" : "v1")
            .Add("Distribution", new GoMap()
                .Add("distribution", release.GetValueOrDefault("ID", "unknown").Trim('"'))
                .Add("version", release.GetValueOrDefault("VERSION_ID", "unknown").Trim('"')))
            .Add("MemFree", Bytes(memory, "MemFree"))
            .Add("MemTotal", Bytes(memory, "MemTotal"))
            .Add("OCIRuntime", "bld")
            .Add("SwapFree", Bytes(memory, "SwapFree"))
            .Add("SwapTotal", Bytes(memory, "SwapTotal"))
            .Add("arch", Platform.Host.Architecture)
            .Add("cpus", (long)Environment.ProcessorCount)
            .Add("hostname", Environment.MachineName)
            .Add("kernel", FirstLine("/proc/sys/kernel/osrelease"))
            .Add("os", "linux")
            .Add("rootless", !Environment.IsPrivilegedProcess)
            .Add("uptime", Uptime())
            .Add("variant", Platform.Host.Variant ?? "");
    }

    private static string Uptime()
    {
        const long NanosecondsPerHundredth = 10_000_000;
        const double SecondsPerHour = 3600;
        var words = FirstLine("/proc/uptime").Split(' ');
        if (!double.TryParse(words[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return "unknown";
        }

        var exact = Bld.Dockerfile.GoDuration.Format((long)(seconds * 100) * NanosecondsPerHundredth).Replace("h", "h ").Replace("m", "m ");
        return seconds < SecondsPerHour ? exact : string.Create(CultureInfo.InvariantCulture, $"{exact} (Approximately {seconds / SecondsPerHour / 24:0.00} days)");
    }

    private static long Bytes(Dictionary<string, string> memory, string key)
    {
        const int Kibi = 1024;
        return memory.TryGetValue(key, out var text) && long.TryParse(text.Split(' ')[0], CultureInfo.InvariantCulture, out var kilobytes) ? kilobytes * Kibi : 0;
    }

    private static string FirstLine(string file) => File.Exists(file) ? File.ReadLines(file).FirstOrDefault("") : "";

    private static Dictionary<string, string> Pairs(string file, char separator)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.Exists(file) ? File.ReadLines(file) : [])
        {
            if (line.IndexOf(separator) is var at and > 0)
            {
                pairs[line[..at]] = line[(at + 1)..].Trim();
            }
        }

        return pairs;
    }
}
