using Bld.Runtime.Linux;

namespace Bld.Runtime.Cgroups;

/// <summary>Stops and resumes all processes of a container (cgroup v2's cgroup.freeze, v1's freezer).</summary>
internal static class Freezer
{
    internal static bool IsFrozen(IReadOnlyList<CgroupDirectory> cgroups) => Find(cgroups) is { } cgroup
        && (cgroup.IsUnified ? cgroup.Read("cgroup.freeze") == "1" : cgroup.Read("freezer.state") is "FROZEN" or "FREEZING");

    /// <exception cref="ContainerException">There is no freezer, or it does not come to a rest.</exception>
    internal static void Freeze(IReadOnlyList<CgroupDirectory> cgroups)
    {
        const int Attempts = 500;
        var cgroup = Find(cgroups) ?? throw new ContainerException("pausing needs a freezer cgroup, which the container does not have");
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            // On v1 a process that is just forking escapes a freeze, which has to be asked for again.
            Write(cgroup, "1", "FROZEN");
            if (cgroup.IsUnified ? (cgroup.Read("cgroup.events") ?? "").Contains("frozen 1", StringComparison.Ordinal) : cgroup.Read("freezer.state") == "FROZEN")
            {
                return;
            }

            Thread.Sleep(attempt < 10 ? 1 : 10);
        }

        Write(cgroup, "0", "THAWED");
        throw new ContainerException("the container could not be paused: the kernel did not stop all its processes");
    }

    internal static void Thaw(IReadOnlyList<CgroupDirectory> cgroups)
    {
        if (Find(cgroups) is { } cgroup && IsFrozen(cgroups))
        {
            Write(cgroup, "0", "THAWED");
        }
    }

    private static CgroupDirectory? Find(IReadOnlyList<CgroupDirectory> cgroups)
    {
        CgroupDirectory? unified = null;
        foreach (var cgroup in cgroups)
        {
            if (cgroup.Controllers.Contains("freezer"))
            {
                return cgroup;
            }

            unified ??= cgroup.IsUnified ? cgroup : null;
        }

        return unified;
    }

    private static void Write(CgroupDirectory cgroup, string unified, string old)
    {
        var errno = cgroup.IsUnified ? cgroup.TryWrite("cgroup.freeze", unified) : cgroup.TryWrite("freezer.state", old);
        if (errno is not (Errno.None or Errno.ENOENT))
        {
            throw new ContainerException($"freezer of {cgroup.Path}: {errno.Describe()}", "freezer", cgroup.Path, errno);
        }
    }
}
