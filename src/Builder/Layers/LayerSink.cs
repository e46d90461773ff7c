using System.Buffers;
using System.Collections.Concurrent;

using Bld.Registry;

namespace Bld.Builder.Layers;

/// <summary>
/// Where a layer's tarball goes: into SHA-256, and on to a stream. Bytes are gathered in blocks; from the second block on a thread of
/// its own hashes and writes them while the caller fills the next, so a small layer costs no thread and a large one the slower of
/// the two. At most <see cref="Blocks"/> blocks exist, whatever the size.
/// </summary>
internal sealed class LayerSink : IDisposable
{
    private const int BlockSize = 256 * 1024;
    private const int Blocks = 8;

    private readonly Stream _destination;
    private readonly CancellationToken _cancellation;
    private readonly Sha256Hash _hash = new();
    private BlockingCollection<(byte[] Block, int Length)>? _queue;
    private Thread? _consumer;
    private Exception? _failure;
    private byte[] _block = ArrayPool<byte>.Shared.Rent(BlockSize);
    private int _used;
    private long _total;

    internal LayerSink(Stream destination, CancellationToken cancellation)
    {
        _destination = destination;
        _cancellation = cancellation;
    }

    /// <summary>Room for the next bytes, never empty; say with <see cref="Advance"/> how many came.</summary>
    internal Span<byte> Room => _block.AsSpan(_used, BlockSize - _used);

    /// <summary>Takes bytes that were put into <see cref="Room"/>.</summary>
    internal void Advance(int count)
    {
        _used += count;
        if (_used == BlockSize)
        {
            HandOver();
        }
    }

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(bytes.Length, Room.Length);
            bytes[..count].CopyTo(Room);
            Advance(count);
            bytes = bytes[count..];
        }
    }

    internal void WriteZeros(long count)
    {
        while (count > 0)
        {
            var room = (int)Math.Min(count, Room.Length);
            Room[..room].Clear();
            Advance(room);
            count -= room;
        }
    }

    /// <summary>Waits until everything is hashed and written.</summary>
    internal LayerDigest Finish()
    {
        if (_queue is not null)
        {
            _queue.CompleteAdding();
            _consumer!.Join();
            ThrowFailure();
        }

        Consume(_block, _used);
        return new LayerDigest(new DiffId(Digest.FromSha256(_hash.GetHashAndReset())), _total);
    }

    public void Dispose()
    {
        if (_queue is not null)
        {
            _queue.CompleteAdding();
            _consumer!.Join();
            _queue.Dispose();
        }

        _hash.Dispose();
        ArrayPool<byte>.Shared.Return(_block);
    }

    private void HandOver()
    {
        _cancellation.ThrowIfCancellationRequested();
        if (_queue is null)
        {
            _queue = new(Blocks - 2);
            _consumer = new Thread(ConsumeAll) { IsBackground = true, Name = "layer digest" };
            _consumer.Start();
        }

        ThrowFailure();
        _queue.Add((_block, _used), _cancellation);
        _block = ArrayPool<byte>.Shared.Rent(BlockSize);
        _used = 0;
    }

    private void ConsumeAll()
    {
        foreach (var (block, length) in _queue!.GetConsumingEnumerable())
        {
            try
            {
                if (_failure is null)
                {
                    Consume(block, length);
                }
            }
            catch (Exception error)
            {
                // A thread's top: the producer throws it. What is still queued is only taken away, so that the producer never waits.
                _failure = error;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(block);
            }
        }
    }

    private void Consume(byte[] block, int length)
    {
        _hash.Append(block.AsSpan(0, length));
        _destination.Write(block, 0, length);
        _total += length;
    }

    private void ThrowFailure()
    {
        if (_failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failure);
        }
    }
}
