using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Settings;
using Bld.Builder.Engine.Images;
using Bld.Registry;
using Bld.Registry.Configuration;

namespace Bld.Builder.Cli.Commands;

/// <summary>The flags of every command that speaks to registries.</summary>
internal static class RegistryFlags
{
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("authfile", FlagKind.File, "file with credentials, instead of the usual ones"),
        new("blob-cache", FlagKind.Text, "accepted without effect: the store itself remembers which blobs it has", Hidden: true),
        new("cert-dir", FlagKind.File, "directory with certificates for the registry"),
        new("creds", FlagKind.Text, "USER:PASSWORD for the registry; what is left out is asked for"),
        new("tls-verify", FlagKind.Boolean, "whether the registry's certificate must be good; false allows plain HTTP"),
        new("retry", FlagKind.Text, "how often to try again what a moment later may work"),
        new("retry-delay", FlagKind.Text, "pause between two tries, such as 2s"),
        new("signature-policy", FlagKind.File, "policy.json to read instead of the usual one"),
        new("remove-signatures", FlagKind.Boolean, "accepted; signatures are never copied"),
    ];

    /// <summary>Of commands on lists, as Buildah has it.</summary>
    public static Flag Insecure { get; } = new("insecure", FlagKind.Boolean, "the same as --tls-verify=false", Hidden: true);

    /// <summary>The flags that choose an image of an index.</summary>
    public static IReadOnlyList<Flag> Platform { get; } =
    [
        new("platform", FlagKind.Text, "os/architecture[/variant] to choose from an index"),
        new("os", FlagKind.Text, "operating system to choose from an index", Aliases: ["override-os"]),
        new("arch", FlagKind.Text, "architecture to choose from an index", Aliases: ["override-arch"]),
        new("variant", FlagKind.Text, "variant of the architecture"),
    ];

    /// <summary>How the command line and registries.conf want registries spoken to.</summary>
    public static RegistryAccess Access(ParsedFlags flags) => Access(flags, Read(flags));

    /// <inheritdoc cref="Access(ParsedFlags)"/>
    public static RegistryAccess Access(ParsedFlags flags, RegistryOptions options) => new(
        options,
        () => RegistriesConfiguration.Load(flags.Text("registries-conf"), flags.Text("registries-conf-dir"), flags.Text("short-name-alias-conf")),
        flags.Text("signature-policy"));

    /// <summary>How the command line wants registries spoken to.</summary>
    /// <param name="flags">The command line.</param>
    /// <param name="makesAuthFile">Whether the file with credentials is yet to be made.</param>
    public static RegistryOptions Read(ParsedFlags flags, bool makesAuthFile = false)
    {
        var options = new RegistryOptions
        {
            VerifiesTls = flags.Has("tls-verify") ? flags.Boolean("tls-verify") : flags.Boolean(Insecure.Name) ? false : null,
            AuthFile = makesAuthFile ? flags.Text("authfile") : AuthFile(flags),
            CertificateDirectory = flags.Text("cert-dir"),
            Credentials = CredentialPrompt.Read(flags),
            RetryDelay = flags.Text("retry-delay") is { } delay ? Duration(delay) : null,
            Report = flags.Boolean("quiet") ? null : Notices.Tell,
        };
        return flags.Number("retry") is { } retries and >= 0 and < 1000 ? options with { Retries = (int)retries } : options;
    }

    /// <summary>The file with credentials that the command line names: a misspelt one would mean that nobody is logged in.</summary>
    /// <exception cref="UsageException">There is no such file.</exception>
    public static string? AuthFile(ParsedFlags flags) => flags.Text("authfile") is { Length: > 0 } file && !File.Exists(file)
        ? throw new UsageException($"checking authfile: stat {file}: no such file or directory")
        : flags.Text("authfile");

    /// <summary>Whether a platform is asked for, be it this machine's.</summary>
    public static bool AsksPlatform(ParsedFlags flags) => flags.Has("platform") || flags.Has("os") || flags.Has("arch") || flags.Has("variant");

    /// <summary>The platform that is asked for; this machine's where it isn't.</summary>
    /// <exception cref="UsageException">It is asked for in both ways.</exception>
    public static Bld.Registry.Platform ReadPlatform(ParsedFlags flags)
    {
        var platform = flags.Text("platform") is { Length: > 0 } text ? Bld.Registry.Platform.Parse(text) : Bld.Registry.Platform.Host;
        var (os, architecture, variant) = (flags.Text("os"), flags.Text("arch"), flags.Text("variant"));
        if (flags.Has("platform") && (os ?? architecture ?? variant) is not null)
        {
            throw new UsageException("--platform may not be used with --os, --arch or --variant, which say the same: give one or the others");
        }

        return os is null && architecture is null && variant is null
            ? platform
            : Bld.Registry.Platform.Parse(
                $"{os ?? platform.Os}/{architecture ?? platform.Architecture}{((variant ?? (architecture is null ? platform.Variant : null)) is { } known ? "/" + known : "")}");
    }

    /// <summary>A length of time as Go writes it, such as <c>1h30m</c>.</summary>
    internal static TimeSpan Duration(string text) => TimeSpan.FromMicroseconds(Bld.Dockerfile.GoDuration.Parse(text) / 1000.0);
}
