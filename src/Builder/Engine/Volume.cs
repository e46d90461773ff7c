using Bld.Builder.Store;

namespace Bld.Builder.Engine;

/// <summary>A directory or file of the host that containers see, as <c>--volume source:target[:options]</c> says.</summary>
/// <param name="Source">Absolute path on the host.</param>
/// <param name="Target">Absolute path in the container.</param>
/// <param name="Options">Options as mount(8) has them.</param>
/// <param name="IsOverlay">Writes are kept for the length of one command only (<c>O</c>).</param>
/// <param name="ChangesOwner">The source is given to the container's user (<c>U</c>).</param>
internal sealed record Volume(string Source, string Target, IReadOnlyList<string> Options, bool IsOverlay, bool ChangesOwner)
{
    /// <summary>The caller's directory for an overlay's changes, which then stay (<c>upperdir=</c>); null for none.</summary>
    public string? UpperPath { get; private init; }

    /// <summary>The caller's directory for the kernel's use, on the file system of <see cref="UpperPath"/> (<c>workdir=</c>).</summary>
    public string? WorkPath { get; private init; }

    private static readonly string[] MountOptions =
    [
        "ro", "rw", "rro", "exec", "noexec", "suid", "nosuid", "dev", "nodev", "bind", "rbind", "nosymfollow", "noatime",
        "private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable",
    ];

    /// <summary>Whether what is mounted below the source is seen too.</summary>
    public bool IsRecursive => !Options.Contains("bind");

    /// <summary>Reads the text of a flag, in which <c>\:</c> is a colon that separates nothing.</summary>
    /// <exception cref="BuildException">It is none.</exception>
    public static Volume Parse(string text)
    {
        var parts = Split(text);
        if (parts.Count is < 2 or > 3)
        {
            throw new BuildException($"incorrect volume format \"{text}\", should be host-dir:ctr-dir[:option]");
        }

        if (!parts[0].StartsWith('/'))
        {
            throw new BuildException($"invalid host path, must be an absolute path \"{parts[0]}\"");
        }

        if (!parts[1].StartsWith('/'))
        {
            throw new BuildException($"invalid container path \"{parts[1]}\", must be an absolute path");
        }

        return WithOptions(new Volume(parts[0], parts[1], [], false, false), parts.Count > 2 ? parts[2].Split(',') : []);
    }

    private static List<string> Split(string text)
    {
        var parts = new List<string>();
        var start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == ':' && (i == 0 || text[i - 1] != '\\')))
            {
                parts.Add(text[start..i].Replace("\\:", ":"));
                start = i + 1;
            }
        }

        return parts;
    }

    private static Volume WithOptions(Volume volume, string[] options)
    {
        RequireOne(options, volume, "z", "Z", "O");
        var kept = new List<string>();
        foreach (var option in options)
        {
            switch (option)
            {
                case "":
                    break;
                case "O":
                    volume = volume with { IsOverlay = true };
                    break;
                case "U":
                    volume = volume with { ChangesOwner = true };
                    break;
                case var upper when upper.StartsWith("upperdir=", StringComparison.Ordinal):
                    volume = volume with { UpperPath = upper["upperdir=".Length..] };
                    break;
                case var work when work.StartsWith("workdir=", StringComparison.Ordinal):
                    volume = volume with { WorkPath = work["workdir=".Length..] };
                    break;
                case "copy" or "nocopy":
                    // Of named volumes; a directory of the host is never filled.
                    break;
                case "z" or "Z":
                    RefuseRelabelling(volume, option);
                    break;
                case var known when MountOptions.Contains(known):
                    kept.Add(known);
                    break;
                default:
                    throw new BuildException($"invalid option type \"{option}\" of volume {volume.Source}:{volume.Target}");
            }
        }

        if ((volume.UpperPath is null) != (volume.WorkPath is null) || (volume.UpperPath is not null && !volume.IsOverlay))
        {
            throw new BuildException($"volume {volume.Source}:{volume.Target}: upperdir= and workdir= go together, and with option O only");
        }

        RequireOne(kept, volume, "ro", "rw", "rro");
        RequireOne(kept, volume, "private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable");
        return volume with { Options = kept };
    }

    private static void RequireOne(IReadOnlyList<string> options, Volume volume, params string[] group)
    {
        if (options.Count(group.Contains) > 1)
        {
            throw new BuildException($"volume {volume.Source}:{volume.Target}: only one of the options {string.Join(", ", options.Where(group.Contains))} can be given");
        }
    }

    // Labels mean something on hosts with SELinux only; there the files would have to be relabelled, which this program does not do.
    private static void RefuseRelabelling(Volume volume, string option)
    {
        if (File.Exists("/sys/fs/selinux/enforce"))
        {
            throw new BuildException(
                $"volume {volume.Source}:{volume.Target}: option {option} can't be honoured, because bld does not relabel files for SELinux; "
                + $"relabel them yourself (chcon -R -t container_file_t {volume.Source}) and leave the option out");
        }
    }
}
