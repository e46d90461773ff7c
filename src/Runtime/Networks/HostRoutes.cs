namespace Bld.Runtime.Networks;

/// <summary>What this process's network namespace reaches.</summary>
internal static class HostRoutes
{
    private const string AnyAddress4 = "00000000";
    private const string AnyAddress6 = "00000000000000000000000000000000";

    /// <summary>
    /// Whether there is a way out of the host: a default route by an interface other than loopback. Without one a helper has
    /// nothing to connect a container with, and the container misses nothing.
    /// </summary>
    internal static bool HasDefault() =>
        Lines("/proc/net/route").Any(static fields => fields.Length > 1 && fields[1] == AnyAddress4 && fields[0] != "lo")
        || Lines("/proc/net/ipv6_route").Any(static fields => fields.Length > 9 && fields[0] == AnyAddress6 && fields[1] == "00" && fields[9] != "lo");

    private static IEnumerable<string[]> Lines(string path) =>
        File.Exists(path) ? File.ReadLines(path).Select(static line => line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)) : [];
}
