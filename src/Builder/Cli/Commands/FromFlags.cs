using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Containers;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags of <c>bld from</c>.</summary>
internal static class FromFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("cidfile", FlagKind.File, "file that gets the container's id"),
        EncryptionFlags.OfPull,
        new("format", FlagKind.Text, "format of the images to come: oci or docker", 'f'),
        new("name", FlagKind.Text, "name of the container"),
        new("pull", FlagKind.Text, "when the image is fetched: always, missing (the default), never or newer", Implied: "always"),
        new("pull-always", FlagKind.Boolean, "the same as --pull=always"),
        new("pull-never", FlagKind.Boolean, "the same as --pull=never"),
        new("quiet", FlagKind.Boolean, "don't tell of the pull", 'q'),
        new("suffix", FlagKind.Text, "what the container's name ends with, behind the image's (default working-container)", Hidden: true),
        .. RegistryFlags.Platform,
        .. RegistryFlags.All,
        .. RunFlags.All,
    ];

    /// <summary>What the command line asks for.</summary>
    public static ContainerOptions Read(ParsedFlags flags) => new()
    {
        Name = flags.Text("name") is { Length: > 0 } name ? name : null,
        Suffix = flags.Text("suffix") is { Length: > 0 } suffix ? suffix : null,
        PullPolicy = BudRequest.Pull(flags),
        Platform = RegistryFlags.ReadPlatform(flags),
        Format = BudRequest.Format(flags.Text("format") ?? Environment.GetEnvironmentVariable("BUILDAH_FORMAT") ?? "oci"),
        Run = RunFlags.Read(flags),
    };
}
