using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Builder.Tests.Store;
using Bld.Registry;
using Bld.Runtime.Linux;

namespace Bld.Builder.Tests.Snapshots;

public sealed class SnapshotStoreTests : IDisposable
{
    private readonly TemporaryPlace _place = new();
    private readonly StateDirectory _state;
    private readonly SnapshotStore _store;

    public SnapshotStoreTests()
    {
        _state = _place.OpenState();
        _store = new SnapshotStore(_state);
    }

    public void Dispose()
    {
        _state.Dispose();
        _place.Dispose();
    }

    [Fact]
    public void A_committed_snapshot_is_found_by_another_process()
    {
        var snapshot = Make(null, "file", "content");
        using var other = _place.OpenState();
        var found = new SnapshotStore(other).Get(snapshot.Id);
        Assert.Equal(snapshot, found);
        Assert.Equal("content", File.ReadAllText($"{found!.Path}/file"));
        Assert.Empty(Directory.GetFileSystemEntries($"{_state.TemporaryPath}"));
    }

    [Fact]
    public void A_snapshot_that_is_not_committed_leaves_nothing()
    {
        using (var active = _store.Prepare(null))
        {
            File.WriteAllText($"{active.UpperPath}/x", "x");
        }

        Assert.Empty(Directory.GetFileSystemEntries(_state.TemporaryPath));
        Assert.Empty(Directory.GetFileSystemEntries(_state.SnapshotsPath));
    }

    [Fact]
    public void A_snapshot_of_an_earlier_boot_without_a_sync_is_not_adopted()
    {
        var snapshot = Make(null, "file", "content");
        var path = $"{_state.SnapshotsPath}/{snapshot.Id}/snapshot.json";
        var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        File.WriteAllText(path, File.ReadAllText(path).Replace(boot, "00000000-1111-2222-3333-444444444444", StringComparison.Ordinal));
        using var other = _place.OpenState();
        Assert.Null(new SnapshotStore(other).Get(snapshot.Id));
        other.PublishFile("synced/00000000-1111-2222-3333-444444444444", "9223372036854775807\n"u8);
        using var later = _place.OpenState();
        Assert.NotNull(new SnapshotStore(later).Get(snapshot.Id));
    }

    [Fact]
    public void An_empty_record_as_a_power_loss_leaves_it_is_no_snapshot()
    {
        var snapshot = Make(null, "file", "content");
        File.WriteAllText($"{_state.SnapshotsPath}/{snapshot.Id}/snapshot.json", "");
        Assert.Null(new SnapshotStore(_state).Get(snapshot.Id));
    }

    [Fact]
    public void Ancestry_is_from_the_top_down_and_a_gap_is_named()
    {
        var one = Make(null, "1", "");
        var two = Make(one.Id, "2", "");
        var three = Make(two.Id, "3", "");
        Assert.Equal([three.Id, two.Id, one.Id], _store.Ancestry(three.Id).Select(snapshot => snapshot.Id));
        Directory.Delete($"{_state.SnapshotsPath}/{two.Id}", recursive: true);
        var fresh = new SnapshotStore(_state);
        Assert.Contains(two.Id.ToString(), Assert.Throws<BuildException>(() => fresh.Ancestry(three.Id)).Message, StringComparison.Ordinal);
        Assert.False(fresh.IsComplete(three.Id));
    }

    [Fact]
    public void The_root_directory_of_a_snapshot_is_like_its_parents()
    {
        using var active = _store.Prepare(null);
        FileCalls.ChangeOwner(active.UpperHandle, 12, 34);
        FileCalls.ChangeMode(active.UpperHandle, 0x16D);
        FileCalls.ChangeModifiedTime(active.UpperHandle, new FileTime(1_000_000_000, 5));
        Assert.Equal(Errno.None, FileCalls.TrySetAttribute(active.UpperHandle, default, "user.colour"u8, "blue"u8));
        var parent = _store.Commit(active);
        using var child = _store.Prepare(parent.Id);
        var status = FileCalls.Status(child.UpperHandle);
        Assert.Equal((12u, 34u, 0x16Du), (status.UserId, status.GroupId, status.Permissions));
        Assert.Equal(new FileTime(1_000_000_000, 5), status.ModifiedAt);
        Assert.Equal("blue"u8.ToArray(), FileCalls.Attribute(child.UpperHandle, default, "user.colour"u8));
    }

    [Fact]
    public void The_first_snapshot_of_a_chain_stays_and_a_lost_one_is_replaced()
    {
        var chain = new ChainId(Digest.Of("layer"u8));
        var first = Make(null, "a", "");
        var second = Make(null, "b", "");
        Assert.Null(_store.FindByChain(chain));
        Assert.Equal(first.Id, _store.PublishChain(chain, first.Id));
        Assert.Equal(first.Id, _store.PublishChain(chain, second.Id));
        Assert.Equal(first.Id, _store.FindByChain(chain)!.Id);
        Directory.Delete($"{_state.SnapshotsPath}/{first.Id}", recursive: true);
        var fresh = new SnapshotStore(_state);
        Assert.Null(fresh.FindByChain(chain));
        Assert.Equal(second.Id, fresh.PublishChain(chain, second.Id));
        Assert.Equal(second.Id, fresh.FindByChain(chain)!.Id);
    }

    [Fact]
    public void The_layer_of_a_snapshot_is_remembered()
    {
        var snapshot = Make(null, "a", "");
        var layer = new SnapshotLayer(new DiffId(Digest.Of("tar"u8)), 10240);
        _store.SetLayer(snapshot.Id, layer);
        Assert.Equal(layer, _store.Get(snapshot.Id)!.Layer);
        Assert.Equal(layer, new SnapshotStore(_state).Get(snapshot.Id)!.Layer);
    }

    [Fact]
    public void What_no_root_needs_is_listed_children_first_and_can_be_removed()
    {
        var one = Make(null, "1", "");
        var two = Make(one.Id, "2", "");
        var three = Make(two.Id, "3", "");
        var four = Make(three.Id, "4", "");
        var side = Make(one.Id, "side", "");
        var chain = new ChainId(Digest.Of("layer"u8));
        _store.PublishChain(chain, four.Id);
        var unneeded = _store.Unreferenced([side.Id]);
        Assert.Equal([four.Id, three.Id, two.Id], unneeded);
        foreach (var id in unneeded)
        {
            _store.Remove(id);
        }

        _store.RemoveDanglingChains();
        Assert.Equal(new[] { one.Id, side.Id }.ToHashSet(), new SnapshotStore(_state).List().Select(snapshot => snapshot.Id).ToHashSet());
        Assert.Empty(Directory.GetFileSystemEntries(_state.ChainsPath));
        Assert.Empty(Directory.GetFileSystemEntries(_state.TemporaryPath));
    }

    private Snapshot Make(SnapshotId? parent, string name, string content)
    {
        using var active = _store.Prepare(parent);
        File.WriteAllText($"{active.UpperPath}/{name}", content);
        return _store.Commit(active);
    }
}
