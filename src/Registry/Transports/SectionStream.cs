using Microsoft.Win32.SafeHandles;

namespace Bld.Registry;

/// <summary>A part of a file, to read; several may be read at once.</summary>
internal sealed class SectionStream(SafeFileHandle file, long offset, long length) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => _position = value;
    }

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Clamp(length - _position, 0, buffer.Length);
        var count = wanted == 0 ? 0 : RandomAccess.Read(file, buffer[..wanted], offset + _position);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int start, int count) => Read(buffer.AsSpan(start, count));

    public override long Seek(long distance, SeekOrigin origin) => _position = origin switch
    {
        SeekOrigin.Begin => distance,
        SeekOrigin.Current => _position + distance,
        _ => length + distance,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int start, int count) => throw new NotSupportedException();
}
