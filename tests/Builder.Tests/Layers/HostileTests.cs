using System.Text;

using Bld.Builder.Layers;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Builder.Tests.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Tests.Layers;

/// <summary>Archives that want out of their root, or to fill our memory: each is refused with a sentence that names the entry.</summary>
public sealed class HostileTests : IDisposable
{
    private readonly TemporaryPlace _place = new();
    private readonly StateDirectory _state;
    private readonly SnapshotStore _store;

    public HostileTests()
    {
        _state = _place.OpenState();
        _store = new SnapshotStore(_state);
        Directory.CreateDirectory(_place.At("outside/etc"));
        File.WriteAllText(_place.At("outside/etc/passwd"), "root");
    }

    public static TheoryData<string, byte[], string> Archives => new()
    {
        { "a parent", TarBytes.Of(TarBytes.File("../x")), "'../x' is refused: its name contains '..'" },
        { "a parent inside", TarBytes.Of(TarBytes.File("a/../../x")), "its name contains '..'" },
        { "a parent with a slash", TarBytes.Of(TarBytes.File("/../x")), "its name contains '..'" },
        { "a file through a link", TarBytes.Of(TarBytes.Link("l", "../../../outside/etc"), TarBytes.File("l/passwd", "x")), "through the symbolic link 'l'" },
        { "a file through an absolute link", TarBytes.Of(TarBytes.Link("l", "/"), TarBytes.File("l/x", "x")), "through the symbolic link 'l'" },
        { "a directory through a link", TarBytes.Of(TarBytes.Link("l", ".."), TarBytes.Folder("l/x/")), "through the symbolic link 'l'" },
        { "a directory that becomes a link", TarBytes.Of(TarBytes.Folder("d/e/"), TarBytes.Link("d", "/"), TarBytes.File("d/e/f")), "through the symbolic link 'd'" },
        { "a deletion through a link", TarBytes.Of(TarBytes.Link("l", "/"), TarBytes.File("l/.wh.etc")), "through the symbolic link 'l'" },
        { "an opaque mark through a link", TarBytes.Of(TarBytes.Link("l", "/"), TarBytes.File("l/.wh..wh..opq")), "through the symbolic link 'l'" },
        { "a hard link to a parent", TarBytes.Of(TarBytes.HardLink("h", "../../outside/etc/passwd")), "its name contains '..'" },
        { "a hard link through a link", TarBytes.Of(TarBytes.Link("l", "/etc"), TarBytes.HardLink("h", "l/passwd")), "leads through a symbolic link" },
        { "a hard link to nothing", TarBytes.Of(TarBytes.HardLink("h", "/etc/passwd")), "neither in this layer nor below it" },
        { "a hard link to a directory", TarBytes.Of(TarBytes.Folder("d/"), TarBytes.HardLink("h", "d")), "hard link to the directory 'd'" },
        { "a file below a file", TarBytes.Of(TarBytes.File("f"), TarBytes.File("f/x")), "'f' is no directory" },
        { "a file as root", TarBytes.Of(TarBytes.File(".")), "only a directory can be the root" },
        { "a long component", TarBytes.Of(TarBytes.File(new string('n', 256))), "longer than 255 bytes" },
        { "a long component above", TarBytes.Of(TarBytes.File(new string('n', 256) + "/x")), "longer than 255 bytes" },
        { "a long path", TarBytes.Of(TarBytes.File(string.Concat(Enumerable.Repeat("abc/", 1100)))), "a path has at most 4095" },
        { "an absurd size", Patched(TarFormat.Size, [0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), "'f' says that it is 9223372036854775807 bytes long" },
        { "a negative size", Patched(TarFormat.Size, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), "negative size" },
        { "a number too large for us", Patched(TarFormat.Size, [0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), "no number as size" },
        { "an id that doesn't exist", Patched(TarFormat.UserId, [0x80, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff]), "the id 1099511627775" },
        { "letters as a number", Patched(TarFormat.Mode, "rw-r--r-"u8), "no number as mode" },
        { "an unknown kind", Patched(156..157, "Z"u8), "unknown kind 'Z'" },
        { "a bomb of PAX records", Extra('x', 1L << 30), "a PAX header of 1073741824 bytes" },
        { "a name of a gigabyte", Extra('L', 1L << 30), "a long name of 1073741824 bytes" },
        { "records longer than their header", Pax("999 path=x\n"), "length doesn't fit" },
        { "records without end", Pax("11 path=abcd"), "length doesn't fit" },
        { "a sparse file of an exabyte", Pax(Record("GNU.sparse.realsize", "1152921504606846976") + Record("GNU.sparse.map", "0,0")), "says that it is" },
        { "a sparse map that overlaps", Pax(Record("GNU.sparse.size", "100") + Record("GNU.sparse.map", "0,50,10,10")), "contradicts itself" },
        { "a sparse map of other length", Pax(Record("GNU.sparse.size", "100") + Record("GNU.sparse.map", "0,50")), "speaks of 50 bytes where 0 are stored" },
    };

    public void Dispose()
    {
        _state.Dispose();
        _place.Dispose();
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void Such_a_layer_is_refused_and_touches_nothing_outside(string name, byte[] tar, string words)
    {
        Assert.NotEmpty(name);
        using (var active = _store.Prepare(null))
        {
            var error = Assert.Throws<BuildException>(() => LayerApplier.Apply(new MemoryStream(tar), active, null, CancellationToken.None));
            Assert.Contains(words, error.Message, StringComparison.Ordinal);
        }

        AssertUntouched();
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void Such_an_archive_is_refused_by_add_too(string name, byte[] tar, string words)
    {
        Assert.NotEmpty(words);
        using (var active = _store.Prepare(null))
        {
            var unpack = () => ArchiveUnpacker.Unpack(
                new MemoryStream(tar), active.UpperHandle, null, ByteString.From("in/here"), new UnpackOptions(), CancellationToken.None);
            if (name == "a file as root")
            {
                // The archive's own root is left out, whatever it is.
                unpack();
            }
            else
            {
                Assert.Throws<BuildException>(unpack);
            }
        }

        AssertUntouched();
    }

    [Fact]
    public void A_directory_that_becomes_a_link_gets_no_time_through_it()
    {
        var outside = _place.At("outside");
        var before = Directory.GetLastWriteTimeUtc(outside + "/etc");
        using var active = _store.Prepare(null);
        var tar = TarBytes.Of(TarBytes.Folder("d/"), TarBytes.Folder("d/etc/"), TarBytes.Link("d", outside));
        LayerApplier.Apply(new MemoryStream(tar), active, null, CancellationToken.None);
        Assert.Equal(before, Directory.GetLastWriteTimeUtc(outside + "/etc"));
        Assert.Equal(outside, new FileInfo($"{active.UpperPath}/d").LinkTarget);
    }

    private void AssertUntouched()
    {
        Assert.Equal([_place.At("outside/etc/passwd")], Directory.GetFiles(_place.At("outside"), "*", SearchOption.AllDirectories));
        Assert.Equal("root", File.ReadAllText(_place.At("outside/etc/passwd")));
        Assert.Empty(Directory.GetFileSystemEntries(_state.TemporaryPath));
    }

    private static byte[] Patched(Range field, ReadOnlySpan<byte> value)
    {
        var tar = TarBytes.Of(TarBytes.File("f", "content"));
        value.CopyTo(tar.AsSpan(0, 512)[field]);
        FixChecksum(tar.AsSpan(0, 512));
        return tar;
    }

    private static byte[] Extra(char kind, long size)
    {
        var tar = TarBytes.Of((TarBytes.File("f").Entry with { Size = size }, []));
        tar[156] = (byte)kind;
        FixChecksum(tar.AsSpan(0, 512));
        return tar;
    }

    private static byte[] Pax(string records)
    {
        var tar = TarBytes.Of(TarBytes.File("pax", records), TarBytes.File("f"));
        tar[156] = (byte)'x';
        FixChecksum(tar.AsSpan(0, 512));
        return tar;
    }

    private static string Record(string key, string value)
    {
        var rest = key.Length + value.Length + 3;
        return $"{rest + 2} {key}={value}\n";
    }

    private static void FixChecksum(Span<byte> header) =>
        Encoding.ASCII.GetBytes(Convert.ToString(TarFormat.Sum(header).Unsigned, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[TarFormat.Checksum]);
}
