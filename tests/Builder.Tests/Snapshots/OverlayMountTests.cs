using System.Text;

using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Builder.Tests.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Tests.Snapshots;

public sealed class OverlayMountTests : IDisposable
{
    private readonly TemporaryPlace _place = new();
    private readonly StateDirectory _state;
    private readonly SnapshotStore _store;

    public OverlayMountTests()
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
    public void A_view_of_nothing_is_empty_and_read_only()
    {
        using var mount = _store.MountReadOnly(null);
        Assert.Empty(FileCalls.ReadDirectory(Listing(mount)));
        Assert.Equal(Errno.EROFS, FileCalls.TryMakeDirectory(mount.Root, "x"u8, 0x1ED));
    }

    [Fact]
    public void A_view_of_one_snapshot_is_read_only()
    {
        var one = Make(null, "a", "1");
        using var mount = _store.MountReadOnly(one.Id);
        Assert.Equal("1", Read(mount, "a"));
        Assert.Equal(Errno.EROFS, FileCalls.TryMakeDirectory(mount.Root, "x"u8, 0x1ED));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(150)]
    public void The_topmost_of_many_layers_wins(int layers)
    {
        SnapshotId? top = null;
        for (var i = 0; i < layers; i++)
        {
            top = Make(top, "same", $"{i}").Id;
        }

        using var mount = _store.MountReadOnly(top);
        Assert.Equal($"{layers - 1}", Read(mount, "same"));
    }

    [Fact]
    public void Changes_go_to_the_active_snapshot_and_what_lies_below_stays()
    {
        var one = Make(null, "a", "1");
        using var active = _store.Prepare(one.Id);
        using (var mount = _store.MountWritable(active))
        {
            Assert.Equal(Errno.None, FileCalls.TryUnlink(mount.Root, "a"u8));
            Assert.Equal(Errno.None, FileCalls.TryMakeDirectory(mount.Root, "d"u8, 0x1ED));
        }

        var two = _store.Commit(active);
        Assert.True(FileCalls.Status(Open(two.Path), "a"u8).IsOverlayWhiteout);
        Assert.True(Directory.Exists($"{two.Path}/d"));
        Assert.Equal("1", File.ReadAllText($"{one.Path}/a"));
        using var view = _store.MountReadOnly(two.Id);
        Assert.Equal(["d"], FileCalls.ReadDirectory(Listing(view)).Select(entry => entry.Name.ToString()));
    }

    [Fact]
    public void A_build_from_scratch_can_write()
    {
        using var active = _store.Prepare(null);
        using (var mount = _store.MountWritable(active))
        {
            Assert.Equal(Errno.None, FileCalls.TryMakeDirectory(mount.Root, "d"u8, 0x1ED));
        }

        Assert.True(Directory.Exists($"{active.UpperPath}/d"));
    }

    [Fact]
    public void More_directories_lie_between_the_parent_and_the_changes()
    {
        var one = Make(null, "a", "1");
        Directory.CreateDirectory(_place.At("extra/proc"));
        using var active = _store.Prepare(one.Id);
        using (var mount = _store.MountWritable(active, _place.At("extra")))
        {
            Assert.Equal(["a", "proc"], FileCalls.ReadDirectory(Listing(mount)).Select(entry => entry.Name.ToString()));
        }

        Assert.Empty(Directory.GetFileSystemEntries(active.UpperPath));
    }

    [Fact]
    public void Paths_longer_than_an_option_mount_too()
    {
        var path = _place.At(string.Join('/', Enumerable.Repeat(new string('n', 100), 5)));
        Directory.CreateDirectory($"{path}/inside");
        var one = Make(null, "a", "1");
        using var mount = _store.MountReadOnly(one.Id, path);
        Assert.Equal(["a", "inside"], FileCalls.ReadDirectory(Listing(mount)).Select(entry => entry.Name.ToString()));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(150)]
    public void Older_kernels_mount_by_one_string(int layers)
    {
        SnapshotId? top = null;
        for (var i = 0; i < layers; i++)
        {
            top = Make(top, "same", $"{i}").Id;
        }

        var lowers = _store.Ancestry(top!.Value).Select(snapshot => snapshot.Path).ToList();
        using var active = _store.Prepare(top);
        Assert.Equal(Errno.None, LegacyOverlay.TryCreate(lowers, active.OverlayUpper, out var root));
        using (var mount = new OverlayMount(root))
        {
            Assert.Equal($"{layers - 1}", Read(mount, "same"));
            Assert.Equal(Errno.None, FileCalls.TryMakeDirectory(mount.Root, "d"u8, 0x1ED));
        }

        Assert.True(Directory.Exists($"{active.UpperPath}/d"));
    }

    [Fact]
    public void A_mount_is_in_no_table_and_ends_with_its_descriptor()
    {
        var one = Make(null, "a", "1");
        var two = Make(one.Id, "b", "2");
        using var mount = _store.MountReadOnly(two.Id);
        Assert.DoesNotContain(two.Id.ToString(), File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    private static SafeFileHandle Open(string path) => FileCalls.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);

    private static SafeFileHandle Listing(OverlayMount mount) => FileCalls.Open(mount.Root, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory);

    private static string Read(OverlayMount mount, string name)
    {
        using var file = FileCalls.OpenInRoot(mount.Root, Encoding.UTF8.GetBytes(name), OpenFlags.ReadOnly);
        return Encoding.UTF8.GetString(StateDirectory.ReadToEnd(file));
    }

    private Snapshot Make(SnapshotId? parent, string name, string content)
    {
        using var active = _store.Prepare(parent);
        File.WriteAllText($"{active.UpperPath}/{name}", content);
        return _store.Commit(active);
    }
}
