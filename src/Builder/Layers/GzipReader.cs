using System.IO.Compression;

namespace Bld.Builder.Layers;

/// <summary>
/// Reads gzip, of several members too, and notices when the end is missing, which .NET's stream takes for a good one. For that a last
/// member of known content is put behind the data: a whole stream ends with it, a cut one has swallowed it. Zeros behind the data,
/// as tape programs leave them, are tolerated.
/// </summary>
internal sealed class GzipReader : ReadOnlyStream
{
    private const int MarkLength = 16;

    private readonly EndingStream _source;
    private readonly GZipStream _gzip;
    private readonly byte[] _buffer = new byte[128 * 1024];
    private int _start;
    private int _end;
    private bool _over;

    internal GzipReader(Stream source)
    {
        _source = new EndingStream(source);
        _gzip = new GZipStream(_source, CompressionMode.Decompress);
    }

    private static ReadOnlySpan<byte> Mark => "\0the end of all\n"u8;

    public override int Read(Span<byte> buffer)
    {
        while (!_over && _end - _start <= MarkLength)
        {
            Fill();
        }

        var count = Math.Min(buffer.Length, _end - _start - (_over ? 0 : MarkLength));
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    // The last bytes are held back, since they may be the mark.
    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);

        // Filled up, since .NET's stream gives back what each 8 KiB of its input hold.
        while (_end < _buffer.Length)
        {
            var count = _gzip.Read(_buffer, _end, _buffer.Length - _end);
            if (count == 0)
            {
                Finish();
                return;
            }

            _end += count;
        }
    }

    private void Finish()
    {
        _over = true;
        if (_buffer.AsSpan(0, _end).EndsWith(Mark))
        {
            _end -= MarkLength;
        }
        else if (!_source.EndsInZeros)
        {
            throw new InvalidDataException("its end is missing");
        }
    }

    /// <summary>The data, then the member with the mark.</summary>
    private sealed class EndingStream(Stream source) : ReadOnlyStream
    {
        private readonly byte[] _tail = new byte[8];
        private byte[]? _ending;
        private int _given;

        internal bool EndsInZeros => !_tail.AsSpan().ContainsAnyExcept((byte)0);

        public override int Read(Span<byte> buffer)
        {
            if (_ending is null)
            {
                var count = source.Read(buffer);
                if (count > 0 || buffer.IsEmpty)
                {
                    Remember(buffer[..count]);
                    return count;
                }

                _ending = MakeEnding();
            }

            var rest = _ending.AsSpan(_given);
            var given = Math.Min(rest.Length, buffer.Length);
            rest[..given].CopyTo(buffer);
            _given += given;
            return given;
        }

        private void Remember(ReadOnlySpan<byte> bytes)
        {
            bytes = bytes.Length > _tail.Length ? bytes[^_tail.Length..] : bytes;
            _tail.AsSpan(bytes.Length).CopyTo(_tail);
            bytes.CopyTo(_tail.AsSpan(_tail.Length - bytes.Length));
        }

        private static byte[] MakeEnding()
        {
            var member = new MemoryStream();
            using (var gzip = new GZipStream(member, CompressionLevel.NoCompression))
            {
                gzip.Write(Mark);
            }

            return member.ToArray();
        }
    }
}
