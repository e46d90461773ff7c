using Bld.Dockerfile;

namespace Bld.Builder.Engine;

/// <summary>
/// The caches that one command mounts. Each is held once, however many mounts name it, and as strictly as any of them wants; all are
/// taken in the order of their ids, so no two commands wait for each other.
/// </summary>
internal sealed class HeldCaches : IDisposable
{
    private readonly Dictionary<string, CacheMount> _caches = new(StringComparer.Ordinal);

    /// <summary>The cache of an id.</summary>
    public CacheMount this[string id] => _caches[id];

    /// <summary>Takes all caches among some mounts.</summary>
    /// <param name="flags">The mounts.</param>
    /// <param name="idOf">A cache's id.</param>
    /// <param name="open">Waits for a cache and opens it: by its id, for the sharing that is wanted, as the first mount that names it says.</param>
    public void Take(IEnumerable<MountFlag> flags, Func<MountFlag, string> idOf, Func<string, CacheSharing, MountFlag, CacheMount> open)
    {
        foreach (var mounts in flags.Where(static flag => flag.Type == MountType.Cache).GroupBy(idOf, StringComparer.Ordinal).OrderBy(static each => each.Key, StringComparer.Ordinal))
        {
            _caches.Add(mounts.Key, open(mounts.Key, mounts.Max(static flag => flag.Sharing), mounts.First()));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var cache in _caches.Values)
        {
            cache.Dispose();
        }
    }
}
