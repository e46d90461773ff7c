using Bld.Builder.Engine;
using Bld.Builder.Tests.Store;
using Bld.Dockerfile;

namespace Bld.Builder.Tests.Engine;

public sealed class CacheMountsTests : IDisposable
{
    private readonly TemporaryPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Caches_are_listed_with_their_ids_and_sizes_and_removed_unless_they_are_in_use()
    {
        using var state = _place.OpenState();
        using (CacheMount.Open(state, "the/id", CacheSharing.Shared, fresh: false, static _ => { }))
        {
            var cache = Assert.Single(CacheMounts.List(state));
            Assert.Equal("the/id", cache.Id);
            Assert.InRange(cache.UsedAt, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
            File.WriteAllBytes($"{state.CacheMountsPath}/{cache.Name}/fs/file", new byte[100_000]);
            Assert.True(CacheMounts.List(state)[0].Size >= 100_000);
            Assert.False(CacheMounts.TryRemove(state, cache), "it is in use");
            Assert.True(File.Exists($"{state.CacheMountsPath}/{cache.Name}/fs/file"));
        }

        Assert.True(CacheMounts.TryRemove(state, CacheMounts.List(state)[0]));
        Assert.True(CacheMounts.List(state)[0].Size < 100_000);
        using var again = CacheMount.Open(state, "the/id", CacheSharing.Locked, fresh: false, static _ => { });
        Assert.Empty(Directory.GetFileSystemEntries($"{state.CacheMountsPath}/{CacheMounts.List(state)[0].Name}/fs"));
    }
}
