namespace Bld.Registry;

/// <summary>An image in a registry: host, repository, and a tag or a digest.</summary>
/// <param name="Host">Host and port.</param>
/// <param name="Repository">The path below it.</param>
/// <param name="Reference">A tag, or a digest.</param>
public sealed record RegistryName(string Host, string Repository, string Reference)
{
    private const string DockerHub = "docker.io";

    /// <summary>Whether the registry is this machine: such registries are spoken to without TLS unless they insist.</summary>
    public bool IsLoopback =>
        Host.Split(':')[0] is "localhost" or "127.0.0.1" || Host.StartsWith("127.", StringComparison.Ordinal) || Host.StartsWith("[::1]", StringComparison.Ordinal);

    /// <summary>The host that answers for a name: Docker Hub's registry has another one than its names.</summary>
    public string ApiHost => Host == DockerHub ? "registry-1.docker.io" : Host;

    /// <summary>Reads <c>host/repository[:tag][@digest]</c>.</summary>
    /// <exception cref="RegistryException">The text is none.</exception>
    public static RegistryName Parse(string text)
    {
        var slash = text.IndexOf('/');
        var host = slash < 0 ? "" : text[..slash];
        if (slash < 0 || (host != "localhost" && host.AsSpan().IndexOfAny('.', ':') < 0))
        {
            throw new RegistryException($"\"{text}\" names no registry: write HOST/{text}");
        }

        var rest = text[(slash + 1)..];
        var at = rest.IndexOf('@');
        var digest = at < 0 ? null : rest[(at + 1)..];
        rest = at < 0 ? rest : rest[..at];
        var colon = rest.LastIndexOf(':');
        var repository = colon > rest.LastIndexOf('/') ? rest[..colon] : rest;
        var tag = colon > rest.LastIndexOf('/') ? rest[(colon + 1)..] : "latest";
        if (repository.Length == 0 || repository.Any(char.IsUpper))
        {
            throw new RegistryException($"invalid reference format: repository name \"{repository}\" must be lowercase and not empty");
        }

        if (host == DockerHub && !repository.Contains('/', StringComparison.Ordinal))
        {
            repository = "library/" + repository;
        }

        return new RegistryName(host, repository, digest ?? tag);
    }

    /// <inheritdoc/>
    public override string ToString() => Digest.TryParse(Reference, out _) ? $"{Host}/{Repository}@{Reference}" : $"{Host}/{Repository}:{Reference}";
}
