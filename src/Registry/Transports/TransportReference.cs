namespace Bld.Registry;

/// <summary>The ways in which an image can be named.</summary>
public enum TransportKind
{
    /// <summary>In a registry: <c>docker://NAME</c>.</summary>
    Registry,

    /// <summary>In an OCI layout: <c>oci:DIRECTORY[:NAME]</c>.</summary>
    Layout,

    /// <summary>In a tar file with an OCI layout: <c>oci-archive:FILE[:NAME]</c>.</summary>
    LayoutArchive,

    /// <summary>In a tar file as <c>docker save</c> writes it: <c>docker-archive:FILE[:NAME]</c>.</summary>
    DockerArchive,

    /// <summary>In a directory: <c>dir:DIRECTORY</c>.</summary>
    Directory,

    /// <summary>In Docker's daemon: <c>docker-daemon:NAME</c>.</summary>
    DockerDaemon,

    /// <summary>In the store of podman and buildah: <c>containers-storage:NAME</c>.</summary>
    ContainersStorage,
}

/// <summary>An image named with its transport.</summary>
/// <param name="Kind">The transport.</param>
/// <param name="Path">The file or directory, or the name in a registry.</param>
/// <param name="Name">The image's name in it.</param>
public sealed record TransportReference(TransportKind Kind, string Path, string? Name)
{
    /// <summary>More names of the image in a layout or an archive that is written.</summary>
    public IReadOnlyList<string> OtherNames { get; init; } = [];

    /// <summary>All names of the image there.</summary>
    public IReadOnlyList<string> Names => Name is null ? [] : [Name, .. OtherNames];

    private static readonly (string Prefix, TransportKind Kind)[] Prefixes =
    [
        ("docker://", TransportKind.Registry),
        ("oci:", TransportKind.Layout),
        ("oci-archive:", TransportKind.LayoutArchive),
        ("docker-archive:", TransportKind.DockerArchive),
        ("dir:", TransportKind.Directory),
        ("docker-daemon:", TransportKind.DockerDaemon),
        ("containers-storage:", TransportKind.ContainersStorage),
    ];

    /// <summary>Reads a reference with a transport; null when the text has none (<c>docker:latest</c> is an image named docker).</summary>
    /// <exception cref="RegistryException">Its path is missing.</exception>
    public static TransportReference? TryParse(string text)
    {
        foreach (var (prefix, kind) in Prefixes)
        {
            if (!text.StartsWith(prefix, StringComparison.Ordinal))
            {
                continue;
            }

            var rest = text[prefix.Length..];
            if (rest.Length == 0)
            {
                throw new RegistryException($"\"{text}\" names nothing behind {prefix}");
            }

            if (kind is TransportKind.Registry or TransportKind.Directory or TransportKind.DockerDaemon or TransportKind.ContainersStorage)
            {
                return new TransportReference(kind, rest, null);
            }

            var colon = rest.IndexOf(':');
            return colon < 0 ? new TransportReference(kind, rest, null) : new TransportReference(kind, rest[..colon], rest[(colon + 1)..] is { Length: > 0 } name ? name : null);
        }

        return null;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Prefixes.First(each => each.Kind == Kind).Prefix}{Path}{(Name is null ? "" : ":" + Name)}";
}
