using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine;
using Bld.Runtime.Rootless;
using Bld.Runtime.Spec;

namespace Bld.Builder.Cli.Commands;

/// <summary>Those of <see cref="RunFlags"/> that choose namespaces.</summary>
internal static class RunNamespaceFlags
{
    private const string Private = "private";

    /// <summary>Whose ids containers get that ask for any (containers-storage.conf(5), <c>root-auto-userns-user</c>).</summary>
    private const string Automatic = "containers";

    /// <summary>Reads them over what was said before.</summary>
    /// <exception cref="Store.BuildException">A value is none, or two don't go together.</exception>
    public static RunSettings Read(ParsedFlags flags, RunSettings start)
    {
        return Users(flags, start) with
        {
            Ipc = Choice(flags, "ipc", "ipc", start.Ipc),
            Pid = Choice(flags, "pid", "pid", start.Pid),
            Uts = Choice(flags, "uts", "uts", start.Uts),
            CgroupNamespace = Choice(flags, "cgroupns", "cgroup", start.CgroupNamespace),
        };
    }

    private static string? Choice(ParsedFlags flags, string flag, string kind, string? before) =>
        flags.Has(flag) ? RunNamespaces.Parse(kind, flags.Text(flag)) : before;

    /// <summary>Maps make a user namespace, unless the host's is asked for. One of the two kinds of ids stands for both.</summary>
    private static RunSettings Users(ParsedFlags flags, RunSettings settings)
    {
        var wanted = flags.Text("userns");
        IReadOnlyList<string> users = Mappings(flags, "userns-uid-map");
        IReadOnlyList<string> groups = Mappings(flags, "userns-gid-map");
        if ((flags.Text("userns-uid-map-user") ?? flags.Text("userns-gid-map-group")) is { } either)
        {
            users = OfUser("/etc/subuid", flags.Text("userns-uid-map-user") ?? either);
            groups = OfUser("/etc/subgid", flags.Text("userns-gid-map-group") ?? either);
        }

        var isMapped = users.Count + groups.Count > 0;
        if (isMapped && wanted == "host")
        {
            throw new UsageException("can not specify ID mappings while using host's user namespace");
        }

        if (isMapped)
        {
            return settings with { Users = Private, UidMap = users.Count > 0 ? users : groups, GidMap = groups.Count > 0 ? groups : users };
        }

        return wanted switch
        {
            null => settings,
            "host" => settings with { Users = null, UidMap = [], GidMap = [] },
            "auto" => settings with { Users = Private, UidMap = OfUser("/etc/subuid", Automatic), GidMap = OfUser("/etc/subgid", Automatic) },
            "" or Private or "container" when settings.UidMap.Count > 0 => settings with { Users = Private },
            "" or Private or "container" => Joined(settings, Private, "/proc/self"),
            _ when RunNamespaces.Parse("user", wanted) is { } path => Joined(settings, path, Path.GetDirectoryName(Path.GetDirectoryName(path))!),
            _ => settings,
        };
    }

    // A new one without maps has the ids of this process's own.
    private static RunSettings Joined(RunSettings settings, string users, string process)
    {
        var (user, group) = (UserMaps.Read($"{process}/uid_map"), UserMaps.Read($"{process}/gid_map"));
        if (user.Count == 0 || group.Count == 0)
        {
            throw new UsageException($"--userns {users}: the ids of a user namespace are read beside /proc/PID/ns/user: name it so");
        }

        return settings with { Users = users, UidMap = RunUsers.Texts(users == Private ? Same(user) : user), GidMap = RunUsers.Texts(users == Private ? Same(group) : group) };
    }

    private static IReadOnlyList<IdMapping> Same(IReadOnlyList<IdMapping> map) => [.. map.Select(static range => range with { HostId = range.ContainerId })];

    private static IReadOnlyList<string> OfUser(string file, string user) => UserMaps.OfUser(file, user) is { Count: > 0 } map
        ? RunUsers.Texts(map)
        : throw new UsageException($"{file} gives \"{user}\" no ids: add a line \"{user}:FIRST:COUNT\", or name ids with --userns-uid-map and --userns-gid-map");

    private static List<string> Mappings(ParsedFlags flags, string name)
    {
        List<string> texts = [.. flags.List(name).SelectMany(static text => text.Split(','))];
        foreach (var text in texts)
        {
            var parts = text.Split(':');
            if (parts.Length != 3 || !parts.All(static part => uint.TryParse(part, out _)))
            {
                throw new UsageException($"{name} setting is malformed expected [\"uint32:uint32:uint32\"]: [\"{text}\"]");
            }
        }

        return texts;
    }
}
