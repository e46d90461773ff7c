using System.Text.Json;

namespace Bld.Registry;

/// <summary>What a manifest is: what it says itself, else what its sender said, else what it looks like.</summary>
internal static class ManifestMediaType
{
    /// <exception cref="RegistryException">It is no manifest that we know.</exception>
    internal static string Of(ReadOnlySpan<byte> content, string? said, string name)
    {
        try
        {
            var reader = new Utf8JsonReader(content);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (root.TryGetProperty("schemaVersion", out var version) && version.TryGetInt32(out var number) && number == 1)
            {
                throw new RegistryException($"{name} has a manifest of Docker's schema 1, which nothing supports any more; push it again with a newer program");
            }

            var own = root.TryGetProperty("mediaType", out var type) ? type.GetString() : null;
            var lists = root.TryGetProperty("manifests", out _);
            var found = MediaTypes.IsIndex(own) || MediaTypes.IsManifest(own) ? own
                : MediaTypes.IsIndex(said) || MediaTypes.IsManifest(said) ? said
                : lists ? MediaTypes.OciIndex
                : root.TryGetProperty("config", out _) ? MediaTypes.OciManifest : null;

            // One document must not be read as two things (CVE-2021-41190).
            return found is null || MediaTypes.IsIndex(found) != lists || (lists && root.TryGetProperty("layers", out _))
                ? throw new RegistryException($"{name} is no image: its manifest is of the type {own ?? said ?? "(none)"}")
                : found;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new RegistryException($"the manifest of {name} is not JSON", exception);
        }
    }
}
