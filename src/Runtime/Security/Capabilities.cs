namespace Bld.Runtime.Security;

/// <summary>Names of capabilities(7), and sets of them as bits.</summary>
public static class Capabilities
{
    // In the kernel's order: the index is the number.
    private static readonly string[] Names =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW",
        "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
        "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD",
        "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG",
        "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>What a build's RUN and a container get when nothing else is asked: eleven, as containers.conf has them.</summary>
    public static IReadOnlyList<string> Default { get; } =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETFCAP", "CAP_SETGID",
        "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
    ];

    /// <summary>Every name that this program knows.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>
    /// Applies --cap-add and --cap-drop to a set: names with or without <c>CAP_</c> in any case, or <c>all</c>; dropping comes
    /// after adding, but what is added by name survives <c>--cap-drop all</c>.
    /// </summary>
    /// <exception cref="ContainerException">A name is unknown, or both added and dropped.</exception>
    public static IReadOnlyList<string> Adjust(IReadOnlyList<string> start, IReadOnlyList<string> add, IReadOnlyList<string> drop)
    {
        var added = Normalize(add, "--cap-add");
        var dropped = Normalize(drop, "--cap-drop");
        foreach (var name in added)
        {
            if (name != "ALL" && dropped.Contains(name))
            {
                throw new ContainerException($"capability \"{name}\" cannot be dropped and added", "capabilities", name);
            }
        }

        var set = new SortedSet<string>(dropped.Contains("ALL") ? [] : start, StringComparer.Ordinal);
        if (added.Contains("ALL") && !dropped.Contains("ALL"))
        {
            set.UnionWith(Names);
        }

        set.UnionWith(added);
        set.Remove("ALL");
        set.ExceptWith(dropped);
        return [.. set];
    }

    /// <summary>The set's bits. Unknown names are reported and left out, as the runtime-spec asks.</summary>
    internal static ulong Parse(IReadOnlyList<string>? names, Action<string>? warn)
    {
        var bits = 0UL;
        foreach (var name in names ?? [])
        {
            var number = Array.IndexOf(Names, name);
            if (number < 0)
            {
                warn?.Invoke($"unknown capability {name} is ignored");
                continue;
            }

            bits |= 1UL << number;
        }

        return bits & Known();
    }

    private static ulong Known() => (1UL << Names.Length) - 1;

    private static HashSet<string> Normalize(IReadOnlyList<string> names, string flag)
    {
        var result = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var upper = name.Trim().ToUpperInvariant();
            var full = upper == "ALL" || upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper : "CAP_" + upper;
            if (full != "ALL" && Array.IndexOf(Names, full) < 0)
            {
                throw new ContainerException($"{flag}: \"{full}\": unknown capability", "capabilities", name);
            }

            result.Add(full);
        }

        return result;
    }
}
