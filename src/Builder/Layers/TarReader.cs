using System.Buffers;

using Bld.Builder.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Layers;

/// <summary>
/// Reads tarballs by anybody: v7, ustar, GNU (long names, base-256 numbers, sparse files), PAX (global headers, sparse 0.0, 0.1 and
/// 1.0). Missing end blocks and padding are tolerated; what contradicts itself, or asks for absurd amounts of memory, is refused.
/// Names come as they stand: judging them is for whoever makes files of them (<see cref="EntryPath"/>).
/// </summary>
internal sealed partial class TarReader : IDisposable
{
    private const int BufferSize = 256 * 1024;

    /// <summary>No header about one entry is larger than this, be it a name or all its PAX records.</summary>
    private const int LargestExtraHeader = 1 << 20;

    private readonly Stream _source;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private readonly PaxRecords _global = new();
    private int _start;
    private int _end;
    private long _position;

    // Of the present entry: content bytes not yet taken, the padding behind them, and where in the file the next of them belongs.
    private long _remaining;
    private int _padding;
    private int _extent;
    private long _offset;
    private TarEntry? _entry;

    /// <param name="source">The uncompressed tarball; it stays its giver's.</param>
    internal TarReader(Stream source) => _source = source;

    /// <summary>The next entry; null at the end. Content of the entry before that was not taken is skipped.</summary>
    /// <exception cref="BuildException">The archive is damaged or absurd.</exception>
    internal TarEntry? Next()
    {
        SkipContent();
        var records = new PaxRecords(_global);
        ByteString? longName = null;
        ByteString? longLink = null;
        while (true)
        {
            var header = ReadHeader();
            if (header.IsEmpty)
            {
                return _entry = null;
            }

            switch (header[TarFormat.Kind])
            {
                case (byte)'x' or (byte)'X':
                    records.Add(ReadExtraHeader(header, "PAX header"));
                    break;
                case (byte)'g':
                    var content = ReadExtraHeader(header, "global PAX header");
                    _global.Add(content);
                    records.Add(content);
                    break;
                case (byte)'L':
                    longName = CutAtNul(ReadExtraHeader(header, "long name"));
                    break;
                case (byte)'K':
                    longLink = CutAtNul(ReadExtraHeader(header, "long link name"));
                    break;
                case (byte)'V' or (byte)'M' or (byte)'N':
                    // GNU's volume label, continuation of another volume, old long names: nothing of a file tree.
                    Begin(null, NumberIn(header, TarFormat.Size, "size"));
                    SkipContent();
                    break;
                default:
                    return _entry = ReadEntry(header, records, longName, longLink);
            }
        }
    }

    /// <summary>
    /// The next piece of the entry's content, valid until the next call, and where in the file it belongs; what lies between pieces is
    /// zeros. False at the content's end.
    /// </summary>
    internal bool TryReadContent(out long offset, out ReadOnlySpan<byte> piece)
    {
        if (_remaining == 0)
        {
            offset = 0;
            piece = default;
            return false;
        }

        if (_start == _end && !Fill())
        {
            throw TarFormat.Damaged($"it ends within the content of '{_entry?.Name}'");
        }

        var count = (int)Math.Min(_remaining, _end - _start);
        if (_entry?.Extents is { } extents)
        {
            count = LocateExtent(extents, count);
        }

        offset = _offset;
        piece = _buffer.AsSpan(_start, count);
        _start += count;
        _position += count;
        _offset += count;
        _remaining -= count;
        return true;
    }

    /// <summary>Reads what follows the end mark, so that whoever checks the stream's digest sees all of it.</summary>
    internal void Drain()
    {
        while (Fill())
        {
            _start = _end;
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private int LocateExtent(IReadOnlyList<TarExtent> extents, int count)
    {
        while (_offset == extents[_extent].Offset + extents[_extent].Length || _offset < extents[_extent].Offset)
        {
            if (_offset < extents[_extent].Offset)
            {
                _offset = extents[_extent].Offset;
                continue;
            }

            _extent++;
        }

        return (int)Math.Min(count, extents[_extent].Offset + extents[_extent].Length - _offset);
    }

    private void Begin(TarEntry? entry, long length)
    {
        if (length < 0)
        {
            throw TarFormat.Damaged($"'{entry?.Name}' has the negative size {length}");
        }

        _entry = entry;
        _remaining = length;
        _padding = TarFormat.Padding(length);
        _extent = 0;
        _offset = 0;
    }

    private void SkipContent()
    {
        while (TryReadContent(out _, out _))
        {
        }

        for (; _padding > 0; _padding--)
        {
            if (_start == _end && !Fill())
            {
                // The last entry's padding may be missing.
                _padding = 0;
                return;
            }

            _start++;
            _position++;
        }
    }

    /// <summary>The next header; empty at the end of the archive, whether marked by zeros or not.</summary>
    private ReadOnlySpan<byte> ReadHeader()
    {
        if (!Ensure(TarFormat.BlockSize))
        {
            var rest = _buffer.AsSpan(_start, _end - _start);
            return rest.ContainsAnyExcept((byte)0) ? throw TarFormat.Damaged($"it ends within a header at byte {_position}") : default;
        }

        var header = _buffer.AsSpan(_start, TarFormat.BlockSize);
        if (!header.ContainsAnyExcept((byte)0))
        {
            return default;
        }

        _start += TarFormat.BlockSize;
        _position += TarFormat.BlockSize;
        var (unsigned, signed) = TarFormat.Sum(header);
        if (!TarFormat.TryReadNumber(header[TarFormat.Checksum], out var sum) || (sum != unsigned && sum != signed))
        {
            throw TarFormat.Damaged($"the header at byte {_position - TarFormat.BlockSize} has a wrong checksum, or this is no tar archive");
        }

        return header;
    }

    private byte[] ReadExtraHeader(ReadOnlySpan<byte> header, string what)
    {
        var size = NumberIn(header, TarFormat.Size, "size");
        if (size is < 0 or > LargestExtraHeader)
        {
            throw TarFormat.Damaged($"a {what} of {size} bytes at byte {_position}; at most {LargestExtraHeader} make sense");
        }

        var content = new byte[size];
        Begin(null, size);
        for (var filled = 0; TryReadContent(out _, out var piece); filled += piece.Length)
        {
            piece.CopyTo(content.AsSpan(filled));
        }

        SkipContent();
        return content;
    }

    private long NumberIn(ReadOnlySpan<byte> header, Range field, string what) =>
        TarFormat.TryReadNumber(header[field], out var number)
            ? number
            : throw TarFormat.Damaged($"the header before byte {_position} has no number as {what}");

    private static ByteString CutAtNul(ReadOnlySpan<byte> bytes) =>
        new(bytes.IndexOf((byte)0) is var end and >= 0 ? bytes[..end] : bytes);

    /// <summary>Has that many bytes in the buffer; false when the source ends before.</summary>
    private bool Ensure(int count)
    {
        while (_end - _start < count)
        {
            if (!Fill())
            {
                return false;
            }
        }

        return true;
    }

    private bool Fill()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (BufferSize - _end < TarFormat.BlockSize)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        var count = _source.Read(_buffer, _end, BufferSize - _end);
        _end += count;
        return count > 0;
    }
}
