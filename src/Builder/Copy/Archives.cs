using System.IO.Compression;

using ICSharpCode.SharpZipLib.BZip2;

namespace Bld.Builder.Copy;

/// <summary>Recognises archives by their content.</summary>
internal static class Archives
{
    private const int HeaderSize = 512;
    private const int MagicOffset = 257;

    /// <summary>The tarball in a stream, decompressed; null when there is none in it. The stream can seek.</summary>
    public static Stream? TryOpen(Stream stream)
    {
        stream.Position = 0;
        var tar = Decompress(stream);
        var head = new byte[HeaderSize];
        int count;
        try
        {
            count = tar.ReadAtLeast(head, HeaderSize, throwOnEndOfStream: false);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or ICSharpCode.SharpZipLib.SharpZipBaseException)
        {
            return null;
        }

        if (count < HeaderSize || !head.AsSpan(MagicOffset).StartsWith("ustar"u8))
        {
            return null;
        }

        stream.Position = 0;
        return Decompress(stream);
    }

    private static Stream Decompress(Stream stream)
    {
        Span<byte> magic = stackalloc byte[6];
        var count = stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        magic = magic[..count];
        return magic is [0x1F, 0x8B, ..] ? new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true)
            : magic.StartsWith("BZh"u8) ? new BZip2InputStream(stream) { IsStreamOwner = false }
            : magic is [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00] ? new SharpCompress.Compressors.Xz.XZStream(stream)
            : magic is [0x28, 0xB5, 0x2F, 0xFD, ..] ? new ZstdSharp.DecompressionStream(stream, leaveOpen: true)
            : stream;
    }
}
