using System.Globalization;

using Bld.Builder.Cli.Commands;
using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine;
using Bld.Dockerfile;
using Bld.Registry.Configuration;

namespace Bld.Builder.Cli.Settings;

/// <summary>
/// What containers.conf and mounts.conf say about containers, the defaults of the flags of <c>bud</c> and <c>from</c>, and about layers. Only what holds for
/// a build is taken: names of other programs (runtimes, network helpers) are not, nor are kernel settings, which need namespaces that a
/// build may share.
/// </summary>
internal static class ContainersConfiguration
{
    /// <summary>The defaults.</summary>
    /// <exception cref="UsageException">A value is none.</exception>
    public static RunSettings Defaults(ParsedFlags flags)
    {
        var file = ReadFile();
        var containers = file.Table("containers");
        var settings = new RunSettings();
        return settings with
        {
            DefaultCapabilities = containers.Texts("default_capabilities") is { } names ? Bld.Runtime.Security.Capabilities.Adjust([], names, []) : null,
            UserLimits = containers.Texts("default_ulimits") ?? [],
            Environment = [.. (containers.Texts("env") ?? []).Where(static pair => pair.IndexOf('=') > 0)],
            Devices = containers.Texts("devices") ?? [],
            Volumes = [.. containers.Texts("volumes") ?? [], .. DefaultMounts.Read(flags.Text("default-mounts-file"))],
            DnsServers = containers.Texts("dns_servers") ?? [],
            DnsSearch = containers.Texts("dns_searches") ?? [],
            DnsOptions = containers.Texts("dns_options") ?? [],
            HttpProxy = containers.Boolean("http_proxy") ?? settings.HttpProxy,
            NoHosts = containers.Boolean("no_hosts") ?? settings.NoHosts,
            SharedMemorySize = Size(containers["shm_size"]),
            PastaOptions = [.. (file.Table("network").Texts("pasta_options") ?? []).Select(NetworkFlag.Checked)],
            SecurityOptions = containers.Text("seccomp_profile") is { Length: > 0 } profile ? [$"seccomp={profile}"] : [],
        };
    }

    /// <summary>How layers that must be compressed are compressed, and how hard; null for what isn't said.</summary>
    public static (string? Format, string? Level) Compression()
    {
        var engine = ReadFile().Table("engine");
        return (engine.Text("compression_format") is { Length: > 0 } format ? format : null, engine.Number("compression_level")?.ToString(CultureInfo.InvariantCulture));
    }

    private static TomlTable ReadFile() => ConfigurationFiles.Read(ConfigurationFiles.Locate("containers.conf", "CONTAINERS_CONF"));

    private static long? Size(object? value)
    {
        try
        {
            return value switch
            {
                null or "" => null,
                long bytes => bytes,
                _ => ByteSize.Parse(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""),
            };
        }
        catch (DockerfileException exception)
        {
            throw new UsageException($"shm_size in containers.conf: {exception.Message}");
        }
    }
}
