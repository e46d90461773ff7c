using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Commands;

/// <summary>Those of <see cref="RunFlags"/> that choose namespaces.</summary>
internal static class RunNamespaceFlags
{
    private static readonly string[] Mapped = ["userns-uid-map", "userns-gid-map", "userns-uid-map-user", "userns-gid-map-group"];

    /// <summary>Reads them over what was said before.</summary>
    /// <exception cref="Store.BuildException">A value is none, or two don't go together.</exception>
    public static RunSettings Read(ParsedFlags flags, RunSettings start)
    {
        CheckUsers(flags);
        return start with
        {
            Ipc = Choice(flags, "ipc", "ipc", start.Ipc),
            Pid = Choice(flags, "pid", "pid", start.Pid),
            Uts = Choice(flags, "uts", "uts", start.Uts),
            CgroupNamespace = Choice(flags, "cgroupns", "cgroup", start.CgroupNamespace),
        };
    }

    private static string? Choice(ParsedFlags flags, string flag, string kind, string? before) =>
        flags.Has(flag) ? RunNamespaces.Parse(kind, flags.Text(flag)) : before;

    /// <summary>
    /// Layers are kept with the ids that the image has, and an overlay of them can be shown with other ids only for reading. A user who
    /// wants root in the container to be nobody on the host has that by running bld without root.
    /// </summary>
    private static void CheckUsers(ParsedFlags flags)
    {
        CheckMappings(flags, "userns-uid-map");
        CheckMappings(flags, "userns-gid-map");
        var wanted = flags.Text("userns") is { Length: > 0 } text and not "host" ? text : null;
        var mapped = Mapped.FirstOrDefault(flags.Has);
        if (mapped is not null && flags.Text("userns") == "host")
        {
            throw new UsageException("can not specify ID mappings while using host's user namespace");
        }

        if (wanted is not (null or "auto" or "private" or "container"))
        {
            _ = RunNamespaces.Parse("user", wanted);
        }

        if (wanted is not null || mapped is not null)
        {
            throw new UsageException(
                $"--{mapped ?? "userns"}: bld gives commands no user namespace of their own; run bld as an ordinary user, and everything that it does is in one");
        }
    }

    private static void CheckMappings(ParsedFlags flags, string name)
    {
        foreach (var text in flags.List(name).SelectMany(static text => text.Split(',')))
        {
            var parts = text.Split(':');
            if (parts.Length != 3 || !parts.All(static part => uint.TryParse(part, out _)))
            {
                throw new UsageException($"{name} setting is malformed expected [\"uint32:uint32:uint32\"]: [\"{text}\"]");
            }
        }
    }
}
