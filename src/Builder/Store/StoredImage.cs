using Bld.Registry;

namespace Bld.Builder.Store;

/// <summary>An image of the store, as its index says; reading it takes no other file.</summary>
internal sealed record StoredImage
{
    /// <summary>64 hex digits: the configuration's digest, or for a list of images the digest of the list.</summary>
    public required string Id { get; init; }

    /// <summary>Media type, digest and size of the manifest (or of the list).</summary>
    public required string MediaType { get; init; }

    /// <inheritdoc cref="MediaType"/>
    public required Digest ManifestDigest { get; init; }

    /// <inheritdoc cref="MediaType"/>
    public required long ManifestSize { get; init; }

    /// <summary>The names that point to it, normalised; none after they were moved to another image.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>All names that it ever had, the latest first; empty when that is its present name alone, or none.</summary>
    public IReadOnlyList<string> History { get; init; } = [];

    /// <summary>When it was made, as its configuration says.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>The bytes of its layers' tarballs.</summary>
    public long Size { get; init; }

    /// <summary>Whether it is a list of images.</summary>
    public bool IsIndex => MediaTypes.IsIndex(MediaType);
}
