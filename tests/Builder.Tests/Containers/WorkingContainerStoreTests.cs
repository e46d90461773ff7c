using System.Collections.Concurrent;

using Bld.Builder.Engine.Containers;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Builder.Tests.Store;
using Bld.Registry;

namespace Bld.Builder.Tests.Containers;

public sealed class WorkingContainerStoreTests : IDisposable
{
    private static readonly WorkingContainer Draft = new()
    {
        Id = "",
        Name = "",
        Created = DateTimeOffset.UnixEpoch,
        Config = new ImageConfig { Architecture = "amd64", Os = "linux", Config = new ContainerConfig { Env = ["A=+<é"] } },
    };

    private readonly TemporaryPlace _place = new();
    private readonly StateDirectory _state;
    private readonly WorkingContainerStore _store;

    public WorkingContainerStoreTests()
    {
        _state = _place.OpenState();
        _store = new WorkingContainerStore(_state, new SnapshotStore(_state));
    }

    public void Dispose()
    {
        _state.Dispose();
        _place.Dispose();
    }

    [Fact]
    public void Names_are_given_once_however_many_ask_at_the_same_time()
    {
        const int Askers = 8;
        const int Each = 10;
        var names = new ConcurrentBag<string>();
        Parallel.For(0, Askers, _ =>
        {
            using var state = _place.OpenState();
            var store = new WorkingContainerStore(state, new SnapshotStore(state));
            for (var i = 0; i < Each; i++)
            {
                names.Add(store.Create(Draft, null, "stem").Name);
            }
        });

        var expected = Enumerable.Range(0, Askers * Each).Select(static number => number == 0 ? "stem" : $"stem-{number}");
        Assert.Equal(expected.Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
        Assert.Equal(Askers * Each, _store.List().Count);
    }

    [Fact]
    public void The_first_free_number_is_taken_also_where_one_became_free_again()
    {
        var names = Enumerable.Range(0, 12).Select(_ => _store.Create(Draft, null, "a%b").Name).ToList();
        Assert.Equal("a%b-11", names[^1]);
        _store.Rename(_store.Get("a%b-3"), "other");
        Assert.Equal("a%b-3", _store.Create(Draft, null, "a%b").Name);
        Assert.Equal("a%b-12", _store.Create(Draft, null, "a%b").Name);
    }

    [Fact]
    public void Lists_show_what_the_records_say()
    {
        var made = _store.Create(Draft with { Image = "localhost/x:latest", ImageId = "abc" }, "name", "");
        var listed = Assert.Single(_store.List());
        Assert.Equal((made.Id, "name", made.Created, "localhost/x:latest", "abc"), (listed.Id, listed.Name, listed.Created, listed.Image, listed.ImageId));
        Assert.Equal(made.Id, Assert.Single(_store.ListWhole()).Id);
    }

    [Fact]
    public void A_record_comes_back_as_it_was_written()
    {
        var made = _store.Create(Draft, "name", "");
        var read = _store.Find("name");
        Assert.Equal(made.Config.ToJson(), read!.Config.ToJson());
        Assert.Equal(made with { Config = read.Config, Annotations = read.Annotations, Base = read.Base, Changes = read.Changes, History = read.History, Run = read.Run }, read);
    }

    [Fact]
    public void Changes_by_many_are_all_kept()
    {
        const int Count = 50;
        var made = _store.Create(Draft, null, "stem");
        Parallel.For(0, Count, number => _store.Update(made.Id, record => record with { Changes = [.. record.Changes, $"{number}"] }));
        Assert.Equal(Count, _store.Get(made.Id).Changes.Distinct().Count());
    }

    [Theory]
    [InlineData("a/b%c")]
    [InlineData("..")]
    [InlineData("ünï")]
    public void Any_name_is_only_a_name(string name)
    {
        var made = _store.Create(Draft, name, "");
        Assert.Equal(made.Id, _store.Find(name)?.Id);
        Assert.Single(Directory.EnumerateFileSystemEntries($"{_state.ContainersPath}/by-name"));
        Assert.Throws<BuildException>(() => _store.Create(Draft, name, ""));
    }

    [Fact]
    public void What_a_power_loss_left_of_a_record_is_no_container_and_its_name_is_free()
    {
        var made = _store.Create(Draft, "name", "");
        File.WriteAllText($"{_state.ContainersPath}/{made.Id}/container.json", "{\"id\":");
        Assert.Null(_store.Find("name"));
        Assert.Empty(_store.List());
        Assert.NotEqual(made.Id, _store.Create(Draft, "name", "").Id);
    }

    [Fact]
    public void A_rename_that_was_killed_after_its_link_leaves_the_old_name()
    {
        var made = _store.Create(Draft, "old", "");
        File.CreateSymbolicLink($"{_state.ContainersPath}/by-name/new", $"../{made.Id}");
        Assert.Null(_store.Find("new"));
        Assert.Equal(made.Id, _store.Find("old")?.Id);
        _store.Rename(made, "new");
        Assert.Equal(made.Id, _store.Find("new")?.Id);
        Assert.Null(_store.Find("old"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_being_settled_when_the_process_was_killed_is_settled_by_the_next(bool wasMoved)
    {
        var made = _store.Create(Draft, null, "stem");
        var place = $"{_state.ContainersPath}/{made.Id}";
        Directory.CreateDirectory($"{place}/upper/fs");
        File.WriteAllText($"{place}/upper/fs/file", "content");
        var change = "00112233445566ff";
        _store.Update(made.Id, record => record with { Settling = change });
        if (wasMoved)
        {
            _store.Hold(made, CancellationToken.None).Dispose();
            _store.Update(made.Id, record => record with { Settling = change, Changes = [] });
        }

        using var held = _store.Hold(made, CancellationToken.None);
        Assert.Equal([change], held.Record.Changes);
        Assert.Null(held.Record.Settling);
        Assert.Equal("content", File.ReadAllText($"{_state.SnapshotsPath}/{change}/fs/file"));
        Assert.False(Directory.Exists($"{place}/upper"));
    }

    [Fact]
    public async Task Who_waits_for_a_container_that_is_removed_is_told()
    {
        var made = _store.Create(Draft, null, "stem");
        var held = _store.Hold(made, CancellationToken.None);
        var waiter = Task.Run(() => Record.Exception(() => _store.Hold(made, CancellationToken.None).Dispose()), CancellationToken.None);
        _store.Remove(held);
        held.Dispose();
        Assert.IsType<BuildException>(await waiter);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_state.TemporaryPath));
    }
}
