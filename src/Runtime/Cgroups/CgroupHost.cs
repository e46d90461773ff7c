using System.Text;

using Bld.Runtime.Linux;

namespace Bld.Runtime.Cgroups;

/// <summary>One hierarchy of the host.</summary>
/// <param name="Mount">Its mount point.</param>
/// <param name="Own">This process's cgroup in it, <c>/</c> or <c>/a/b</c>.</param>
/// <param name="IsUnified">cgroup v2.</param>
/// <param name="Controllers">What can be limited there; <c>io</c> of v2 is called <c>blkio</c>, as v1 calls it.</param>
/// <param name="Names">The options that name a hierarchy of v1: its controllers, or <c>name=…</c>.</param>
internal sealed record CgroupPlace(string Mount, string Own, bool IsUnified, IReadOnlyList<string> Controllers, IReadOnlyList<string> Names);

/// <summary>The host's cgroup hierarchies: v1, v2, or both at once (hybrid), where each controller is in one of them.</summary>
internal static class CgroupHost
{
    private const ulong UnifiedMagic = 0x63677270;
    private const string UnifiedOnly = "/sys/fs/cgroup";

    /// <summary>Every hierarchy that is mounted.</summary>
    internal static List<CgroupPlace> All()
    {
        var lines = Lines("/proc/self/cgroup");

        // The usual host; the list of mounts, which may be long, is not needed then.
        if (lines is [{ } one] && one.StartsWith("0::", StringComparison.Ordinal) && IsUnified())
        {
            return [new CgroupPlace(UnifiedOnly, one[3..], IsUnified: true, Offered(UnifiedOnly), [])];
        }

        var mounts = Mounts();
        var places = new List<CgroupPlace>();
        foreach (var line in lines)
        {
            var parts = line.Split(':', 3);
            if (parts.Length < 3)
            {
                continue;
            }

            var controllers = parts[1].Split(',', StringSplitOptions.RemoveEmptyEntries);
            var isUnified = controllers.Length == 0;
            var found = mounts.FindIndex(mount => isUnified
                ? mount.Type == "cgroup2"
                : mount.Type == "cgroup" && Array.TrueForAll(controllers, each => mount.Options.Contains(each)));
            if (found >= 0)
            {
                var mount = mounts[found].Path;
                places.Add(new CgroupPlace(mount, parts[2], isUnified, isUnified ? Offered(mount) : controllers, controllers));
            }
        }

        return places;
    }

    /// <summary>This process's cgroup in the hierarchy of v2; null without one.</summary>
    internal static string? OwnUnified() => Array.Find(Lines("/proc/self/cgroup"), static line => line.StartsWith("0::", StringComparison.Ordinal))?[3..];

    /// <summary>Whether cgroup v2 is all there is.</summary>
    internal static bool IsUnifiedOnly(IReadOnlyList<CgroupPlace> places) => places.Count == 1 && places[0].IsUnified;

    /// <summary>Whether what is mounted at the usual place is the hierarchy of v2 itself.</summary>
    internal static bool IsUnified()
    {
        if (FileCalls.TryOpen(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(UnifiedOnly), OpenFlags.Path, 0, out var directory) != Errno.None)
        {
            return false;
        }

        using (directory)
        {
            return FileCalls.FileSystemType(directory) == UnifiedMagic;
        }
    }

    private static string[] Offered(string mount)
    {
        var offered = (ProcessCalls.ReadText($"{mount}/cgroup.controllers") ?? "").Trim().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Array.ConvertAll(offered, static name => name == "io" ? "blkio" : name);
    }

    // mountinfo: id parent device root mount-point options … - type source super-options.
    private static List<(string Type, string[] Options, string Path)> Mounts()
    {
        var mounts = new List<(string, string[], string)>();
        foreach (var line in Lines("/proc/self/mountinfo"))
        {
            var separator = line.IndexOf(" - cgroup", StringComparison.Ordinal);
            if (separator < 0)
            {
                continue;
            }

            var before = line[..separator].Split(' ');
            var after = line[(separator + 3)..].Split(' ');
            if (before.Length > 4 && after.Length > 2 && IsVisible(before[4], before[2]))
            {
                mounts.Add((after[0], after[2].Split(','), before[4]));
            }
        }

        return mounts;
    }

    // Not behind another mount.
    private static bool IsVisible(string path, string device) =>
        FileCalls.TryStatus(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path), out var status) == Errno.None
        && device == $"{status.Device.Major}:{status.Device.Minor}";

    private static string[] Lines(string path) => (ProcessCalls.ReadText(path) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
