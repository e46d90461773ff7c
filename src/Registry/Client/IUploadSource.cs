namespace Bld.Registry;

/// <summary>A blob to upload, which may still be growing.</summary>
internal interface IUploadSource
{
    /// <summary>Its length in bytes, once it is known.</summary>
    long? Size { get; }

    /// <summary>Its bytes from an offset on; for a growing one, reads wait.</summary>
    Stream Open(long offset);

    /// <summary>Its digest, once all of it is there.</summary>
    Task<Digest> DigestAsync(CancellationToken cancellation);
}

/// <summary>A blob that is there.</summary>
internal sealed class FixedSource(Descriptor blob, Func<Stream> open) : IUploadSource
{
    public long? Size => blob.Size;

    public Stream Open(long offset)
    {
        var stream = open();
        if (offset > 0)
        {
            stream.Position = offset;
        }

        return stream;
    }

    public Task<Digest> DigestAsync(CancellationToken cancellation) => Task.FromResult(blob.Digest);
}
