namespace Bld.Registry;

/// <summary>What a place wants layers to be.</summary>
public enum LayerForm
{
    /// <summary>As they are.</summary>
    AsIs,

    /// <summary>Compressed, unless they are already.</summary>
    Compressed,

    /// <summary>Not compressed.</summary>
    Plain,
}

/// <summary>Where an image goes. Nothing is visible there before its manifest is, but its blobs.</summary>
public interface IImageSink : IDisposable
{
    /// <summary>The place, as errors name it.</summary>
    string Target { get; }

    /// <summary>How it wants layers.</summary>
    LayerForm Form { get; }

    /// <summary>Host and repository; null where it is no registry.</summary>
    RegistryName? Registry { get; }

    /// <summary>Whether a blob is there.</summary>
    Task<bool> HasBlobAsync(Digest digest, CancellationToken cancellation);

    /// <summary>Whether a manifest is there already; false where that isn't known. A registry may have lost blobs behind it.</summary>
    /// <param name="manifest">The document.</param>
    /// <param name="isTop">Whether it must be what the reference means.</param>
    /// <param name="cancellation">Stops it.</param>
    Task<bool> HasManifestAsync(RawManifest manifest, bool isTop, CancellationToken cancellation) => Task.FromResult(false);

    /// <summary>Brings a blob there.</summary>
    /// <param name="blob">What it is.</param>
    /// <param name="open">Opens its bytes; maybe several times. Seekable.</param>
    /// <param name="cancellation">Stops it.</param>
    Task PutBlobAsync(Descriptor blob, Func<Stream> open, CancellationToken cancellation);

    /// <summary>Takes a blob from another repository of the same registry. False when that can't be.</summary>
    Task<bool> TryMountAsync(Digest digest, string repository, CancellationToken cancellation);

    /// <summary>Brings a blob there whose digest is only known when it is written.</summary>
    /// <param name="produce">Writes the bytes and gives their digest.</param>
    /// <param name="cancellation">Stops it.</param>
    Task<(Digest Digest, long Size)> ProduceBlobAsync(Func<Stream, Digest> produce, CancellationToken cancellation);

    /// <summary>Publishes a manifest or an index.</summary>
    /// <param name="manifest">The document.</param>
    /// <param name="isTop">Whether it is what the reference shall mean; otherwise it is a part of an index.</param>
    /// <param name="cancellation">Stops it.</param>
    Task PutManifestAsync(RawManifest manifest, bool isTop, CancellationToken cancellation);
}
