using System.Buffers.Binary;

using Bld.Registry;

namespace Bld.Builder.Layers.Chunked;

/// <summary>
/// The parts of a zstd:chunked layer that are not its content: skippable frames (RFC 8878, 3.1.2) behind it, which every reader of zstd
/// passes over, and the layer's annotations, which say where they are.
/// </summary>
internal static class ChunkedLayer
{
    /// <summary>What the compressed table of contents digests to.</summary>
    public const string ChecksumAnnotation = "io.github.containers.zstd-chunked.manifest-checksum";

    /// <summary>Where the table is: offset, length, length when it is decompressed, and the kind of table, all with colons between.</summary>
    public const string PositionAnnotation = "io.github.containers.zstd-chunked.manifest-position";

    /// <summary>Where the tarball's headers are: offset, length, length when they are decompressed.</summary>
    public const string TarSplitAnnotation = "io.github.containers.zstd-chunked.tarsplit-position";

    /// <summary>The kind of table that there is: CRFS's, as JSON.</summary>
    private const long TableKind = 1;

    private const int FrameHeader = 8;

    /// <summary>Whether a layer has a table of contents.</summary>
    public static bool IsChunked(Descriptor layer) => layer.Annotations?.ContainsKey(PositionAnnotation) == true;

    /// <summary>A layer's annotations with other ones for its table of contents, or none.</summary>
    public static SortedDictionary<string, string>? Annotate(SortedDictionary<string, string>? annotations, IReadOnlyDictionary<string, string> table)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in annotations ?? [])
        {
            if (key is not (ChecksumAnnotation or PositionAnnotation or TarSplitAnnotation))
            {
                all.Add(key, value);
            }
        }

        foreach (var (key, value) in table)
        {
            all.Add(key, value);
        }

        return all.Count > 0 ? all : null;
    }

    /// <summary>Writes the frames that end a layer.</summary>
    /// <param name="destination">Where the layer's content has been written.</param>
    /// <param name="position">Length of that content.</param>
    /// <param name="table">The table of contents.</param>
    /// <param name="split">The tarball's headers.</param>
    /// <returns>The layer's annotations.</returns>
    public static SortedDictionary<string, string> WriteEnd(Stream destination, long position, CompressedDocument table, CompressedDocument split)
    {
        var tableAt = position + FrameHeader;
        var splitAt = tableAt + table.Content.Length + FrameHeader;
        WriteFrame(destination, table.Content.Span);
        WriteFrame(destination, split.Content.Span);
        WriteFrame(destination, Footer(tableAt, table.Content.Length, table.Length, TableKind, splitAt, split.Content.Length, split.Length));
        return new(StringComparer.Ordinal)
        {
            [ChecksumAnnotation] = table.Digest.ToString(),
            [PositionAnnotation] = $"{tableAt}:{table.Content.Length}:{table.Length}:{TableKind}",
            [TarSplitAnnotation] = $"{splitAt}:{split.Content.Length}:{split.Length}",
        };
    }

    private static byte[] Footer(params long[] numbers)
    {
        var footer = new byte[64];
        for (var i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(footer.AsSpan(8 * i), numbers[i]);
        }

        "GNUlInUx"u8.CopyTo(footer.AsSpan(56));
        return footer;
    }

    private static void WriteFrame(Stream destination, ReadOnlySpan<byte> content)
    {
        Span<byte> header = stackalloc byte[FrameHeader];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x184D2A50);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], content.Length);
        destination.Write(header);
        destination.Write(content);
    }
}
