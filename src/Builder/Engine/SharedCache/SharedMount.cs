using System.Security.Cryptography;
using System.Text.Json;

using Bld.Builder.Cache;
using Bld.Registry;

namespace Bld.Builder.Engine.SharedCache;

/// <summary>
/// What a cache mount held on some machine at the end of a build. Each has a name of its own, so machines that write at the same time
/// never meet; it says which earlier ones it has in it, so that who reads needs only those that no other one has.
/// </summary>
/// <param name="name">Its name at its place, without what all names there begin with.</param>
/// <param name="content">The mount's tree, as the only layer.</param>
/// <param name="contains">Names of those that its machine had put into the mount before.</param>
internal sealed class SharedMount(string name, SharedStep content, IReadOnlyList<string> contains)
{
    /// <summary>As many of the newest are looked at.</summary>
    public const int MostRead = 8;

    private const string ContainsName = "io.bld.cache.contains";
    private const long EndOfTime = 9_999_999_999;
    private readonly IReadOnlyList<string> _contains = contains;

    /// <summary>Its name at its place, without what all names there begin with.</summary>
    public string Name => name;

    /// <summary>The mount's tree, as the only layer.</summary>
    public SharedStep Content => content;

    /// <summary>The key of a cache mount with an id.</summary>
    public static CacheKey Key(string id) => new CacheKeyBuilder("cache mount", null).Add("id", id).ToKey();

    /// <summary>What the names of a mount's contents begin with.</summary>
    public static string Prefix(CacheKey key) => $"mount-{key.Hex[..32]}-";

    /// <summary>A name that no other one has; in the order of names the newest comes first.</summary>
    public static string NewName(CacheKey key, DateTimeOffset created) =>
        $"{Prefix(key)}{EndOfTime - created.ToUnixTimeSeconds():D10}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";

    /// <summary>The manifest, and the configuration that it speaks of.</summary>
    public (RawManifest Manifest, Descriptor Config, byte[] ConfigBytes) ToImage(Platform platform) =>
        content.ToImage(platform, (ContainsName, string.Join(' ', _contains)));

    /// <summary>Reads the newest of some; what isn't one of the mount with this key is left out.</summary>
    /// <param name="names">Their names at their place.</param>
    /// <param name="begin">What all names there begin with.</param>
    /// <param name="key">The mount's key.</param>
    /// <param name="read">Reads the manifest of a name.</param>
    public static SharedMount[] ReadNewest(string[] names, string begin, CacheKey key, Func<string, RawManifest?> read)
    {
        Array.Sort(names, StringComparer.Ordinal);
        var found = new SharedMount[Math.Min(names.Length, MostRead)];
        var count = 0;
        foreach (var name in names.AsSpan(0, found.Length))
        {
            if (read(name) is { } raw && TryRead(name[begin.Length..], raw, key) is { } mount)
            {
                found[count++] = mount;
            }
        }

        return found[..count];
    }

    /// <summary>Whether another one has it in it.</summary>
    public bool IsPartOf(SharedMount[] others) => Array.Exists(others, other => other._contains.Contains(name));

    private static SharedMount? TryRead(string name, RawManifest raw, CacheKey key)
    {
        try
        {
            return SharedStep.TryRead(raw, key) is { Layers.Count: 1 } step
                ? new SharedMount(name, step, ImageManifest.Parse(raw.Content).Annotations?.GetValueOrDefault(ContainsName)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [])
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
