using Bld.Registry;

namespace Bld.Builder.Engine.SourceImages;

/// <summary>Passes bytes on and hashes them on the way; leaves the target open.</summary>
internal sealed class SourceBlobStream(Stream target) : Stream
{
    private readonly Sha256Hash _hash = new();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => target.Length;

    public override long Position { get => target.Position; set => throw new NotSupportedException(); }

    /// <summary>The digest of all that was written.</summary>
    public Digest Finish() => Digest.FromSha256(_hash.GetHashAndReset());

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _hash.Append(buffer);
        target.Write(buffer);
    }

    public override void Flush() => target.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
