using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace Bld.Registry;

/// <summary>
/// A blob as it comes from a registry. When the connection breaks or stalls, it goes on where it was (by a range, or by reading
/// over what is known when the registry knows no ranges).
/// </summary>
internal sealed class BlobStream : Stream
{
    private readonly Func<long, CancellationToken, Task<HttpResponseMessage>> _open;
    private readonly Descriptor _blob;
    private readonly RegistryOptions _options;
    private readonly CancellationToken _cancellation;
    private HttpResponseMessage? _response;
    private Stream? _body;
    private long _position;
    private int _failures;

    /// <param name="open">Asks for the blob from an offset on; the answer is a success.</param>
    /// <param name="blob">What it must be.</param>
    /// <param name="options">Time limit and number of tries.</param>
    /// <param name="cancellation">Stops every read.</param>
    internal BlobStream(
        Func<long, CancellationToken, Task<HttpResponseMessage>> open, Descriptor blob, RegistryOptions options, CancellationToken cancellation) =>
        (_open, _blob, _options, _cancellation) = (open, blob, options, cancellation);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _blob.Size;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <summary>Connects, so that an error appears before anything is read.</summary>
    internal Task StartAsync() => ConnectAsync();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                var count = await ReadOnceAsync(buffer);
                _failures = count > 0 ? 0 : _failures;
                _position += count;
                return count;
            }
            catch (Exception exception) when (IsPassing(exception))
            {
                await DropAsync();
                if (++_failures > _options.Retries)
                {
                    throw new RegistryException(
                        $"the download of {_blob.Digest} broke off at byte {_position} of {_blob.Size}: {Reason(exception)}; tried {_failures} times", exception);
                }

                var pause = _options.PauseBefore(_failures - 1);
                _options.Tell(
                    $"the download of {_blob.Digest} broke off at byte {_position} of {_blob.Size}: {Reason(exception)}", _failures - 1, Stopwatch.GetElapsedTime(started), pause);
                await Task.Delay(pause, _cancellation);
            }
        }
    }

    public override int Read(Span<byte> buffer)
    {
        // Layers are unpacked by threads of their own, which have nothing else to do than to wait.
        var rented = System.Buffers.ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length, 1 << 17));
        try
        {
            var count = ReadAsync(rented.AsMemory(0, Math.Min(buffer.Length, rented.Length)), CancellationToken.None).AsTask().GetAwaiter().GetResult();
            rented.AsSpan(0, count).CopyTo(buffer);
            return count;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body?.Dispose();
            _response?.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<int> ReadOnceAsync(Memory<byte> buffer)
    {
        if (_body is null)
        {
            await ConnectAsync();
        }

        using var patience = new Patience(_options.StallTimeout, _cancellation);
        var count = await _body!.ReadAsync(buffer, patience.Token);
        return count > 0 || _position >= _blob.Size || buffer.IsEmpty ? count : throw new IOException("the registry closed the connection");
    }

    private async Task ConnectAsync()
    {
        _response = await _open(_position, _cancellation);
        _body = await _response.Content.ReadAsStreamAsync(_cancellation);
        var start = _response.StatusCode == HttpStatusCode.PartialContent ? _response.Content.Headers.ContentRange?.From ?? 0 : 0;
        if (start > _position)
        {
            throw new RegistryException($"the registry sent {_blob.Digest} from byte {start} on instead of {_position}");
        }

        var unwanted = new byte[64 * 1024];
        while (start < _position)
        {
            using var patience = new Patience(_options.StallTimeout, _cancellation);
            var count = await _body.ReadAsync(unwanted.AsMemory(0, (int)Math.Min(unwanted.Length, _position - start)), patience.Token);
            start += count > 0 ? count : throw new IOException("the registry closed the connection");
        }
    }

    private async Task DropAsync()
    {
        if (_body is not null)
        {
            await _body.DisposeAsync();
        }

        _response?.Dispose();
        (_body, _response) = (null, null);
    }

    private bool IsPassing(Exception exception) => exception is IOException or HttpRequestException or RegistryException { IsPassing: true }
        || (exception is OperationCanceledException && !_cancellation.IsCancellationRequested);

    private string Reason(Exception exception) => exception is OperationCanceledException
        ? $"nothing was heard for {_options.StallTimeout.TotalSeconds:0.#} seconds"
        : exception.Message.TrimEnd('.');

    internal static RangeHeaderValue? RangeFrom(long offset) => offset == 0 ? null : new RangeHeaderValue(offset, null);
}
