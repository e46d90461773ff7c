using Bld.Builder.Cache;
using Bld.Registry;

namespace Bld.Builder.Engine.SharedCache;

/// <summary>
/// A place where steps' results are shared. Each result is published under its own name, so writers never meet: whoever comes last
/// with the same key replaces an equal by an equal, and nobody loses another's. What is missing is missing; what can't be reached throws.
/// </summary>
internal interface ICachePlace : IDisposable
{
    /// <summary>The place as people named it.</summary>
    string Name { get; }

    /// <summary>Reads layers.</summary>
    IImageSource Source { get; }

    /// <summary>Takes layers.</summary>
    IImageSink Sink { get; }

    /// <summary>The result of a step; null when it isn't there, or isn't what it should be.</summary>
    /// <exception cref="RegistryException">The place can't be read.</exception>
    SharedStep? Find(CacheKey key, CancellationToken cancellation);

    /// <summary>Makes a result visible whose layer is there.</summary>
    /// <exception cref="RegistryException">The place can't be written.</exception>
    void Publish(SharedStep step, Platform platform, CancellationToken cancellation);

    /// <summary>The newest contents of a cache mount, the newest first; none where there are none, or a place can't list them.</summary>
    /// <exception cref="RegistryException">The place can't be read.</exception>
    SharedMount[] FindMounts(CacheKey key, CancellationToken cancellation);

    /// <summary>Makes the content of a cache mount visible whose layer is there.</summary>
    /// <exception cref="RegistryException">The place can't be written.</exception>
    void Publish(SharedMount mount, Platform platform, CancellationToken cancellation);
}
