using System.IO.Compression;

using Bld.Builder.Layers;
using Bld.Builder.Store;

using ICSharpCode.SharpZipLib.BZip2;

namespace Bld.Builder.Copy;

/// <summary>Recognises archives by their content.</summary>
internal static class Archives
{
    private const int HeaderSize = 512;
    private const int MagicOffset = 257;
    private const int ChecksumOffset = 148;
    private const int ChecksumSize = 8;

    /// <summary>The tarball in a stream, decompressed; null when there is none in it. The stream can seek.</summary>
    public static Stream? TryOpen(Stream stream)
    {
        stream.Position = 0;

        // By .NET's stream: it doesn't look at the end, which must not say what the beginning is.
        var tar = Decompress(stream, () => new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true));
        var head = new byte[HeaderSize];
        int count;
        try
        {
            count = tar.ReadAtLeast(head, HeaderSize, throwOnEndOfStream: false);
        }
        catch (Exception exception) when (exception is BuildException or IOException)
        {
            return null;
        }

        if (count < HeaderSize || !IsHeader(head))
        {
            return null;
        }

        stream.Position = 0;
        return Decompress(stream, () => new GzipReader(stream));
    }

    /// <summary>A header by its magic, or one of the time before there was any by its checksum.</summary>
    private static bool IsHeader(byte[] head)
    {
        if (head.AsSpan(MagicOffset).StartsWith("ustar"u8))
        {
            return true;
        }

        var sum = ChecksumSize * ' ';
        for (var i = 0; i < HeaderSize; i++)
        {
            sum += i is >= ChecksumOffset and < ChecksumOffset + ChecksumSize ? 0 : head[i];
        }

        var written = 0;
        foreach (var digit in head.AsSpan(ChecksumOffset, ChecksumSize).Trim(" \0"u8))
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return false;
            }

            written = (written * 8) + (digit - '0');
        }

        return written == sum && head[0] != 0;
    }

    private static Stream Decompress(Stream stream, Func<Stream> gzip)
    {
        Span<byte> magic = stackalloc byte[6];
        var count = stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        magic = magic[..count];
        return magic is [0x1F, 0x8B, ..] ? Bounded("gzip", gzip)
            : magic.StartsWith("BZh"u8) ? Bounded("bzip2", () => new BZip2InputStream(stream) { IsStreamOwner = false })
            : magic is [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00] ? Bounded("xz", () => new SharpCompress.Compressors.Xz.XZStream(stream))
            : magic is [0x28, 0xB5, 0x2F, 0xFD, ..] ? Bounded("zstd", () => new ZstdSharp.DecompressionStream(stream, leaveOpen: true))
            : stream;

        Stream Bounded(string kind, Func<Stream> open) => new ExpansionLimit(new DecompressedStream(open, kind), stream.Length);
    }
}
