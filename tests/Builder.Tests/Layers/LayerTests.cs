using Bld.Builder.Layers;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Builder.Tests.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Tests.Layers;

public sealed class LayerTests : IDisposable
{
    private const string Everything =
        """
        mkdir -p etc usr/bin var/deep/er "sp ace"; chmod 2775 var/deep; chmod 1777 var
        echo hello >etc/hello; chown 1:2 etc/hello; chmod 4755 etc/hello
        ln etc/hello usr/bin/hello; ln -s ../etc/hello usr/bin/link; ln -s /absolute abs; chown -h 5:6 abs
        mkfifo pipe; mknod null c 1 3; mknod disk b 259 300000; chmod 666 null
        printf 'x' >"$(printf 'not-utf8-\377')"; setfattr -n user.colour -v 0x0001ff etc/hello
        cp /bin/true usr/bin/cap; setcap cap_net_raw+ep usr/bin/cap
        head -c 3000000 /dev/urandom >usr/big; truncate -s 5000000 hole; printf end >>hole
        chown 4000000000:3000000 "sp ace"; touch -d @-5 old; touch -d @1234567890.5 etc/hello
        setfattr -n user.empty -v "" var
        touch -d @1000000001 var/deep var etc usr
        """;

    private readonly TemporaryPlace _place = new();
    private readonly StateDirectory _state;
    private readonly SnapshotStore _store;

    public LayerTests()
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
    public void Applying_what_was_written_gives_the_same_tree_and_the_same_layer()
    {
        var original = Make(null, Everything);
        var (tar, digest) = Write(original);
        var copy = Apply(null, tar);
        Assert.Equal(TreeText.Of(original.Path), TreeText.Of(copy.Path));
        Assert.Equal(digest, Write(copy).Digest);
        Assert.Equal(tar.Length, digest.Size);
    }

    [Fact]
    public void Two_copies_have_the_same_layer()
    {
        var one = Make(null, Everything);
        using var active = _store.Prepare(null);
        Programs.Shell($"cp -a --sparse=never {one.Path}/. {active.UpperPath}/", _place.Path);
        var two = _store.Commit(active);
        Assert.Equal(Write(one).Digest, Write(two).Digest);
    }

    [Fact]
    public void Gnu_tar_unpacks_a_layer_to_the_same_tree()
    {
        var original = Make(null, Everything);
        File.WriteAllBytes(_place.At("x.tar"), Write(original).Tar);
        Programs.Shell("mkdir out; tar --xattrs '--xattrs-include=*' --numeric-owner -xpf x.tar -C out", _place.Path);
        Assert.Equal(TreeText.Of(original.Path), TreeText.Of(_place.At("out")));
    }

    [Fact]
    public void A_layer_of_gnu_tar_is_unpacked_to_the_same_tree()
    {
        var original = Make(null, Everything);
        Programs.Shell($"tar --format=pax --xattrs '--xattrs-include=*' --numeric-owner -C {original.Path} -cf x.tar .", _place.Path);
        var copy = Apply(null, File.ReadAllBytes(_place.At("x.tar")));
        Assert.Equal(TreeText.Of(original.Path), TreeText.Of(copy.Path));
    }

    [Fact]
    public void Deletions_and_opaque_directories_go_through_a_layer_and_back()
    {
        var below = Make(null, "mkdir -p a/x a/y b; echo 1 >a/x/f; echo 2 >b/g; echo 3 >h");
        using var active = _store.Prepare(below.Id);
        using (var mount = _store.MountWritable(active))
        {
            InMount(mount, "rm -r a; mkdir a; echo new >a/new; rm h; rm b/g; mkdir fresh; echo z >fresh/z; touch -d @1000000000 a b fresh");
        }

        var changed = _store.Commit(active);
        var (tar, _) = Write(changed);
        Assert.Equal(
            ["a/", "a/.wh..wh..opq", "a/new", "b/", "b/.wh.g", "fresh/", "fresh/z", ".wh.h"],
            TarBytes.Read(tar).Select(pair => pair.Entry.Name.ToString()));
        var copy = Apply(below, tar);
        Assert.Equal(TreeText.Of(changed.Path), TreeText.Of(copy.Path));
        Assert.Equal(View(changed), View(copy));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_order_of_a_deletion_and_a_new_entry_of_the_name_is_no_matter(bool deletionFirst)
    {
        var below = Make(null, "mkdir -p d e; echo 1 >d/old; echo 1 >f; echo 1 >e/old");
        (TarEntry, byte[])[] deletions = [TarBytes.File(".wh.d"), TarBytes.File(".wh.f"), TarBytes.File("e/.wh..wh..opq")];
        (TarEntry, byte[])[] entries = [TarBytes.File("d/new", "n"), TarBytes.File("f", "n"), TarBytes.File("e/new", "n")];
        var layer = Apply(below, TarBytes.Of(deletionFirst ? [.. deletions, .. entries] : [.. entries, .. deletions]));
        Assert.Equal(["d", "d/new", "e", "e/new", "f"], View(layer).Select(line => line.Split(' ')[0]));
        Assert.Contains(View(layer), line => line.StartsWith("f ", StringComparison.Ordinal) && line.Contains(" 1 ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_deletion_of_nothing_leaves_nothing()
    {
        var layer = Apply(null, TarBytes.Of(TarBytes.File("d/.wh.x"), TarBytes.File(".wh..wh.plnk"), TarBytes.File(".wh.y")));
        Assert.Equal(["d"], TreeText.Of(layer.Path).Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public void Directories_that_are_only_implied_are_as_they_are_below()
    {
        var below = Make(null, "mkdir -p a/b; chmod 2750 a; chown 3:4 a/b; setfattr -n user.k -v v a; touch -d @1000000000 a/b a");
        var layer = Apply(below, TarBytes.Of(TarBytes.File("a/b/c/file", "x")));
        var lines = TreeText.Of(layer.Path);
        Assert.Equal(TreeText.Of(below.Path), lines.Take(2));
        Assert.StartsWith("a/b/c Directory 755 0:0 0", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void A_hard_link_to_a_file_below_becomes_a_copy()
    {
        var below = Make(null, "mkdir a; echo content >a/f; chown 7:8 a/f; chmod 640 a/f; touch -d @1000000000 a/f");
        var layer = Apply(below, TarBytes.Of(TarBytes.HardLink("g", "a/f")));
        Assert.Equal(TreeText.Of(below.Path)[1].Replace("a/f", "g", StringComparison.Ordinal), TreeText.Of(layer.Path)[0]);
    }

    [Fact]
    public void A_later_entry_of_a_name_wins()
    {
        var layer = Apply(null, TarBytes.Of(
            TarBytes.File("a", "1"), TarBytes.File("a", "22"), TarBytes.Folder("b/"), TarBytes.File("b/x"), TarBytes.File("b", "333"),
            TarBytes.Link("c", "x"), TarBytes.Folder("c"), TarBytes.File("c/y")));
        Assert.Equal(["a 2", "b 3", "c", "c/y 0"], TreeText.Of(layer.Path).Select(line => line.Split(' ')).Select(
            fields => fields[1] == "Regular" ? $"{fields[0]} {fields[5]}" : fields[0]));
    }

    [Fact]
    public void Names_with_a_slash_or_a_dot_in_front_are_below_the_root()
    {
        var layer = Apply(null, TarBytes.Of(TarBytes.File("/etc/x"), TarBytes.File("./y"), TarBytes.File("a//./b")));
        Assert.Equal(["a", "a/b", "etc", "etc/x", "y"], TreeText.Of(layer.Path).Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public void The_root_has_an_entry_only_when_it_is_unusual()
    {
        Assert.DoesNotContain(TarBytes.Read(Write(Make(null, "echo x >x")).Tar), pair => pair.Entry.Name.ToString() == "./");
        var unusual = Make(null, "chmod 700 .; chown 1:1 .");
        var (tar, _) = Write(unusual);
        Assert.Equal("./", TarBytes.Read(tar).Single().Entry.Name.ToString());
        var copy = Apply(null, tar);
        Assert.Equal(0x1C0u, FileCalls.Status(FileCalls.Open(copy.Path, OpenFlags.Path)).Permissions);
    }

    [Fact]
    public void Times_can_be_clamped_or_fixed()
    {
        var snapshot = Make(null, "touch -d @1000 old; touch -d @2000000000 new");
        Assert.Equal([1500, 1000], Times(new LayerOptions(ClampTime: new FileTime(1500, 0))));
        Assert.Equal([7, 7], Times(new LayerOptions(FixedTime: new FileTime(7, 0))));
        long[] Times(LayerOptions options) => [.. TarBytes.Read(Write(snapshot, options).Tar).Select(pair => pair.Entry.ModifiedAt.Seconds)];
    }

    [Fact]
    public void A_file_named_like_a_whiteout_is_refused()
    {
        var snapshot = Make(null, "mkdir a; : >a/.wh.x");
        Assert.Contains("/a/.wh.x", Assert.Throws<BuildException>(() => Write(snapshot)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failing_destination_fails_the_writing()
    {
        var snapshot = Make(null, "head -c 5000000 /dev/zero >big");
        using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.None, 0);
        using var root = Open(snapshot);
        Assert.Throws<IOException>(() => LayerWriter.Write(root, full, LayerOptions.Default, CancellationToken.None));
    }

    [Fact]
    public void Layers_can_be_unpacked_before_those_below_them()
    {
        var below = Make(null, "mkdir -p a; chmod 700 a; echo 1 >a/f; touch -d @1000000000 a");
        using var active = _store.Prepare(below.Id);
        using var applier = new LayerApplier(active);
        applier.Unpack(new MemoryStream(TarBytes.Of(TarBytes.File("a/.wh.f"), TarBytes.File("a/.wh.none"), TarBytes.File("a/g"))), CancellationToken.None);
        using (var view = _store.MountReadOnly(below.Id))
        {
            applier.Complete(view.Root);
        }

        Assert.Equal(
            ["a Directory 700 0:0 1000000000", "a/f gone", "a/g Regular 644 0:0 0 0 e3b0c44298fc"], TreeText.Of(_store.Commit(active).Path));
    }

    private static SafeFileHandle Open(Snapshot snapshot) => FileCalls.Open(snapshot.Path, OpenFlags.ReadOnly | OpenFlags.Directory);

    private static (byte[] Tar, LayerDigest Digest) Write(Snapshot snapshot, LayerOptions? options = null)
    {
        using var root = Open(snapshot);
        var stream = new MemoryStream();
        var digest = LayerWriter.Write(root, stream, options ?? LayerOptions.Default, CancellationToken.None);
        using var again = Open(snapshot);
        Assert.Equal(digest, LayerWriter.Write(again, Stream.Null, options ?? LayerOptions.Default, CancellationToken.None));
        return (stream.ToArray(), digest);
    }

    private static void InMount(OverlayMount mount, string script)
    {
        // bash gets the mount as its own descriptor's directory.
        Programs.Shell($"cd /proc/{Environment.ProcessId}/fd/{mount.Root.DangerousGetHandle()}/.; {script}", "/");
    }

    private Snapshot Apply(Snapshot? below, byte[] tar)
    {
        using var active = _store.Prepare(below?.Id);
        using var view = below is null ? null : _store.MountReadOnly(below.Id);
        LayerApplier.Apply(new MemoryStream(tar), active, view?.Root, CancellationToken.None);
        return _store.Commit(active);
    }

    private IReadOnlyList<string> View(Snapshot snapshot)
    {
        using var mount = _store.MountReadOnly(snapshot.Id);
        return TreeText.Of($"/proc/self/fd/{mount.Root.DangerousGetHandle()}");
    }

    private Snapshot Make(Snapshot? below, string script)
    {
        using var active = _store.Prepare(below?.Id);
        Programs.Shell(script, active.UpperPath);
        return _store.Commit(active);
    }
}
