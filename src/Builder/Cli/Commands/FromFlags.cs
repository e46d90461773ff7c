using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Containers;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags of <c>bld from</c>.</summary>
internal static class FromFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("add-host", FlagKind.List, "line of /etc/hosts for run, as name:address"),
        new("cap-add", FlagKind.List, "give run a capability"),
        new("cap-drop", FlagKind.List, "take a capability from run"),
        new("cidfile", FlagKind.Text, "file that gets the container's id"),
        new("dns", FlagKind.List, "server for /etc/resolv.conf; none leaves the image's file"),
        new("dns-option", FlagKind.List, "option for /etc/resolv.conf"),
        new("dns-search", FlagKind.List, "search domain for /etc/resolv.conf"),
        new("format", FlagKind.Text, "format of the images to come: oci or docker", 'f'),
        new("http-proxy", FlagKind.Boolean, "pass the caller's proxy variables to run (default true)"),
        new("isolation", FlagKind.Text, "accepted: oci"),
        new("name", FlagKind.Text, "name of the container"),
        new("network", FlagKind.Text, "network of run: private, host or none", Aliases: ["net"]),
        new("pull", FlagKind.Text, "when the image is fetched: always, missing (the default), never or newer", Implied: "always"),
        new("pull-always", FlagKind.Boolean, "the same as --pull=always"),
        new("pull-never", FlagKind.Boolean, "the same as --pull=never"),
        new("quiet", FlagKind.Boolean, "don't tell of the pull", 'q'),
        new("security-opt", FlagKind.List, "seccomp=…, apparmor=…, no-new-privileges"),
        new("shm-size", FlagKind.Text, "size of /dev/shm"),
        new("ulimit", FlagKind.List, "limit of run, as name=soft:hard"),
        .. RegistryFlags.Platform,
        .. RegistryFlags.All,
        new("volume", FlagKind.List, "directory of the host for run, as source:target[:options]", 'v'),
    ];

    /// <summary>What the command line asks for.</summary>
    public static ContainerOptions Read(ParsedFlags flags) => new()
    {
        Name = flags.Text("name") is { Length: > 0 } name ? name : null,
        PullPolicy = BudRequest.Pull(flags),
        Platform = RegistryFlags.ReadPlatform(flags),
        Format = BudRequest.Format(flags.Text("format") ?? Environment.GetEnvironmentVariable("BUILDAH_FORMAT") ?? "oci"),
        Run = BudRequest.Run(flags),
    };
}
