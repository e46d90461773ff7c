using System.Buffers;

namespace Bld.Builder.Layers;

/// <summary>
/// Cuts what is written into blocks, has them compressed side by side and writes the results in order, on the writer's thread. Two more
/// blocks than processors exist at a time, so memory doesn't grow with the data.
/// </summary>
internal sealed class BlockCompressionStream(Stream destination, int blockSize, Action<ReadOnlyMemory<byte>, MemoryStream> compress) : Stream
{
    private readonly Queue<Task<MemoryStream>> _pending = new();
    private readonly Stack<MemoryStream> _spare = new();
    private byte[] _block = ArrayPool<byte>.Shared.Rent(blockSize);
    private int _used;
    private bool _any;
    private bool _ended;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var count = Math.Min(buffer.Length, blockSize - _used);
            buffer[..count].CopyTo(_block.AsSpan(_used));
            _used += count;
            buffer = buffer[count..];
            if (_used == blockSize)
            {
                Schedule();
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Compresses and writes the rest; without it the result is not whole. The destination stays open.</summary>
    internal void End()
    {
        if (_used > 0 || !_any)
        {
            Schedule();
        }

        while (_pending.Count > 0)
        {
            WriteFirst();
        }

        _ended = true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _block.Length > 0)
        {
            try
            {
                // After a failure only the tasks' ends are awaited: what they made is of no use.
                while (!_ended && _pending.TryDequeue(out var task))
                {
                    ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(_block);
                _block = [];
            }
        }

        base.Dispose(disposing);
    }

    private void Schedule()
    {
        if (_pending.Count > Environment.ProcessorCount)
        {
            WriteFirst();
        }

        var (block, used) = (_block, _used);
        var output = _spare.TryPop(out var spare) ? spare : new MemoryStream();
        _pending.Enqueue(Task.Run(() =>
        {
            try
            {
                compress(block.AsMemory(0, used), output);
                return output;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(block);
            }
        }));
        _block = ArrayPool<byte>.Shared.Rent(blockSize);
        _used = 0;
        _any = true;
    }

    private void WriteFirst()
    {
        var output = _pending.Dequeue().GetAwaiter().GetResult();
        destination.Write(output.GetBuffer(), 0, (int)output.Length);
        output.SetLength(0);
        _spare.Push(output);
    }
}
