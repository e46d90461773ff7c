using System.Text;

using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>
/// What is known about layers that have left: what a tarball became when it was compressed, and which repositories have a blob. So a
/// second push compresses nothing and sends nothing. It may be lost or wrong at any time; registries are asked before it is relied on.
/// </summary>
internal sealed class BlobMemory(StateDirectory state)
{
    private const int MostPlaces = 16;

    /// <summary>What a tarball became; null when that isn't known.</summary>
    public CompressedLayer? FindCompressed(DiffId diffId, LayerCompression compression, int level) =>
        Read(CompressedPath(diffId, compression, level)) is [var line, .. var annotations] && line.Split(' ') is [var text, var size]
            && Digest.TryParse(text, out var digest) && long.TryParse(size, out var bytes)
            ? new CompressedLayer(digest, bytes, Annotations(annotations))
            : null;

    /// <summary>Remembers what a tarball became.</summary>
    public void AddCompressed(DiffId diffId, LayerCompression compression, int level, CompressedLayer layer)
    {
        string[] lines = [$"{layer.Digest} {layer.Size}", .. layer.Annotations.Select(static pair => $"{pair.Key} {pair.Value}")];
        state.PublishFile(CompressedPath(diffId, compression, level), Encoding.ASCII.GetBytes(string.Join('\n', lines) + "\n"), durable: false);
        state.PublishFile(OriginPath(layer.Digest), Encoding.ASCII.GetBytes($"{diffId}\n"), durable: false);
    }

    /// <summary>Whether a blob was compressed here, from a tarball that its snapshot gives again.</summary>
    public bool WasMadeHere(Digest blob, DiffId diffId) => Read(OriginPath(blob)) is [var line, ..] && line == diffId.ToString();

    /// <summary>The repositories of a registry that have a blob, the latest first.</summary>
    public IEnumerable<string> Repositories(Digest blob, string host) =>
        Read(PlacesPath(blob)).Where(place => place.StartsWith(host + "/")).Select(place => place[(host.Length + 1)..]);

    /// <summary>Every repository that is known to have a blob, the latest first.</summary>
    public IEnumerable<RegistryName> Places(Digest blob) =>
        Read(PlacesPath(blob)).Select(static place => place.Split('/', 2)).Where(static parts => parts.Length == 2)
            .Select(static parts => new RegistryName(parts[0], parts[1], "latest"));

    /// <summary>Remembers that a repository has a blob.</summary>
    public void AddPlace(Digest blob, RegistryName name)
    {
        var place = $"{name.Host}/{name.Repository}";
        var known = Read(PlacesPath(blob));
        if (known.Length == 0 || known[0] != place)
        {
            var lines = known.Where(each => each != place).Prepend(place).Take(MostPlaces);
            state.PublishFile(PlacesPath(blob), Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"), durable: false);
        }
    }

    private static Dictionary<string, string> Annotations(string[] lines)
    {
        var annotations = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            var parts = line.Split(' ', 2);
            annotations[parts[0]] = parts[^1];
        }

        return annotations;
    }

    private static string CompressedPath(DiffId diffId, LayerCompression compression, int level) =>
        $"pushed/compressed/{diffId.Digest.Hex}-{compression.ToString().ToLowerInvariant()}{level}";

    private static string OriginPath(Digest blob) => $"pushed/origins/{blob.Hex}";

    private static string PlacesPath(Digest blob) => $"pushed/places/{blob.Hex}";

    private string[] Read(string path) =>
        state.ReadFile(path) is { } bytes ? Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];
}
