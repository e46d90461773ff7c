namespace Bld.Builder.Engine.Images;

/// <summary>Tells how much of a blob has gone through: now and then, and at the end.</summary>
internal sealed class CountedStream(Stream inner, string id, bool isPush, long total, Action<Transfer> tell) : Stream
{
    private const int Often = 1 << 18;
    private long _done;
    private long _told;

    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _done;
        set => throw new NotSupportedException();
    }

    /// <summary>The stream itself when nobody wants to know.</summary>
    public static Stream Of(Stream inner, string id, bool isPush, long total, Action<Transfer>? tell) =>
        tell is null ? inner : new CountedStream(inner, id, isPush, total, tell);

    public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

    public override int Read(Span<byte> buffer) => Count(inner.Read(buffer));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await inner.ReadAsync(buffer, cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        Count(buffer.Length);
    }

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            Finish();
        }

        base.Dispose(disposing);
    }

    /// <summary>Tells that no more will come.</summary>
    public void Finish() => tell(new Transfer(id, isPush, _done, total, IsFinished: true));

    private int Count(int count)
    {
        _done += count;
        if (_done - _told >= Often || (_told == 0 && count > 0))
        {
            _told = _done;
            tell(new Transfer(id, isPush, _done, total, IsFinished: false));
        }

        return count;
    }
}
