using System.Buffers;

namespace Bld.Builder.Layers;

/// <summary>
/// Cuts what is written into blocks, has them compressed side by side and writes the results in order, on the writer's thread. Two more
/// blocks than processors exist at a time, so memory doesn't grow with the data.
/// </summary>
internal sealed class BlockCompressionStream(Stream destination, int blockSize, Action<ReadOnlyMemory<byte>, MemoryStream> compress) : WriteOnlyStream
{
    private readonly Queue<Task<MemoryStream>> _pending = new();
    private readonly Queue<Action<long, long>?> _written = new();
    private readonly Stack<MemoryStream> _spare = new();
    private byte[] _block = ArrayPool<byte>.Shared.Rent(blockSize);
    private int _used;
    private bool _any;
    private bool _ended;

    /// <summary>Number of compressed bytes that the destination has.</summary>
    internal long Written { get; private set; }

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

    /// <summary>Ends the present block, unless nothing is in it.</summary>
    /// <param name="written">Told where the block begins and ends in the destination when it is there; by the writer's thread, in order.</param>
    internal void Cut(Action<long, long>? written = null)
    {
        if (_used > 0)
        {
            Schedule(written);
        }
    }

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

    private void Schedule(Action<long, long>? written = null)
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
        _written.Enqueue(written);
        _block = ArrayPool<byte>.Shared.Rent(blockSize);
        _used = 0;
        _any = true;
    }

    private void WriteFirst()
    {
        var output = _pending.Dequeue().GetAwaiter().GetResult();
        destination.Write(output.GetBuffer(), 0, (int)output.Length);
        var start = Written;
        Written += output.Length;
        _written.Dequeue()?.Invoke(start, Written);
        output.SetLength(0);
        _spare.Push(output);
    }
}
