using System.Security.Cryptography;

namespace Bld.Registry;

/// <summary>
/// A blob's bytes; it can't end well unless they are what the descriptor says, and never gives more than it says. The one home of
/// verification for everything that comes in.
/// </summary>
public sealed class VerifyingStream : Stream
{
    private readonly Stream _source;
    private readonly Descriptor _blob;
    private readonly string _origin;
    private readonly IncrementalHash _hash;
    private long _position;
    private bool _verified;

    /// <param name="source">The bytes; closed with this stream.</param>
    /// <param name="blob">What they must be.</param>
    /// <param name="origin">Where they come from, for errors.</param>
    public VerifyingStream(Stream source, Descriptor blob, string origin)
    {
        (_source, _blob, _origin) = (source, blob, origin);
        _hash = IncrementalHash.CreateHash(blob.Digest.HashName);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _blob.Size;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        var count = _source.Read(buffer);
        return Take(buffer[..count], buffer.IsEmpty);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await _source.ReadAsync(buffer, cancellationToken);
        return Take(buffer.Span[..count], buffer.IsEmpty);
    }

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
            _source.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Take(ReadOnlySpan<byte> bytes, bool nothingWanted)
    {
        if (bytes.IsEmpty)
        {
            if (!nothingWanted)
            {
                Verify();
            }

            return 0;
        }

        _hash.AppendData(bytes);
        _position += bytes.Length;
        return _position <= _blob.Size
            ? bytes.Length
            : throw new RegistryException($"{_origin} sent more than the {_blob.Size} bytes that {_blob.Digest} has");
    }

    private void Verify()
    {
        if (_verified)
        {
            return;
        }

        if (_position != _blob.Size)
        {
            throw new RegistryException($"{_origin} sent {_position} bytes for {_blob.Digest}, which has {_blob.Size}");
        }

        var actual = $"{_blob.Digest.Algorithm}:{Convert.ToHexStringLower(_hash.GetHashAndReset())}";
        _verified = actual == _blob.Digest.ToString()
            ? true
            : throw new RegistryException($"the content of {_blob.Digest} from {_origin} is damaged: its digest is {actual}");
    }
}
