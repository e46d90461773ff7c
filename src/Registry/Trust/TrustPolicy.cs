using System.Text.Json;
using System.Text.Json.Nodes;

using Bld.Registry.Configuration;

namespace Bld.Registry;

/// <summary>
/// containers-policy.json(5): which images may come in. Without a file everything may, as the digest of what is fetched is verified anyway.
/// </summary>
public sealed class TrustPolicy
{
    private readonly string _file;
    private readonly JsonObject _root;

    private TrustPolicy(string file, JsonObject root) => (_file, _root) = (file, root);

    /// <summary>Reads the policy.</summary>
    /// <param name="given">The file; null for the usual places.</param>
    /// <exception cref="RegistryException">It can't be read.</exception>
    public static TrustPolicy Load(string? given)
    {
        var file = given ?? ConfigurationFiles.Locate("policy.json", "CONTAINERS_POLICY_JSON") switch
        {
            [.., var last] => last,
            _ => null,
        };
        if (file is null)
        {
            return new TrustPolicy("", []);
        }

        try
        {
            return new TrustPolicy(file, JsonNode.Parse(File.ReadAllBytes(file)) as JsonObject ?? throw new JsonException("it is no object"));
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new RegistryException($"the signature policy {file} can't be read: {exception.Message}", exception);
        }
    }

    /// <summary>Checks an image before anything of it is used.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="reference">How it is named.</param>
    /// <param name="documents">The document that the name means, down to the image's manifest.</param>
    /// <param name="cancellation">Stops fetching signatures.</param>
    /// <exception cref="RegistryException">The policy refuses it.</exception>
    public async Task CheckAsync(IImageSource source, TransportReference reference, IReadOnlyList<RawManifest> documents, CancellationToken cancellation)
    {
        var (scope, requirements) = Find(reference);
        if (requirements is null)
        {
            return;
        }

        if (requirements.Count == 0)
        {
            throw Refused(source, scope, "it lists no requirement for it");
        }

        foreach (var requirement in requirements)
        {
            await CheckAsync(source, scope, requirement as JsonObject ?? throw Refused(source, scope, "a requirement is no object"), documents, cancellation);
        }
    }

    private async Task CheckAsync(
        IImageSource source, string scope, JsonObject requirement, IReadOnlyList<RawManifest> documents, CancellationToken cancellation)
    {
        switch (Text(requirement["type"]))
        {
            case "insecureAcceptAnything":
                return;
            case "reject":
                throw Refused(source, scope, "it rejects such images");
            case "sigstoreSigned":
                var keys = SigstoreKeys.Read(requirement, _file);
                if (source is not RegistrySource registry || !await SigstoreSignatures.AnyIsGoodAsync(registry, documents, keys, cancellation))
                {
                    throw Refused(source, scope, "no sigstore signature by one of its keys was found for it");
                }

                return;
            case "signedBy":
                if (source is not RegistrySource signed || !await SimpleSigning.AnyIsGoodAsync(signed, documents, requirement, _file, cancellation))
                {
                    throw Refused(source, scope, "no signature by one of its GPG keys was found for it");
                }

                return;
            case var other:
                throw Refused(source, scope, $"it asks for {other ?? "something without a type"}, which is not known here");
        }
    }

    /// <summary>The requirements of the narrowest scope that the image lies in; null when there is no policy.</summary>
    private (string Scope, JsonArray? Requirements) Find(TransportReference reference)
    {
        if (_file.Length == 0)
        {
            return ("", null);
        }

        var transport = reference.Kind switch
        {
            TransportKind.Registry => "docker",
            TransportKind.Layout => "oci",
            TransportKind.LayoutArchive => "oci-archive",
            TransportKind.DockerArchive => "docker-archive",
            TransportKind.DockerDaemon => "docker-daemon",
            _ => "dir",
        };
        if ((_root["transports"] as JsonObject)?[transport] is JsonObject scopes)
        {
            foreach (var scope in reference.Kind is TransportKind.Registry ? RegistryScopes(RegistryName.Parse(reference.Path)) : FileScopes(reference))
            {
                if (scopes[scope] is JsonArray found)
                {
                    return ($"{transport} {scope}".TrimEnd(), found);
                }
            }
        }

        return ("default", _root["default"] as JsonArray ?? throw new RegistryException($"the signature policy {_file} has no default"));
    }

    private static IEnumerable<string> RegistryScopes(RegistryName name)
    {
        yield return name.ToString();
        for (var scope = $"{name.Host}/{name.Repository}"; scope.Contains('/', StringComparison.Ordinal); scope = scope[..scope.LastIndexOf('/')])
        {
            yield return scope;
        }

        yield return name.Host;
        for (var dot = name.Host.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = name.Host.IndexOf('.', dot + 1))
        {
            yield return "*" + name.Host[dot..];
        }

        yield return "";
    }

    private static IEnumerable<string> FileScopes(TransportReference reference)
    {
        var path = Path.GetFullPath(reference.Path);
        yield return reference.Name is { } name ? $"{path}:{name}" : path;
        for (; path.Length > 1; path = Path.GetDirectoryName(path)!)
        {
            yield return path;
        }

        yield return "";
    }

    private RegistryException Refused(IImageSource source, string scope, string reason) =>
        new($"the signature policy {_file} refuses {source.Origin} (scope \"{scope}\"): {reason}");

    internal static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
