using System.IO.Enumeration;

using Bld.Builder.Store;
using Bld.Runtime.Security;
using Bld.Runtime.Spec;

namespace Bld.Builder.Engine;

/// <summary>What <c>--security-opt</c> says.</summary>
internal sealed record RunSecurity
{
    public bool NoNewPrivileges { get; private init; }

    /// <summary>Null for the host's default.</summary>
    public string? AppArmorProfile { get; private init; }

    /// <summary>Null for none.</summary>
    public string? SelinuxLabel { get; private init; }

    /// <summary>A profile's file, <c>unconfined</c>, or null for the usual filter.</summary>
    public string? Seccomp { get; private init; }

    /// <summary>More paths that the command must not see.</summary>
    public IReadOnlyList<string> Masked { get; private init; } = [];

    /// <summary>Paths or patterns that it may see and change; <c>ALL</c> for every one.</summary>
    public IReadOnlyList<string> Unmasked { get; private init; } = [];

    /// <summary>Reads the texts of the flag.</summary>
    /// <exception cref="BuildException">One is unknown.</exception>
    public static RunSecurity Parse(IReadOnlyList<string> options)
    {
        var security = new RunSecurity();
        foreach (var option in options)
        {
            var separator = option.IndexOfAny(['=', ':']);
            var value = separator < 0 ? "" : option[(separator + 1)..];
            security = (separator < 0 ? option : option[..separator]) switch
            {
                "no-new-privileges" => security with { NoNewPrivileges = value is not "false" },
                _ when separator < 0 => throw new BuildException($"invalid --security-opt name=value pair: \"{option}\""),
                "apparmor" => security with { AppArmorProfile = value },
                "seccomp" => security with { Seccomp = RequireProfile(value) },
                "label" => security.WithLabel(value),
                "mask" => security with { Masked = [.. security.Masked, .. value.Split(':')] },
                "unmask" => security with { Unmasked = [.. security.Unmasked, .. value.Split(':')] },
                _ => throw new BuildException($"invalid --security-opt 2: \"{option}\": use apparmor, label, mask, no-new-privileges, seccomp or unmask"),
            };
        }

        return security;
    }

    /// <summary>Filter and paths of a container with these capabilities.</summary>
    public LinuxSpec Apply(LinuxSpec linux, IReadOnlyList<string> capabilities, bool insecure) => insecure
        ? linux with { Seccomp = null, MaskedPaths = null, ReadonlyPaths = null }
        : linux with
        {
            Seccomp = Seccomp switch
            {
                "unconfined" => null,
                null => SeccompProfileFile.Host(capabilities) ?? DefaultSeccomp.Create([.. capabilities]),
                var file => SeccompProfileFile.Read(file, capabilities),
            },
            MaskedPaths = [.. (linux.MaskedPaths ?? []).Concat(Masked).Where(path => !IsUnmasked(path))],
            ReadonlyPaths = [.. (linux.ReadonlyPaths ?? []).Where(path => !IsUnmasked(path))],
        };

    private bool IsUnmasked(string path) =>
        Unmasked.Any(pattern => pattern is "ALL" or "all" || FileSystemName.MatchesSimpleExpression(pattern.TrimEnd('/'), path, ignoreCase: false));

    // The label's parts (user, role, type, level) make a whole label only with a policy's defaults, which libselinux has.
    private RunSecurity WithLabel(string value) => value switch
    {
        "disable" or "nested" => this with { SelinuxLabel = null },
        _ when !File.Exists("/sys/fs/selinux/enforce") => this,
        _ when value.Split(':').Length >= 4 && !value.StartsWith("type:") => this with { SelinuxLabel = value },
        _ => throw new BuildException($"--security-opt label={value}: bld takes disable or a whole label (user:role:type:level), because it has no SELinux policy to complete one"),
    };

    private static string RequireProfile(string value) => value == "unconfined" || File.Exists(value)
        ? value
        : throw new BuildException($"opening seccomp profile failed: open {value}: no such file or directory");
}
