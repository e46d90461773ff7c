using System.Globalization;
using System.Text;

using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Rootless;

/// <summary>Gives a new user namespace its ids (user_namespaces(7)): each map can be written once.</summary>
internal static class IdMaps
{
    /// <summary>Writes the maps of a process's user namespace, by newuidmap and newgidmap where this process may not.</summary>
    /// <exception cref="ContainerException">They can't be written.</exception>
    internal static void Write(int process, IReadOnlyList<IdMapping> users, IReadOnlyList<IdMapping> groups)
    {
        WriteOne(process, "gid_map", "newgidmap", groups);
        WriteOne(process, "uid_map", "newuidmap", users);
    }

    /// <summary>
    /// The maps of an ordinary user, who needs the helpers for more than the own id. When they fail the single id is mapped, which takes
    /// no right but needs setgroups(2) to be forbidden first.
    /// </summary>
    /// <param name="process">Whose user namespace it is.</param>
    /// <param name="users">The user ids that are wanted, the own one first.</param>
    /// <param name="groups">The group ids.</param>
    /// <returns>Why it is the single id; null when all are mapped.</returns>
    internal static string? WriteOwn(int process, IReadOnlyList<IdMapping> users, IReadOnlyList<IdMapping> groups)
    {
        // A root without the right to mount may still map all that it has itself.
        if (TryWrite($"/proc/{process}/gid_map", Text(groups)) == Errno.None && TryWrite($"/proc/{process}/uid_map", Text(users)) == Errno.None)
        {
            return users is [{ Size: 1 }] ? "/etc/subuid and /etc/subgid have no range for this user" : null;
        }

        var complaint = users is [{ Size: 1 }] || groups is [{ Size: 1 }]
            ? "/etc/subuid and /etc/subgid have no range for this user"
            : TryHelper("newgidmap", process, groups) ?? TryHelper("newuidmap", process, users);
        if (complaint is null)
        {
            return null;
        }

        var directory = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}");
        // A helper may have done one of the two: what stands already stays.
        _ = TryWrite($"{directory}/setgroups", "deny");
        _ = TryWrite($"{directory}/gid_map", Text([groups[0] with { Size = 1 }]));
        var errno = TryWrite($"{directory}/uid_map", Text([users[0] with { Size = 1 }]));
        return errno is Errno.None or Errno.EPERM
            ? complaint
            : throw new ContainerException($"map the ids of a user namespace: {errno.Describe()}", "user namespace", directory, errno);
    }

    private static void WriteOne(int process, string file, string helper, IReadOnlyList<IdMapping> map)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/{file}");
        var errno = TryWrite(path, Text(map));
        if (errno == Errno.EPERM && file == "gid_map" && map is [{ Size: 1 }])
        {
            _ = TryWrite(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/setgroups"), "deny");
            errno = TryWrite(path, Text(map));
        }

        if (errno == Errno.EPERM)
        {
            var complaint = TryHelper(helper, process, map);
            errno = complaint is null ? Errno.None : throw new ContainerException($"map the ids of the container's user namespace: {complaint}", helper, path, errno);
        }

        if (errno != Errno.None)
        {
            throw new ContainerException($"map the ids of the container's user namespace: write \"{Text(map).Trim()}\" to {file}: {errno.Describe()}", "user namespace", path, errno);
        }
    }

    private static string? TryHelper(string name, int process, IReadOnlyList<IdMapping> map)
    {
        if (HelperProgram.Find(name) is not { } path)
        {
            return $"{name} is not installed (package uidmap or shadow-utils)";
        }

        List<string> arguments = [name, process.ToString(CultureInfo.InvariantCulture)];
        foreach (var range in map)
        {
            arguments.Add(range.ContainerId.ToString(CultureInfo.InvariantCulture));
            arguments.Add(range.HostId.ToString(CultureInfo.InvariantCulture));
            arguments.Add(range.Size.ToString(CultureInfo.InvariantCulture));
        }

        var (code, said) = HelperProgram.Run(path, [.. arguments]);
        return code == 0 ? null : $"{name} failed ({code}): {said}";
    }

    private static string Text(IReadOnlyList<IdMapping> map)
    {
        var text = new StringBuilder();
        foreach (var range in map)
        {
            text.Append(CultureInfo.InvariantCulture, $"{range.ContainerId} {range.HostId} {range.Size}\n");
        }

        return text.ToString();
    }

    // One write(2): the kernel takes a map as a whole.
    private static Errno TryWrite(string path, string text)
    {
        var errno = FileCalls.TryOpen(FileCalls.CurrentDirectory, Encoding.ASCII.GetBytes(path), OpenFlags.WriteOnly, 0, out var file);
        if (errno != Errno.None)
        {
            return errno;
        }

        using (file)
        {
            return FileCalls.TryWrite(file, Encoding.ASCII.GetBytes(text));
        }
    }
}
