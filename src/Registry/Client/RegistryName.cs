using System.Globalization;
using System.Text.RegularExpressions;

namespace Bld.Registry;

/// <summary>An image in a registry: host, repository, and a tag or a digest.</summary>
/// <param name="Host">Host and port.</param>
/// <param name="Repository">The path below it.</param>
/// <param name="Reference">A tag, or a digest.</param>
public sealed partial record RegistryName(string Host, string Repository, string Reference)
{
    private const string DockerHub = "docker.io";

    /// <summary>Whether the registry is this machine: such registries are spoken to without TLS unless they insist.</summary>
    public bool IsLoopback =>
        Host.Split(':')[0] is "localhost" or "127.0.0.1" || Host.StartsWith("127.", StringComparison.Ordinal) || Host.StartsWith("[::1]", StringComparison.Ordinal);

    /// <summary>The host that answers for a name: Docker Hub's registry has another one than its names.</summary>
    public string ApiHost => Host == DockerHub ? "registry-1.docker.io" : Host;

    /// <summary>Whether a text begins with a host, so says which registry it means.</summary>
    public static bool HasHost(string text)
    {
        var slash = text.IndexOf('/');
        return slash > 0 && (text[..slash] == "localhost" || text.AsSpan(0, slash).IndexOfAny('.', ':') >= 0);
    }

    /// <summary>Reads <c>host/repository[:tag][@digest]</c>.</summary>
    /// <exception cref="RegistryException">The text is none.</exception>
    public static RegistryName Parse(string text)
    {
        return HasHost(text) ? ParseWithHost(text) : throw new RegistryException($"\"{text}\" names no registry: write HOST/{text}");
    }

    /// <summary>Reads a name whose first part is a host for certain, although it may have neither a dot nor a port.</summary>
    internal static RegistryName ParseWithHost(string text)
    {
        var slash = text.IndexOf('/');
        if (slash <= 0)
        {
            throw new RegistryException($"invalid reference format: \"{text}\" has no repository");
        }

        var host = text[..slash];
        var port = host.EndsWith(']') ? -1 : host.LastIndexOf(':');
        if (port >= 0 && host[0] != '[' && host.IndexOf(':') != port)
        {
            throw new RegistryException($"invalid reference format: \"{host}\" is no host, it has two colons");
        }

        if (port >= 0 && !ushort.TryParse(host.AsSpan(port + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw new RegistryException($"invalid reference format: \"{text}\" has no port behind the colon of \"{host}\"");
        }

        var rest = text[(slash + 1)..];
        var at = rest.IndexOf('@');
        var digest = at < 0 ? null : rest[(at + 1)..];
        rest = at < 0 ? rest : rest[..at];
        var colon = rest.LastIndexOf(':');
        var tagged = colon > rest.LastIndexOf('/');
        var repository = tagged ? rest[..colon] : rest;
        if (!RepositoryPattern().IsMatch(repository))
        {
            throw new RegistryException(
                $"invalid reference format: repository name ({repository}) must be lowercase"
                + (repository.Any(char.IsAsciiLetterUpper) ? "" : ", of letters, digits, and . _ - / between them"));
        }

        if ((tagged && !TagPattern().IsMatch(rest[(colon + 1)..])) || (digest is not null && !Digest.TryParse(digest, out _)))
        {
            throw new RegistryException($"invalid reference format: \"{text}\" has no good tag or digest");
        }

        if (host == DockerHub && !repository.Contains('/', StringComparison.Ordinal))
        {
            repository = "library/" + repository;
        }

        return new RegistryName(host, repository, digest ?? (tagged ? rest[(colon + 1)..] : "latest"));
    }

    [GeneratedRegex(@"\A[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RepositoryPattern();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TagPattern();

    /// <inheritdoc/>
    public override string ToString() => Digest.TryParse(Reference, out _) ? $"{Host}/{Repository}@{Reference}" : $"{Host}/{Repository}:{Reference}";
}
