using System.Security.Cryptography;

using Bld.Registry;

namespace Bld.Builder.Layers.Chunked;

/// <summary>
/// Compresses the tarball that is written to it as zstd:chunked: each file's content, or each chunk of a large one, is a frame of its own,
/// which others can fetch alone; a table at the end says where. Readers of plain zstd read the tarball. What the table can't describe,
/// such as names that are no text, makes it a layer without a table.
/// </summary>
internal sealed class ChunkedLayerStream(Stream destination, int level) : WriteOnlyStream
{
    /// <summary>No headers of one entry are larger in what people have; nor are the zeros at a tarball's end.</summary>
    private const int LargestHead = 4 << 20;

    private const long EndSeen = long.MaxValue;

    private readonly BlockCompressionStream _frames = Compression.CompressZstd(destination, level);
    private readonly TableOfContents _table = new(level);
    private readonly TarSplit _split = new(level);
    private readonly IncrementalHash _content = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _chunk = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ChunkBorders _borders = new();

    // Between contents: the padding of the last one and the headers of the next entry, and how long this is when the next header is whole.
    private readonly MemoryStream _head = new();
    private long _headLength = TarFormat.BlockSize;
    private int _padding;

    // The file whose content is being written.
    private TocEntry? _file;
    private long _fileOffset;
    private long _chunkOffset;
    private ulong _sum;
    private bool _isPlain;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty && !_isPlain)
        {
            buffer = buffer[(_file is { } file ? TakeContent(file, buffer) : TakeHead(buffer))..];
        }

        _frames.Write(buffer);
    }

    /// <summary>Writes the rest; without it the layer is not whole. The destination stays open.</summary>
    /// <returns>The annotations of the layer's descriptor; null when the layer has no table of contents.</returns>
    public SortedDictionary<string, string>? End()
    {
        _frames.End();
        if (_isPlain || _headLength < EndSeen)
        {
            return null;
        }

        _split.AddBytes(Head);
        _split.Document.End();
        _table.End(_split);
        return ChunkedLayer.WriteEnd(destination, _frames.Written, _table.Document, _split.Document);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _frames.Dispose();
            _table.Dispose();
            _split.Dispose();
            _content.Dispose();
            _chunk.Dispose();
        }

        base.Dispose(disposing);
    }

    private ReadOnlySpan<byte> Head => _head.GetBuffer().AsSpan(0, (int)_head.Length);

    private int TakeHead(ReadOnlySpan<byte> buffer)
    {
        var count = (int)Math.Min(buffer.Length, _headLength - _head.Length);
        _frames.Write(buffer[..count]);
        _head.Write(buffer[..count]);
        if (_head.Length > LargestHead)
        {
            _isPlain = true;
        }
        else if (_head.Length == _headLength)
        {
            EndHeader(Head[^TarFormat.BlockSize..]);
        }

        return count;
    }

    private void EndHeader(ReadOnlySpan<byte> header)
    {
        if (!header.ContainsAnyExcept((byte)0))
        {
            // The end's mark: nothing more is judged.
            _headLength = EndSeen;
        }
        else if (header[TarFormat.Kind] is (byte)'x' or (byte)'L' or (byte)'K')
        {
            _isPlain = !TarFormat.TryReadNumber(header[TarFormat.Size], out var size) || size is < 0 or > LargestHead;
            _headLength += size + TarFormat.Padding(size) + TarFormat.BlockSize;
        }
        else if (TocEntry.Read(Head[_padding..]) is { } entry && _table.TryAdd(entry))
        {
            Begin(entry);
        }
        else
        {
            _isPlain = true;
        }
    }

    private void Begin(TocEntry entry)
    {
        _split.AddBytes(Head);
        _head.SetLength(0);
        if (entry.Size > 0)
        {
            _frames.Cut();
            (_file, _fileOffset, _chunkOffset, _sum) = (entry, 0, 0, 0);
            return;
        }

        EndEntry(entry, sum: 0);
        _table.WriteWhole();
    }

    private int TakeContent(TocEntry file, ReadOnlySpan<byte> buffer)
    {
        var piece = buffer[..(int)Math.Min(buffer.Length, file.Size - _fileOffset)];
        var border = _borders.Find(piece);
        piece = border < 0 ? piece : piece[..border];
        _frames.Write(piece);
        _content.AppendData(piece);
        if (file.Size > ChunkBorders.Smallest)
        {
            _chunk.AppendData(piece);
        }

        _sum = Crc64.Append(_sum, piece);
        _fileOffset += piece.Length;
        if (border >= 0 || _fileOffset == file.Size)
        {
            EndChunk(file);
        }

        return piece.Length;
    }

    private void EndChunk(TocEntry file)
    {
        var isLast = _fileOffset == file.Size;
        if (isLast)
        {
            file.Digest = Digest.FromSha256(_content.GetHashAndReset());
            _file = null;
            EndEntry(file, _sum);
        }

        var digest = file.Size > ChunkBorders.Smallest ? Digest.FromSha256(_chunk.GetHashAndReset()) : file.Digest!.Value;
        var chunk = new TocChunk(_chunkOffset, (int)(_fileOffset - _chunkOffset), digest);
        file.Chunks.Add(chunk);
        _chunkOffset = _fileOffset;
        _borders.Reset();
        _frames.Cut((start, end) =>
        {
            chunk.Frame = (start, end);
            _table.WriteWhole();
        });
    }

    private void EndEntry(TocEntry entry, ulong sum)
    {
        _split.AddFile(entry.Name, entry.Size, sum);
        _padding = TarFormat.Padding(entry.Size);
        _headLength = _padding + TarFormat.BlockSize;
    }
}
