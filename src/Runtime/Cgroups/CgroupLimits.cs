using Bld.Runtime.Linux;

namespace Bld.Runtime.Cgroups;

/// <summary>Writes limits into a container's cgroups.</summary>
internal static class CgroupLimits
{
    /// <exception cref="ContainerException">A limit was asked for that this host can't set.</exception>
    internal static void Apply(IReadOnlyList<CgroupDirectory> directories, IReadOnlyList<CgroupSetting> settings)
    {
        // Some limits bound each other (memory never above memory and swap): what is refused may fit after the others.
        var refused = new List<CgroupSetting>();
        foreach (var setting in settings)
        {
            if (!TryApply(directories, setting, out _))
            {
                refused.Add(setting);
            }
        }

        foreach (var setting in refused)
        {
            if (!TryApply(directories, setting, out var reason))
            {
                throw new ContainerException($"the limit of {setting.What} can't be set: {reason}", "cgroup", setting.Controller);
            }
        }
    }

    private static bool TryApply(IReadOnlyList<CgroupDirectory> directories, CgroupSetting setting, out string reason)
    {
        foreach (var directory in directories)
        {
            if (directory.Controllers.Contains(setting.Controller) || (directory.IsUnified && setting.First is null))
            {
                return TryWrite(directory, setting, out reason);
            }
        }

        reason = "this host has no such cgroup controller";
        return false;
    }

    private static bool TryWrite(CgroupDirectory directory, CgroupSetting setting, out string reason)
    {
        if ((directory.IsUnified ? setting.Second : setting.First) is not { } target)
        {
            reason = directory.IsUnified ? "cgroup v2 has no such limit" : "cgroup v1 has no such limit";
            return false;
        }

        var errno = directory.TryWrite(target.File, target.Value);
        if (errno == Errno.ENOENT && setting.Bfq is { } value)
        {
            var dot = target.File.IndexOf('.', StringComparison.Ordinal);
            target = ($"{target.File[..dot]}.bfq{target.File[dot..]}", value);
            errno = directory.TryWrite(target.File, target.Value);
        }

        reason = errno switch
        {
            Errno.None => "",
            Errno.ENOENT when directory.IsUnified => $"the controller is not delegated to {directory.Path}",
            _ => $"write {target.Value} to {target.File}: {errno.Describe()}",
        };
        return errno == Errno.None;
    }
}
