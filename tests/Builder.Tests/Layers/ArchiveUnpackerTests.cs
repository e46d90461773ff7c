using Bld.Builder.Layers;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Builder.Tests.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Tests.Layers;

public sealed class ArchiveUnpackerTests : IDisposable
{
    private readonly TemporaryPlace _place = new();
    private readonly StateDirectory _state;
    private readonly SnapshotStore _store;

    public ArchiveUnpackerTests()
    {
        _state = _place.OpenState();
        _store = new SnapshotStore(_state);
    }

    public void Dispose()
    {
        _state.Dispose();
        _place.Dispose();
    }

    [Theory]
    [InlineData("lib")]
    [InlineData("/usr/lib")]
    public void A_link_below_among_the_parents_is_followed_within_the_root(string link)
    {
        var lines = Add(
            $"mkdir -p usr/lib; ln -s {(link == "lib" ? "usr/lib" : link)} lib; chmod 2755 usr/lib; chown 3:3 usr/lib; touch -d @1000000000 usr usr/lib",
            "/", TarBytes.File("lib/so", "x"), TarBytes.HardLink("lib/so.1", "lib/so"));
        Assert.Equal(
            ["usr Directory 755 0:0 1000000000", "usr/lib Directory 2755 3:3 1000000000", "usr/lib/so Regular 644 0:0 0", "usr/lib/so.1 Regular 644 0:0 0 = usr/lib/so"],
            lines.Select(line => line.Split(" 1 2d")[0]));
    }

    [Fact]
    public void A_link_below_that_leads_out_of_the_root_stays_inside()
    {
        var lines = Add("ln -s ../../../../tmp up; mkdir tmp", "/", TarBytes.File("up/x", "x"));
        Assert.Equal(["tmp", "tmp/x"], lines.Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public void Whiteouts_are_names_like_others()
    {
        var lines = Add("mkdir d; : >d/x", "d", TarBytes.File(".wh.x"));
        Assert.Equal(["d", "d/.wh.x"], lines.Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public void Owner_and_mode_can_be_overridden_and_the_destination_stays_what_it_is()
    {
        var lines = Add(
            "mkdir d; chmod 711 d; touch -d @1000000000 d", "d", new UnpackOptions(11, 12, 0x1C0), TarBytes.Folder("./", 0x1FF), TarBytes.File("f", "x"), TarBytes.Folder("e"));
        Assert.Equal(
            ["d Directory 711 0:0 1000000000", "d/e Directory 700 11:12 0", "d/f Regular 700 11:12 0 1 2d711642b726"], lines);
    }

    [Fact]
    public void A_directory_entry_takes_the_place_of_a_link_below()
    {
        var lines = Add("mkdir real; ln -s real d", "/", TarBytes.Folder("d/"), TarBytes.File("d/x"));
        Assert.Equal(["d", "d/x"], lines.Select(line => line.Split(' ')[0]));
    }

    private IReadOnlyList<string> Add(string below, string destination, params (TarEntry, byte[])[] archive) =>
        Add(below, destination, new UnpackOptions(), archive);

    private IReadOnlyList<string> Add(string below, string destination, UnpackOptions options, params (TarEntry, byte[])[] archive)
    {
        using var lower = _store.Prepare(null);
        Programs.Shell(below, lower.UpperPath);
        var parent = _store.Commit(lower);
        using var view = _store.MountReadOnly(parent.Id);
        using var active = _store.Prepare(parent.Id);
        ArchiveUnpacker.Unpack(
            new MemoryStream(TarBytes.Of(archive)), active.UpperHandle, view.Root, ByteString.From(destination), options, CancellationToken.None);
        return TreeText.Of(active.UpperPath);
    }
}
