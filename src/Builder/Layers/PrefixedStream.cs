namespace Bld.Builder.Layers;

/// <summary>
/// Bytes that were read already, then the rest of the stream that they came from, buffered because decompressors like to read single
/// bytes. Disposing it leaves that stream open.
/// </summary>
internal sealed class PrefixedStream : ReadOnlyStream
{
    private readonly Stream _rest;
    private readonly byte[] _buffer = new byte[128 * 1024];
    private int _start;
    private int _end;
    private long _position;

    internal PrefixedStream(ReadOnlySpan<byte> prefix, Stream rest)
    {
        prefix.CopyTo(_buffer);
        _end = prefix.Length;
        _rest = rest;
    }

    /// <summary>The number of bytes that were read: xz aligns its parts by it.</summary>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (_start == _end && buffer.Length >= _buffer.Length)
        {
            var direct = _rest.Read(buffer);
            _position += direct;
            return direct;
        }

        if (_start == _end && !Fill())
        {
            return 0;
        }

        var count = Math.Min(buffer.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        _position += count;
        return count;
    }

    public override int ReadByte()
    {
        if (_start == _end && !Fill())
        {
            return -1;
        }

        _position++;
        return _buffer[_start++];
    }

    private bool Fill()
    {
        _start = 0;
        _end = _rest.Read(_buffer);
        return _end > 0;
    }
}
