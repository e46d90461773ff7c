namespace Bld.Builder.Engine.Containers;

/// <summary>What <c>bld commit</c> is asked for.</summary>
internal sealed record CommitRequest
{
    /// <summary>Normalised names; may be none.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The format; null is the container's.</summary>
    public ImageFormat? Format { get; init; }

    /// <summary>Whether everything, the base included, becomes one layer.</summary>
    public bool Squash { get; init; }

    public bool OmitHistory { get; init; }

    /// <summary>Seconds since 1970 that are the image's time and that of every file in the new layer.</summary>
    public long? Timestamp { get; init; }

    /// <summary>Seconds since 1970 that are the image's time, and that no file's time in the new layer exceeds.</summary>
    public long? SourceDateEpoch { get; init; }

    public IReadOnlyList<string> UnsetEnvironment { get; init; } = [];

    public IReadOnlyList<string> UnsetLabels { get; init; } = [];

    public IReadOnlyList<string> UnsetAnnotations { get; init; } = [];

    /// <summary>Whether the manifest's annotations have the image's time.</summary>
    public bool CreatedAnnotation { get; init; } = true;

    /// <summary>As <c>name=value</c>.</summary>
    public IReadOnlyList<string> Annotations { get; init; } = [];

    /// <summary>Instructions, as <c>CMD …</c>.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>Files of the host for the image, not for the container: <c>source[:destination]</c>.</summary>
    public IReadOnlyList<string> AddFiles { get; init; } = [];

    /// <summary>JSON of a configuration whose values come before the container's.</summary>
    public byte[]? Config { get; init; }

    /// <summary>Value of the label <c>io.buildah.version</c>; null for none.</summary>
    public string? IdentityLabel { get; init; }
}
