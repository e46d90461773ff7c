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
        using (CacheMount.Open(state, "the/id", CacheSharing.Shared, fresh: false, static _ => { }, CancellationToken.None))
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
        using var again = CacheMount.Open(state, "the/id", CacheSharing.Locked, fresh: false, static _ => { }, CancellationToken.None);
        Assert.Empty(Directory.GetFileSystemEntries($"{state.CacheMountsPath}/{CacheMounts.List(state)[0].Name}/fs"));
    }

    [Fact]
    public async Task Who_waits_for_a_cache_can_be_told_to_stop()
    {
        using var state = _place.OpenState();
        using var stop = new CancellationTokenSource();
        using var held = CacheMount.Open(state, "id", CacheSharing.Locked, fresh: false, static _ => { }, CancellationToken.None);
        var waiting = Task.Run(() => CacheMount.Open(state, "id", CacheSharing.Shared, fresh: false, static _ => { }, stop.Token));
        await stop.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public void A_command_takes_each_cache_once_as_strictly_as_it_asks_and_all_in_one_order()
    {
        using var state = _place.OpenState();
        var taken = new List<(string Id, CacheSharing Sharing)>();
        MountFlag[] flags = [Flag("type=cache,id=b,target=/1"), Flag("type=tmpfs,target=/2"), Flag("type=cache,id=a,target=/3"), Flag("type=cache,id=b,target=/4,sharing=locked")];
        using var caches = new HeldCaches();
        caches.Take(flags, static flag => flag.Id!, (id, sharing, first) =>
        {
            taken.Add((id, sharing));
            return CacheMount.Open(state, id, sharing, fresh: false, static _ => { }, CancellationToken.None);
        });
        Assert.Equal([("a", CacheSharing.Shared), ("b", CacheSharing.Locked)], taken);
        Assert.NotSame(caches["a"], caches["b"]);

        static MountFlag Flag(string text) => MountFlag.Parse(text);
    }
}
