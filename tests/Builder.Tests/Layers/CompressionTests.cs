using Bld.Builder.Layers;
using Bld.Builder.Store;
using Bld.Builder.Tests.Store;

namespace Bld.Builder.Tests.Layers;

public sealed class CompressionTests : IDisposable
{
    private readonly TemporaryPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("gzip -c", CompressionKind.Gzip)]
    [InlineData("bzip2 -c", CompressionKind.Bzip2)]
    [InlineData("xz -c", CompressionKind.Xz)]
    [InlineData("xz -T2 --block-size=100000 -c", CompressionKind.Xz)]
    [InlineData("zstd -c", CompressionKind.Zstd)]
    [InlineData("cat", CompressionKind.None)]
    public void What_other_programs_compress_is_read(string program, object kind)
    {
        var data = Data(3_000_000);
        File.WriteAllBytes(_place.At("x"), data);
        Programs.Shell($"{program} <x >x.c", _place.Path);
        using var file = File.OpenRead(_place.At("x.c"));
        using var plain = Compression.Decompress(file, out var found);
        Assert.Equal(kind, found);
        Assert.Equal(data, ReadAll(plain));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    [InlineData("xz")]
    [InlineData("zstd")]
    public void Damaged_and_cut_data_ends_in_a_sentence(string program)
    {
        File.WriteAllBytes(_place.At("x"), Data(400_000));
        Programs.Shell($"{program} -c <x >x.c", _place.Path);
        var bytes = File.ReadAllBytes(_place.At("x.c"));
        var damaged = bytes.ToArray();
        for (var i = 2000; i < 2100; i++)
        {
            damaged[i] ^= 0x5a;
        }

        foreach (var broken in new[] { damaged, bytes[..(bytes.Length / 2)] })
        {
            using var plain = Compression.Decompress(new MemoryStream(broken));
            var error = Record.Exception(() => ReadAll(plain));
            Assert.True(error is BuildException, $"{program} {broken.Length} of {bytes.Length}: {error}");
            Assert.Contains(program, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("cat a.gz b.gz", true)]
    [InlineData("cat a.gz b.gz; head -c 512 /dev/zero", true)]
    [InlineData("cat a.gz; head -c -1 b.gz", false)]
    [InlineData("cat a.gz; head -c -8 b.gz", false)]
    [InlineData("cat a.gz; head -c -9 b.gz", false)]
    public void Members_of_gzip_are_one_stream_and_a_missing_end_is_noticed(string command, bool whole)
    {
        Programs.Shell($"seq 1 50000 >a; seq 50000 70000 >b; gzip -k a b; ({command}) >x.gz; cat a b >x", _place.Path);
        using var plain = Compression.Decompress(File.OpenRead(_place.At("x.gz")));
        if (whole)
        {
            Assert.Equal(File.ReadAllBytes(_place.At("x")), ReadAll(plain));
        }
        else
        {
            Assert.Throws<BuildException>(() => ReadAll(plain));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    [InlineData(5_000_001)]
    [InlineData(20_000_000)]
    public void Other_programs_read_what_is_compressed(int length)
    {
        var data = Data(length);
        File.WriteAllBytes(_place.At("x"), data);
        File.WriteAllBytes(_place.At("x.gz"), Compress(data, stream => Compression.CompressGzip(stream)));
        File.WriteAllBytes(_place.At("x.zst"), Compress(data, stream => Compression.CompressZstd(stream)));
        Programs.Shell("gzip -dc <x.gz | cmp - x; zstd -dqc <x.zst | cmp - x", _place.Path);
        Assert.Equal(data, ReadAll(Compression.Decompress(File.OpenRead(_place.At("x.gz")))));
        Assert.Equal(data, ReadAll(Compression.Decompress(File.OpenRead(_place.At("x.zst")))));
    }

    [Fact]
    public void What_can_not_become_smaller_is_stored_and_what_lies_beside_it_is_compressed()
    {
        const int Piece = 300_000;
        var data = new byte[20 * Piece];
        for (var at = 0; at < data.Length; at += 2 * Piece)
        {
            new Random(at).NextBytes(data.AsSpan(at, Piece));
            data.AsSpan(at + Piece, Piece).Fill((byte)'x');
        }

        var compressed = Compress(data, stream => Compression.CompressGzip(stream));

        // RFC 1951, 3.2.3: behind the header of ten bytes the type of the first block, 00 for stored.
        Assert.Equal(0, compressed[10] & 6);
        Assert.InRange(compressed.Length, data.Length / 2, data.Length * 52 / 100);
        File.WriteAllBytes(_place.At("x"), data);
        File.WriteAllBytes(_place.At("x.gz"), compressed);
        Programs.Shell("gzip -dc <x.gz | cmp - x", _place.Path);
        Assert.Equal(data, ReadAll(Compression.Decompress(File.OpenRead(_place.At("x.gz")))));
    }

    [Fact]
    public void Compressing_twice_gives_the_same_bytes()
    {
        var data = Data(7_000_000);
        Assert.Equal(Compress(data, stream => Compression.CompressGzip(stream)), Compress(data, stream => Compression.CompressGzip(stream)));
        Assert.Equal(Compress(data, stream => Compression.CompressZstd(stream)), Compress(data, stream => Compression.CompressZstd(stream)));
    }

    [Fact]
    public void A_failing_destination_fails_the_writer()
    {
        using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.None, 0);
        using var gzip = Compression.CompressGzip(full);
        Assert.Throws<IOException>(() =>
        {
            gzip.Write(Data(20_000_000));
            gzip.End();
        });
    }

    private static byte[] Compress(byte[] data, Func<Stream, BlockCompressionStream> with)
    {
        var output = new MemoryStream();
        using var stream = with(output);
        stream.Write(data);
        stream.End();
        return output.ToArray();
    }

    private static byte[] ReadAll(Stream stream)
    {
        var output = new MemoryStream();
        stream.CopyTo(output);
        return output.ToArray();
    }

    // Compressible, but not trivially.
    private static byte[] Data(int length)
    {
        var random = new Random(length);
        var data = new byte[length];
        for (var i = 0; i < length; i++)
        {
            data[i] = (byte)(i % 1000 < 500 ? random.Next(64) : i);
        }

        return data;
    }
}
