using System.Text;

using Bld.Builder.Layers;
using Bld.Builder.Store;
using Bld.Builder.Tests.Store;
using Bld.Runtime.Linux;

using FsCheck;
using FsCheck.Fluent;

namespace Bld.Builder.Tests.Layers;

public sealed class TarCodecTests : IDisposable
{
    private readonly TemporaryPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void What_is_written_is_read_again()
    {
        var entries = Arb.From(Gen.ArrayOf(Entries));
        Prop.ForAll(entries, written =>
        {
            var read = TarBytes.Read(TarBytes.Of(written));
            return Describe(written).SequenceEqual(Describe(read));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Gnu_tar_lists_what_is_written()
    {
        var name = string.Join('/', Enumerable.Repeat("directory", 30)) + "/file";
        var tar = TarBytes.Of(
            TarBytes.Folder("a/"),
            TarBytes.File(name, "long"),
            (TarBytes.File("big-ids").Entry with { UserId = 4_000_000_000, GroupId = 3_000_000 }, []),
            TarBytes.Link("link", new string('x', 200)),
            (TarBytes.File("old").Entry with { ModifiedAt = new FileTime(-86400, 0) }, []));
        File.WriteAllBytes(_place.At("x.tar"), tar);
        var listing = Programs.Shell("TZ=UTC tar --numeric-owner -tvf x.tar", _place.Path);
        Assert.Contains(name, listing, StringComparison.Ordinal);
        Assert.Contains("4000000000/3000000", listing, StringComparison.Ordinal);
        Assert.Contains("link -> " + new string('x', 200), listing, StringComparison.Ordinal);
        Assert.Contains("1969-12-31", listing, StringComparison.Ordinal);
    }

    [Fact]
    public void Plain_entries_need_no_pax_header()
    {
        var tar = TarBytes.Of(TarBytes.Folder("etc/"), TarBytes.File("etc/" + new string('n', 96)), TarBytes.File(new string('d', 155) + "/" + new string('n', 100)));
        Assert.DoesNotContain("PaxHeader", Encoding.Latin1.GetString(tar), StringComparison.Ordinal);
        Assert.Equal((3 + 2) * 512, tar.Length);
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("oldgnu")]
    [InlineData("pax")]
    [InlineData("ustar")]
    [InlineData("v7")]
    public void Every_format_of_gnu_tar_is_read(string format)
    {
        Programs.Shell(
            $"""
            mkdir -p d/e; echo one >d/one; ln d/one d/two; ln -s ../x d/link; mkfifo d/fifo; : >d/empty
            touch -d @1000000000 d/one d/e
            tar --format={format} -cf x.tar d {(format is "v7" ? "--exclude=fifo" : "")} 2>/dev/null || true
            """,
            _place.Path);
        var entries = TarBytes.Read(File.ReadAllBytes(_place.At("x.tar")));
        var names = entries.Select(pair => $"{pair.Entry.Kind} {pair.Entry.Name}").ToHashSet(StringComparer.Ordinal);
        Assert.Superset(new HashSet<string>(StringComparer.Ordinal) { "Directory d/", "Directory d/e/", "SymbolicLink d/link", "File d/empty" }, names);
        Assert.Single(entries, pair => pair.Entry.Kind == TarKind.HardLink);
        var file = entries.Single(pair => pair.Content.Length > 0);
        Assert.Equal("one\n"u8.ToArray(), file.Content);
        Assert.Equal(1_000_000_000, file.Entry.ModifiedAt.Seconds);
    }

    [Theory]
    [InlineData("--format=gnu")]
    [InlineData("--format=oldgnu")]
    [InlineData("--format=pax --sparse-version=0.0")]
    [InlineData("--format=pax --sparse-version=0.1")]
    [InlineData("--format=pax --sparse-version=1.0")]
    public void Sparse_files_of_gnu_tar_are_read(string options)
    {
        Programs.Shell(
            $"""
            truncate -s 3000000 hole
            for i in $(seq 1 60); do printf "data $i" | dd of=hole bs=1 seek=$((i * 40000)) conv=notrunc status=none; done
            echo after >after
            tar {options} -S -cf x.tar hole after
            """,
            _place.Path);
        Assert.True(new FileInfo(_place.At("x.tar")).Length < 600_000);
        var entries = TarBytes.Read(File.ReadAllBytes(_place.At("x.tar")));
        Assert.Equal(["hole", "after"], entries.Select(pair => pair.Entry.Name.ToString()));
        Assert.Equal(File.ReadAllBytes(_place.At("hole")), entries[0].Content);
        Assert.Equal("after\n"u8.ToArray(), entries[1].Content);
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("pax")]
    public void Long_names_and_attributes_of_gnu_tar_are_read(string format)
    {
        var folder = string.Join('/', Enumerable.Repeat(new string('d', 60), 5));
        Programs.Shell(
            $"""
            mkdir -p {folder}; echo x >{folder}/file; ln -s {folder}/file link
            tar --format={format} -cf x.tar link {folder}/file
            """,
            _place.Path);
        var entries = TarBytes.Read(File.ReadAllBytes(_place.At("x.tar")));
        Assert.Equal($"{folder}/file", entries[0].Entry.LinkName.ToString());
        Assert.Equal($"{folder}/file", entries[1].Entry.Name.ToString());
    }

    [Fact]
    public void Missing_end_blocks_and_padding_are_tolerated()
    {
        var tar = TarBytes.Of(TarBytes.File("a", "content"));
        Assert.Single(TarBytes.Read(tar[..1024]));
        Assert.Single(TarBytes.Read(tar[..(512 + 7)]));
        Assert.Empty(TarBytes.Read([]));
    }

    [Fact]
    public void An_archive_that_ends_within_content_or_header_is_refused()
    {
        var tar = TarBytes.Of(TarBytes.File("a", "content"));
        Assert.Contains("within the content of 'a'", Assert.Throws<BuildException>(() => TarBytes.Read(tar[..515])).Message, StringComparison.Ordinal);
        Assert.Contains("within a header", Assert.Throws<BuildException>(() => TarBytes.Read(tar[..300])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_tar_is_refused() =>
        Assert.Contains("no tar archive", Assert.Throws<BuildException>(() => TarBytes.Read(Encoding.ASCII.GetBytes(new string('x', 600)))).Message, StringComparison.Ordinal);

    [Fact]
    public void Damaged_archives_end_in_a_sentence_and_nothing_else()
    {
        var original = TarBytes.Of(
            TarBytes.Folder("a/"), TarBytes.File("a/" + new string('n', 300), "content"), TarBytes.Link("b", "c"),
            (TarBytes.File("x").Entry with { Attributes = [new TarAttribute(ByteString.From("user.a"), ByteString.From("b"))] }, []));
        Prop.ForAll(Gen.Choose(0, original.Length - 1).Two().ToArbitrary(), Gen.Choose(0, 255).ToArbitrary(), (places, value) =>
        {
            var damaged = original.ToArray();
            damaged[places.Item1] = (byte)value;
            damaged[places.Item2] ^= (byte)value;
            FixChecksums(damaged);
            try
            {
                TarBytes.Read(damaged);
            }
            catch (BuildException)
            {
                // The only kind that may come out.
            }
        }).QuickCheckThrowOnFailure();
    }

    // With right checksums the damage reaches the code behind their check.
    private static void FixChecksums(byte[] tar)
    {
        for (var block = 0; block + 512 <= tar.Length; block += 512)
        {
            var header = tar.AsSpan(block, 512);
            if (header[257..262].SequenceEqual("ustar"u8))
            {
                var sum = Convert.ToString(TarFormat.Sum(header).Unsigned, 8).PadLeft(6, '0') + "\0 ";
                Encoding.ASCII.GetBytes(sum).CopyTo(header[TarFormat.Checksum]);
            }
        }
    }

    private static IEnumerable<string> Describe(IEnumerable<(TarEntry Entry, byte[] Content)> entries) =>
        entries.Select(pair =>
            $"{pair.Entry.Kind} {Convert.ToHexString(pair.Entry.Name.Span)} {Convert.ToHexString(pair.Entry.LinkName.Span)} {pair.Entry.Mode} "
            + $"{pair.Entry.UserId} {pair.Entry.GroupId} {pair.Entry.Size} {pair.Entry.ModifiedAt} {pair.Entry.Device} "
            + string.Join(' ', pair.Entry.Attributes.OrderBy(a => a.Name).Select(a => $"{Convert.ToHexString(a.Name.Span)}={Convert.ToHexString(a.Value.Span)}"))
            + Convert.ToHexString(pair.Content));

    private static Gen<byte[]> NameBytes(int longest) =>
        Gen.Choose(1, longest).SelectMany(length => Gen.Choose(1, 255).Select(b => (byte)b).ArrayOf(length));

    private static Gen<ByteString> Name => Gen.Frequency((3, NameBytes(20)), (1, NameBytes(300))).Select(ByteString.Adopt);

    private static Gen<T> Numbers<T>(params T[] edges) => Gen.Elements(edges);

    private static Gen<(TarEntry Entry, byte[] Content)> Entries =>
        from kind in Gen.Elements(Enum.GetValues<TarKind>().Where(kind => kind != TarKind.None))
        from name in Name
        from link in Name
        from mode in Gen.Choose(0, 0xFFF)
        from user in Numbers<uint>(0, 1000, 0x1FFFFF, 0x200000, 4_294_967_294)
        from @group in Numbers<uint>(0, 7, 0x200000)
        from time in Numbers(0, 1, -1, 1_700_000_000, 0x1FFFFFFFF, 0x200000000)
        from device in Numbers((0u, 0u), (8u, 1u), (4095u, 0x200000u))
        from attributes in Gen.Frequency((3, Gen.Constant(Array.Empty<byte[]>())), (1, NameBytes(40).ArrayOf(2)))
        from content in Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf()
        let isFile = kind == TarKind.File
        let plainName = isFile && name.Span.EndsWith("/"u8) ? ByteString.From("x") : name
        select (
            new TarEntry
            {
                Kind = kind,
                Name = plainName,
                LinkName = kind is TarKind.HardLink or TarKind.SymbolicLink ? link : default,
                Mode = (uint)mode,
                UserId = user,
                GroupId = @group,
                Size = isFile ? content.Length : 0,
                ModifiedAt = new FileTime(time, 0),
                Device = kind is TarKind.CharacterDevice or TarKind.BlockDevice ? device : default,
                Attributes = [.. attributes.Select((value, i) => new TarAttribute(ByteString.From($"user.{i}"), ByteString.Adopt(value)))],
            },
            isFile ? content : []);
}
