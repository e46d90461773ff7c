using Bld.Builder.Cache;
using Bld.Builder.Snapshots;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>What a stage (or a base image) hands on: its root, its configuration and how both came to be.</summary>
internal sealed record StageResult
{
    /// <summary>The image's configuration; its history and diff ids are those of the base and are written anew at the end.</summary>
    public required ImageConfig Config { get; init; }

    /// <summary>The topmost snapshot; null for an empty root.</summary>
    public required SnapshotId? Top { get; init; }

    /// <summary>Layers from the bottom up.</summary>
    public required IReadOnlyList<PendingLayer> Layers { get; init; }

    /// <summary>The steps that made the layers; those of a base image are not known.</summary>
    public IReadOnlyList<StageStep> Steps { get; init; } = [];

    public required IReadOnlyList<HistoryEntry> History { get; init; }

    public required CacheKey Key { get; init; }

    /// <summary>Number of layers that came with the base image.</summary>
    public int BaseLayers { get; init; }

    /// <summary>Number of history entries that came with the base image.</summary>
    public int InheritedHistory { get; init; }

    /// <summary>Arguments and environment at the end of the stage.</summary>
    public StageVariables? Variables { get; init; }

    /// <summary>Full name of the base image; null when it has none, or there is none.</summary>
    public string? BaseName { get; init; }

    /// <summary>Digest of the base image's manifest.</summary>
    public Digest? BaseDigest { get; init; }

    /// <summary>Annotations of the base image's manifest.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>When the newest step ran.</summary>
    public DateTimeOffset? Created { get; init; }
}
