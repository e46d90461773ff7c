using System.Globalization;

using Bld.Runtime.Linux;

namespace Bld.Runtime.Cgroups;

/// <summary>Where a container's cgroups lie.</summary>
internal static class CgroupName
{
    private static bool? s_isFullRoot;

    /// <summary>The spec's path, or one of our own: absolute below each hierarchy, or relative to <see cref="Base"/>.</summary>
    /// <exception cref="ContainerException">It is a hierarchy's own root.</exception>
    internal static string Of(ContainerRequest request, int number)
    {
        if (request.Spec.Linux?.CgroupsPath is { Length: > 0 } path)
        {
            // "slice:prefix:name" is how callers of the systemd driver say it.
            var parts = path.Split(':');
            return Inside(parts.Length == 3 ? $"{SlicePath(parts[0])}/{(parts[1].Length > 0 ? parts[1] + "-" : "")}{parts[2]}.scope" : path);
        }

        return request.AllCgroups && request.Id.Length > 0
            ? "/" + request.Id
            : string.Create(CultureInfo.InvariantCulture, $"bld-{Environment.ProcessId}-{number}");
    }

    /// <summary>
    /// The directory for a relative name: this process's own cgroup, but beside it on v2, where a cgroup with processes can't
    /// share out its controllers.
    /// </summary>
    internal static string Base(CgroupPlace place, string name)
    {
        if (place.Own == "/" || name.StartsWith('/'))
        {
            return place.Mount;
        }

        return place.Mount + (place.IsUnified ? place.Own[..place.Own.LastIndexOf('/')] : place.Own);
    }

    // ".." ends at the hierarchy's own root, which no container may have: whoever deletes it ends what is in its cgroup.
    private static string Inside(string path)
    {
        var full = System.IO.Path.GetFullPath("/" + path).TrimEnd('/');
        return full.Length == 0 ? throw new ContainerException($"cgroupsPath \"{path}\" is the root of the host's cgroups, and can't be a container's", "cgroup", path)
            : path.StartsWith('/') ? full : full[1..];
    }

    /// <summary>Whether this process is the machine's own root, who is refused nothing without a reason.</summary>
    internal static bool IsFullRoot() => s_isFullRoot ??= Libc.geteuid() == 0
        && (ProcessCalls.ReadText("/proc/self/uid_map") ?? "").Contains("4294967295", StringComparison.Ordinal);

    // a-b-c.slice lies in a.slice/a-b.slice.
    private static string SlicePath(string slice)
    {
        if (slice is "" or "-" or "-.slice")
        {
            return slice.Length == 0 ? "/system.slice" : "";
        }

        var path = "";
        var name = slice.EndsWith(".slice", StringComparison.Ordinal) ? slice[..^6] : slice;
        for (var i = name.IndexOf('-', StringComparison.Ordinal); i >= 0; i = name.IndexOf('-', i + 1))
        {
            path += $"/{name[..i]}.slice";
        }

        return $"{path}/{name}.slice";
    }
}
