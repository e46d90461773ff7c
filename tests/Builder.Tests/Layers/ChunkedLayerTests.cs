using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

using Bld.Builder.Layers;
using Bld.Builder.Layers.Chunked;
using Bld.Builder.Tests.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Tests.Layers;

/// <summary>Layers as zstd:chunked, read as the programs that fetch single files read them.</summary>
public sealed class ChunkedLayerTests : IDisposable
{
    private static readonly byte[] Large = RandomNumberGenerator.GetBytes(6_000_000);
    private readonly TemporaryPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Every_file_and_every_chunk_of_the_table_is_a_frame_that_can_be_read_alone()
    {
        var tar = TarBytes.Of(Entries());
        var (layer, annotations) = Compress(tar);

        Assert.Equal(tar, Zstd(layer));
        using var table = Table(layer, annotations!);
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var chunks = 0;
        foreach (var group in Entries(table).GroupBy(static entry => Text(entry, "name")))
        {
            JsonElement[] parts = [.. group];
            var content = new MemoryStream();
            for (var i = 0; i < parts.Length && Number(parts[0], "size") > 0; i++)
            {
                Assert.Equal(content.Length, Number(parts[i], "chunkOffset"));
                var end = i + 1 < parts.Length ? Number(parts[i + 1], "offset") : Number(parts[0], "endOffset");
                var piece = Zstd(layer[(int)Number(parts[i], "offset")..(int)end]);
                Assert.Equal(parts.Length > 1 ? (piece.Length, Digest(piece)) : (0, ""), ((int)Number(parts[i], "chunkSize"), Text(parts[i], "chunkDigest")));
                content.Write(piece);
                chunks++;
            }

            files[group.Key] = content.ToArray();
            Assert.Equal(content.Length, Number(parts[0], "size"));
            Assert.Equal(content.Length > 0 ? Digest(content.ToArray()) : "", Text(parts[0], "digest"));
        }

        Assert.InRange(chunks, 10, 100);
        Assert.Equal(Entries().Select(static each => (each.Entry.Name.ToString(), Digest(each.Content))), files.Select(static each => (each.Key, Digest(each.Value))));
    }

    [Fact]
    public void The_table_says_of_entries_what_their_headers_say()
    {
        var (layer, annotations) = Compress(TarBytes.Of(Entries()));
        using var table = Table(layer, annotations!);
        var lines = Entries(table).Where(static entry => Text(entry, "type") != "chunk").Select(static entry => string.Join(' ', entry.EnumerateObject()
            .Where(static each => each.Name is not ("digest" or "offset" or "endOffset" or "chunkSize" or "chunkDigest")).Select(static each => $"{each.Name}={each.Value}")));
        Assert.Equal(
            """
            type=dir name=usr/ mode=493 modtime=1970-01-01T00:00:00Z
            type=reg name=usr/empty mode=420 modtime=1970-01-01T00:00:00Z
            type=reg name=usr/grüße mode=420 size=5 modtime=1970-01-01T00:00:00Z
            type=reg name=usr/large mode=2541 size=6000000 uid=4000000 gid=7 modtime=2009-02-13T23:31:30Z xattrs={"user.colour":"AAH/"}
            type=hardlink name=usr/same linkName=usr/large modtime=1970-01-01T00:00:00Z
            type=symlink name=usr/link linkName=../a b mode=511 modtime=1970-01-01T00:00:00Z
            type=char name=usr/null mode=438 modtime=1970-01-01T00:00:00Z devMajor=1 devMinor=3
            type=fifo name=usr/pipe modtime=1970-01-01T00:00:00Z
            """.Split('\n'),
            lines);
    }

    [Fact]
    public void The_tarball_is_made_again_of_its_headers_and_the_files()
    {
        var tar = TarBytes.Of(Entries());
        var (layer, annotations) = Compress(tar);
        using var table = Table(layer, annotations!);
        var part = Part(layer, annotations![ChunkedLayer.TarSplitAnnotation]);
        Assert.Equal(Digest(part), table.RootElement.GetProperty("tarSplitDigest").GetString());

        var contents = Entries().ToDictionary(static each => each.Entry.Name.ToString(), static each => each.Content);
        var again = new MemoryStream();
        var position = 0;
        foreach (var line in Encoding.UTF8.GetString(Zstd(part)).TrimEnd('\n').Split('\n'))
        {
            using var json = JsonDocument.Parse(line);
            var entry = json.RootElement;
            Assert.Equal(position++, entry.GetProperty("position").GetInt32());
            if (entry.GetProperty("type").GetInt32() == 2)
            {
                again.Write(entry.GetProperty("payload").GetBytesFromBase64());
                continue;
            }

            var content = contents[Text(entry, "name")];
            Assert.Equal(content.Length, Number(entry, "size"));
            Assert.Equal(content.Length == 0 ? null : Convert.ToBase64String(Sum(content)), entry.GetProperty("payload").GetString());
            again.Write(content);
        }

        Assert.Equal(tar, again.ToArray());
    }

    [Fact]
    public void The_footer_says_what_the_annotations_say()
    {
        var (layer, annotations) = Compress(TarBytes.Of(Entries()));
        var footer = layer.AsSpan(^64..);
        Assert.Equal("GNUlInUx", Encoding.ASCII.GetString(footer[56..]));
        var numbers = new List<ulong>();
        for (var i = 0; i < 7; i++)
        {
            numbers.Add(BinaryPrimitives.ReadUInt64LittleEndian(footer[(8 * i)..]));
        }

        Assert.Equal(annotations![ChunkedLayer.PositionAnnotation], string.Join(':', numbers[..4]));
        Assert.Equal(annotations[ChunkedLayer.TarSplitAnnotation], string.Join(':', numbers[4..]));
    }

    [Fact]
    public void A_file_that_grew_at_its_front_has_most_of_its_chunks_as_before()
    {
        var before = ChunksOf(Large);
        var after = ChunksOf([1, 2, 3, .. Large]);
        Assert.InRange(before.Intersect(after).Count(), before.Count - 2, before.Count - 1);
    }

    [Theory]
    [InlineData("mkdir d; printf x >\"$(printf 'd/\\377')\"; tar -cf x.tar d")]
    [InlineData("echo a >a; echo b >b; tar -cf x.tar a b a")]
    [InlineData("echo a >a; tar --format=posix -cf x.tar a")]
    [InlineData("echo a >a; truncate -s 1M a; echo b >>a; tar --sparse -cf x.tar a")]
    [InlineData("echo no tarball >x.tar")]
    [InlineData("seq 1 300000 >x.tar")]
    public void What_the_table_can_not_say_makes_a_layer_without_one(string command)
    {
        Programs.Shell(command, _place.Path);
        var tar = File.ReadAllBytes(_place.At("x.tar"));
        var (layer, annotations) = Compress(tar);
        Assert.Null(annotations);
        Assert.Equal(tar, Zstd(layer));
    }

    [Fact]
    public void Tarballs_of_other_programs_get_a_table()
    {
        Programs.Shell("mkdir -p d/$(printf %0150d 1); seq 1 9 >d/$(printf %0150d 1)/file; ln d/*/file d/hard; tar --format=gnu -cf x.tar d", _place.Path);
        var tar = File.ReadAllBytes(_place.At("x.tar"));
        var (layer, annotations) = Compress(tar);
        Assert.Equal(tar, Zstd(layer));
        using var table = Table(layer, annotations!);
        Assert.Equal(Programs.Shell("tar -tf x.tar", _place.Path).TrimEnd('\n').Split('\n'), Entries(table).Select(static entry => Text(entry, "name")));
    }

    private List<string> ChunksOf(byte[] content)
    {
        var (layer, annotations) = Compress(TarBytes.Of((new TarEntry { Kind = TarKind.File, Name = ByteString.From("a"), Size = content.Length }, content)));
        using var table = Table(layer, annotations!);
        return [.. Entries(table).Select(static entry => Text(entry, "chunkDigest"))];
    }

    private static IEnumerable<(TarEntry Entry, byte[] Content)> Entries()
    {
        yield return TarBytes.Folder("usr/");
        yield return TarBytes.File("usr/empty");
        yield return TarBytes.File("usr/grüße", "hello");
        yield return (
            new TarEntry
            {
                Kind = TarKind.File,
                Name = ByteString.From("usr/large"),
                Size = Large.Length,
                Mode = 0x9ED,
                UserId = 4_000_000,
                GroupId = 7,
                ModifiedAt = new FileTime(1234567890, 0),
                Attributes = [new TarAttribute(ByteString.From("user.colour"), new ByteString([0, 1, 255]))],
            },
            Large);
        yield return TarBytes.HardLink("usr/same", "usr/large");
        yield return TarBytes.Link("usr/link", "../a b");
        yield return (new TarEntry { Kind = TarKind.CharacterDevice, Name = ByteString.From("usr/null"), Mode = 0x1B6, Device = (1, 3) }, []);
        yield return (new TarEntry { Kind = TarKind.Fifo, Name = ByteString.From("usr/pipe") }, []);
    }

    private static (byte[] Layer, SortedDictionary<string, string>? Annotations) Compress(byte[] tar)
    {
        var output = new MemoryStream();
        using var chunked = new ChunkedLayerStream(output, level: 3);

        // In odd pieces, so that headers and borders lie across them.
        for (var at = 0; at < tar.Length; at += 70_001)
        {
            chunked.Write(tar.AsSpan(at, Math.Min(70_001, tar.Length - at)));
        }

        var annotations = chunked.End();
        return (output.ToArray(), annotations);
    }

    private JsonDocument Table(byte[] layer, SortedDictionary<string, string> annotations)
    {
        var part = Part(layer, annotations[ChunkedLayer.PositionAnnotation]);
        Assert.Equal(Digest(part), annotations[ChunkedLayer.ChecksumAnnotation]);
        var text = Zstd(part);
        Assert.Equal(text.Length, int.Parse(annotations[ChunkedLayer.PositionAnnotation].Split(':')[2]));
        return JsonDocument.Parse(text);
    }

    private static JsonElement.ArrayEnumerator Entries(JsonDocument table)
    {
        Assert.Equal(1, table.RootElement.GetProperty("version").GetInt32());
        return table.RootElement.GetProperty("entries").EnumerateArray();
    }

    private static byte[] Part(byte[] layer, string position)
    {
        var numbers = position.Split(':').Select(static number => int.Parse(number)).ToArray();
        return layer[numbers[0]..(numbers[0] + numbers[1])];
    }

    private static string Text(JsonElement entry, string name) => entry.TryGetProperty(name, out var value) ? value.GetString()! : "";

    private static long Number(JsonElement entry, string name) => entry.TryGetProperty(name, out var value) ? value.GetInt64() : 0;

    private static string Digest(byte[] data) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(data))}";

    // Bit by bit, as the definition has it.
    private static byte[] Sum(byte[] data)
    {
        var sum = ulong.MaxValue;
        foreach (var value in data)
        {
            sum ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                sum = (sum & 1) == 0 ? sum >> 1 : (sum >> 1) ^ 0xD800000000000000;
            }
        }

        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ~sum);
        return bytes;
    }

    /// <summary>What the program <c>zstd</c> makes of it.</summary>
    private byte[] Zstd(byte[] data)
    {
        File.WriteAllBytes(_place.At("data.zst"), data);
        Programs.Shell("zstd -dqfo data data.zst", _place.Path);
        return File.ReadAllBytes(_place.At("data"));
    }
}
