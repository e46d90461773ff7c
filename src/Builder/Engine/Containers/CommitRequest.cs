using Bld.Builder.Snapshots;

namespace Bld.Builder.Engine.Containers;

/// <summary>What <c>bld commit</c> is asked for.</summary>
internal sealed record CommitRequest
{
    /// <summary>Normalised names; may be none.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The format; null is the container's.</summary>
    public ImageFormat? Format { get; init; }

    /// <summary>What is said of the image besides what is in it.</summary>
    public ImageMetadata Metadata { get; init; } = new();

    /// <summary>Whether everything, the base included, becomes one layer.</summary>
    public bool Squash { get; init; }

    /// <summary>Seconds since 1970 that are the image's time and that of every file in the new layer.</summary>
    public long? Timestamp { get; init; }

    /// <summary>Seconds since 1970 that are the image's time, and that no file's time in the new layer exceeds.</summary>
    public long? SourceDateEpoch { get; init; }

    /// <summary>Instructions, as <c>CMD …</c>.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>Files of the host for the image, not for the container: <c>source[:destination]</c>.</summary>
    public IReadOnlyList<string> AddFiles { get; init; } = [];

    /// <summary>JSON of a configuration whose values come before the container's.</summary>
    public byte[]? Config { get; init; }

    /// <summary>Looks at the container's files before the image is made, and says what to add as <see cref="AddFiles"/> would; null for nothing.</summary>
    public Func<SnapshotId, IReadOnlyList<(string Source, string Destination)>>? Inspect { get; init; }
}
