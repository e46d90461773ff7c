using System.Text.Json;

using Bld.Runtime.Spec;

namespace Bld.Runtime.Oci;

/// <summary>A bundle: a directory with config.json (runtime-spec, "Filesystem Bundle").</summary>
internal static class Bundle
{
    /// <summary>The spec with all its host paths absolute, so that it means the same from any directory.</summary>
    /// <exception cref="ContainerException">There is no config.json, or it is no spec that can be run.</exception>
    internal static ContainerSpec Read(string directory) => Read(directory, $"{directory}/config.json", out _);

    /// <param name="directory">What relative paths start from.</param>
    /// <param name="file">config.json, or a copy of it.</param>
    /// <param name="text">The file as it is.</param>
    internal static ContainerSpec Read(string directory, string file, out byte[] text)
    {
        try
        {
            text = File.ReadAllBytes(file);
            return Complete(ContainerSpec.Parse(text), directory);
        }
        catch (JsonException failure)
        {
            throw new ContainerException($"{file} is not a container's configuration: {failure.Message}", "read", file);
        }
        catch (IOException failure)
        {
            throw new ContainerException($"the bundle has no configuration that can be read: {failure.Message}", "read", file);
        }
    }

    private static ContainerSpec Complete(ContainerSpec spec, string directory)
    {
        if (!spec.OciVersion.StartsWith("1.", StringComparison.Ordinal))
        {
            throw new ContainerException($"config.json: ociVersion \"{spec.OciVersion}\" is not one that this program knows (1.0 to 1.3)");
        }

        if (spec.Linux is null)
        {
            throw new ContainerException("config.json: it has no \"linux\" part");
        }

        if (spec.Process is null)
        {
            throw new ContainerException("config.json: it has no \"process\"");
        }

        if (spec.Root is not { Path.Length: > 0 } root)
        {
            throw new ContainerException("config.json: it has no \"root\" with a path");
        }

        return spec with
        {
            Root = root with { Path = Absolute(root.Path, directory) },
            Process = Restrict(spec.Process),
            Mounts = [.. (spec.Mounts ?? []).Select(mount => Complete(mount, directory))],
        };
    }

    /// <summary>A process that names no capabilities has none.</summary>
    private static ProcessSpec Restrict(ProcessSpec process) =>
        process.Capabilities is null ? process with { Capabilities = new CapabilitiesSpec() } : process;

    private static MountSpec Complete(MountSpec mount, string directory)
    {
        var isBind = mount.Type == "bind" || (mount.Options ?? []).Any(static option => option is "bind" or "rbind");
        var full = mount with { Destination = mount.Destination.StartsWith('/') ? mount.Destination : "/" + mount.Destination };
        return isBind && mount.Source is not null ? full with { Source = Absolute(mount.Source, directory) } : full;
    }

    private static string Absolute(string path, string directory) => Path.GetFullPath(path, directory);
}
