using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bld.Registry;

/// <summary>What is signed: an image's digest and name (containers "simple signing" format, which cosign uses too).</summary>
internal static class SignaturePayload
{
    /// <summary>What to sign for an image.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="digest">Digest of its manifest.</param>
    /// <param name="type">What sort of signature it is.</param>
    internal static byte[] Create(RegistryName name, Digest digest, string type)
    {
        var payload = new JsonObject
        {
            ["critical"] = new JsonObject
            {
                ["identity"] = new JsonObject { ["docker-reference"] = Digest.TryParse(name.Reference, out _) ? $"{name.Host}/{name.Repository}" : name.ToString() },
                ["image"] = new JsonObject { ["docker-manifest-digest"] = digest.ToString() },
                ["type"] = type,
            },
            ["optional"] = new JsonObject { ["creator"] = "bld" },
        };
        return System.Text.Encoding.UTF8.GetBytes(payload.ToJsonString());
    }

    /// <summary>Whether something signed speaks of one of these documents, by the name by which it was asked for.</summary>
    internal static bool SpeaksOf(byte[] payload, RegistryName name, IEnumerable<RawManifest> documents)
    {
        try
        {
            var critical = JsonNode.Parse(payload)?["critical"];
            var digest = TrustPolicy.Text(critical?["image"]?["docker-manifest-digest"]);
            return documents.Any(each => each.Digest.ToString() == digest) && IsNamed(TrustPolicy.Text(critical?["identity"]?["docker-reference"]), name);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    // matchRepoDigestOrExact: a name asked for by tag must be signed under that tag, or under the repository alone as cosign does.
    private static bool IsNamed(string? signed, RegistryName name) =>
        signed == name.ToString() || signed == $"{name.Host}/{name.Repository}"
        || (Digest.TryParse(name.Reference, out _) && signed is not null && signed.StartsWith($"{name.Host}/{name.Repository}:", StringComparison.Ordinal));
}
