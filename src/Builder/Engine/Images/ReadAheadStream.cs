using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

using Bld.Builder.Layers;

namespace Bld.Builder.Engine.Images;

/// <summary>
/// Reads its source on a thread of its own, a few blocks ahead: downloading and verifying go on while what came is unpacked.
/// </summary>
internal sealed class ReadAheadStream : ReadOnlyStream
{
    private const int BlockSize = 256 * 1024;
    private const int Blocks = 6;

    private readonly Stream _source;
    private readonly BlockingCollection<(byte[] Block, int Length)> _blocks = new(Blocks);
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private Exception? _failure;
    private byte[]? _block;
    private int _start;
    private int _end;

    /// <param name="source">Closed with this stream.</param>
    public ReadAheadStream(Stream source)
    {
        _source = source;
        _thread = new Thread(Pump) { IsBackground = true, Name = "read ahead" };
        _thread.Start();
    }

    public override int Read(Span<byte> buffer)
    {
        if (_start == _end && !Next())
        {
            return 0;
        }

        var count = Math.Min(buffer.Length, _end - _start);
        _block.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stop.Cancel();
            _source.Dispose();
            _thread.Join();
            _blocks.Dispose();
            _stop.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool Next()
    {
        if (_block is not null)
        {
            ArrayPool<byte>.Shared.Return(_block);
            _block = null;
        }

        if (!_blocks.TryTake(out var next, Timeout.Infinite))
        {
            (_start, _end) = (0, 0);
            if (_failure is not null)
            {
                ExceptionDispatchInfo.Throw(_failure);
            }

            return false;
        }

        (_block, _start, _end) = (next.Block, 0, next.Length);
        return true;
    }

    private void Pump()
    {
        try
        {
            while (true)
            {
                var block = ArrayPool<byte>.Shared.Rent(BlockSize);
                var count = _source.ReadAtLeast(block.AsSpan(0, BlockSize), BlockSize, throwOnEndOfStream: false);
                if (count == 0)
                {
                    ArrayPool<byte>.Shared.Return(block);
                    return;
                }

                _blocks.Add((block, count), _stop.Token);
            }
        }
        catch (Exception exception)
        {
            // A thread's top: the reader throws it.
            _failure = exception;
        }
        finally
        {
            _blocks.CompleteAdding();
        }
    }
}
