using Microsoft.Win32.SafeHandles;

namespace Bld.Registry;

/// <summary>
/// A nameless file that one writes while others read what is there already: a layer is uploaded while it is compressed, and what was
/// compressed needn't be so again when the connection breaks.
/// </summary>
internal sealed class SpoolFile : Stream, IUploadSource
{
    private readonly SafeFileHandle _file;
    private readonly TaskCompletionSource<Digest> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _length;

    internal SpoolFile(string directory)
    {
        var path = $"{directory}/.spool-{Guid.NewGuid():N}";
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        File.Delete(path);
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => Interlocked.Read(ref _length);

    public override long Position
    {
        get => Length;
        set => throw new NotSupportedException();
    }

    public long? Size => _done.Task.IsCompletedSuccessfully ? Length : null;

    public Task<Digest> DigestAsync(CancellationToken cancellation) => _done.Task.WaitAsync(cancellation);

    public Stream Open(long offset) => new Reader(this, offset);

    /// <summary>Says that all is written, and what it is.</summary>
    internal void Complete(Digest digest)
    {
        _done.TrySetResult(digest);
        Signal();
    }

    /// <summary>Says that the rest will never come.</summary>
    internal void Fail(Exception reason)
    {
        _done.TrySetException(reason);
        _ = _done.Task.Exception;
        Signal();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        RandomAccess.Write(_file, buffer, _length);
        Interlocked.Add(ref _length, buffer.Length);
        Signal();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Signal()
    {
        TaskCompletionSource grown;
        lock (_gate)
        {
            (grown, _grown) = (_grown, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        grown.TrySetResult();
    }

    private async ValueTask<int> ReadAtAsync(long position, Memory<byte> buffer, CancellationToken cancellation)
    {
        while (true)
        {
            // In this order: what is written between the two looks is seen by the second, or the signal is.
            Task grown;
            lock (_gate)
            {
                grown = _grown.Task;
            }

            var done = _done.Task.IsCompleted;
            var available = Length - position;
            if (available > 0)
            {
                return RandomAccess.Read(_file, buffer.Span[..(int)Math.Min(available, buffer.Length)], position);
            }

            if (done)
            {
                await _done.Task;
                return 0;
            }

            await grown.WaitAsync(cancellation);
        }
    }

    private sealed class Reader(SpoolFile spool, long position) : Stream
    {
        private long _position = position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await spool.ReadAtAsync(_position, buffer, cancellationToken);
            _position += count;
            return count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) =>
            ReadAsync(buffer.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
