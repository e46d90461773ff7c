using Bld.Builder.Engine;
using Bld.Builder.Tests.Store;
using Bld.Dockerfile;

namespace Bld.Builder.Tests.Engine;

public sealed class CacheMountsTests : IDisposable
{
    private readonly TemporaryPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Caches_are_listed_with_their_ids_and_sizes_and_removed_with_all_they_hold()
    {
        using var state = _place.OpenState();
        CacheMountInfo cache;
        using (CacheMount.Open(state, "the/id", CacheSharing.Shared, fresh: false, static _ => { }))
        {
            cache = Assert.Single(CacheMounts.List(state));
            Assert.Equal("the/id", cache.Id);
            Assert.InRange(cache.UsedAt, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
            File.WriteAllBytes($"{state.CacheMountsPath}/{cache.Name}/fs/file", new byte[100_000]);
            Assert.True(CacheMounts.List(state)[0].Size >= 100_000);
        }

        CacheMounts.Remove(state, cache);
        CacheMounts.Remove(state, cache);
        Assert.Empty(CacheMounts.List(state));
        using var again = CacheMount.Open(state, "the/id", CacheSharing.Locked, fresh: false, static _ => { });
        Assert.Empty(Directory.GetFileSystemEntries($"{state.CacheMountsPath}/{CacheMounts.List(state)[0].Name}/fs"));
    }
}
