using Bld.Runtime.Linux;

namespace Bld.Runtime.Cgroups;

/// <summary>Where a controller can be used: its directory for this process's own cgroup, and which version it speaks.</summary>
/// <param name="Mount">The hierarchy's mount point.</param>
/// <param name="Own">This process's cgroup in it, <c>/</c> or <c>/a/b</c>.</param>
/// <param name="IsUnified">cgroup v2.</param>
internal sealed record CgroupPlace(string Mount, string Own, bool IsUnified);

/// <summary>The host's cgroup hierarchies: v1, v2, or both at once (hybrid), where each controller is in one of them.</summary>
internal static class CgroupHost
{
    /// <summary>The place of a controller; null when the host has it nowhere.</summary>
    internal static CgroupPlace? Find(string controller)
    {
        CgroupPlace? unified = null;
        foreach (var line in Lines("/proc/self/cgroup"))
        {
            var parts = line.Split(':', 3);
            if (parts.Length == 3 && parts[1].Length == 0)
            {
                unified = Place(static fields => fields.Type == "cgroup2", parts[2], isUnified: true);
            }
            else if (parts.Length == 3 && Array.IndexOf(parts[1].Split(','), controller) >= 0)
            {
                return Place(fields => fields.Type == "cgroup" && Array.IndexOf(fields.Options.Split(','), controller) >= 0, parts[2], isUnified: false);
            }
        }

        return unified is not null && Offers(unified, controller) ? unified : null;
    }

    private static bool Offers(CgroupPlace place, string controller)
    {
        var offered = ProcessCalls.ReadText($"{place.Mount}/cgroup.controllers") ?? "";
        return Array.IndexOf(offered.Trim().Split(' '), controller == "blkio" ? "io" : controller) >= 0;
    }

    // mountinfo: id parent device root mount-point options … - type source super-options.
    private static CgroupPlace? Place(Func<(string Type, string Options), bool> matches, string own, bool isUnified)
    {
        foreach (var line in Lines("/proc/self/mountinfo"))
        {
            var halves = line.Split(" - ", 2);
            var before = halves[0].Split(' ');
            var after = halves.Length > 1 ? halves[1].Split(' ') : [];
            if (before.Length > 4 && after.Length > 2 && matches((after[0], after[2])))
            {
                return new CgroupPlace(before[4], own, isUnified);
            }
        }

        return null;
    }

    private static string[] Lines(string path) => (ProcessCalls.ReadText(path) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
