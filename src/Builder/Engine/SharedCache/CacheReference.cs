using Bld.Registry;

namespace Bld.Builder.Engine.SharedCache;

/// <summary>Where results of steps are shared with other machines.</summary>
internal enum CachePlaceKind
{
    /// <summary>A repository of a registry.</summary>
    Registry,

    /// <summary>A directory, which becomes an OCI image layout.</summary>
    Directory,

    /// <summary>The image itself: its manifest says which step each of its layers is.</summary>
    Inline,
}

/// <summary>One <c>--cache-from</c> or <c>--cache-to</c>.</summary>
/// <param name="Kind">What sort of place it is.</param>
/// <param name="Place">Name of the repository, or the directory; empty for <see cref="CachePlaceKind.Inline"/>.</param>
internal sealed record CacheReference(CachePlaceKind Kind, string Place)
{
    /// <summary>Whether the steps of all stages are written (<c>mode=max</c>), or those of the image only.</summary>
    public bool AllStages { get; init; }

    /// <summary>Whether what cache mounts hold is written as well (<c>mounts=true</c>).</summary>
    public bool Mounts { get; init; }

    /// <summary>How layers are compressed that have no blob yet.</summary>
    public LayerCompression Compression { get; init; } = LayerCompression.Gzip;

    /// <summary>How hard; null for the usual.</summary>
    public int? Level { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Kind == CachePlaceKind.Inline ? "inline" : Place;
}
