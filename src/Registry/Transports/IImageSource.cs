namespace Bld.Registry;

/// <summary>Where an image comes from. Everything that it gives is verified.</summary>
public interface IImageSource : IDisposable
{
    /// <summary>The place, as errors name it.</summary>
    string Origin { get; }

    /// <summary>The document that the reference means: a manifest or an index.</summary>
    Task<RawManifest> GetManifestAsync(CancellationToken cancellation);

    /// <summary>A document that an index named.</summary>
    Task<RawManifest> GetManifestAsync(Descriptor manifest, CancellationToken cancellation);

    /// <summary>A blob's bytes, verified while they are read.</summary>
    Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation);
}
