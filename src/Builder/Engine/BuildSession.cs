using Bld.Builder.Cache;
using Bld.Builder.Context;
using Bld.Builder.Engine.Images;
using Bld.Builder.Engine.SharedCache;
using Bld.Builder.Layers;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Engine;

/// <summary>The parts of the program that a build works with; they outlive it.</summary>
internal sealed record EngineServices(
    StateDirectory State,
    ImageStore Images,
    SnapshotStore Snapshots,
    CacheStore Cache,
    ImagePuller Puller,
    FileDigests Digests,
    ImageTransports Transports,
    BlobMemory Memory,
    RemoteBlobs Remote);

/// <summary>What all stages of one build for one platform share.</summary>
internal sealed class BuildSession(EngineServices services, BuildRequest request, BuildPlan plan, IBuildObserver observer, BuildCommons commons)
{
    public EngineServices Services { get; } = services;

    public BuildRequest Request { get; } = request;

    public BuildPlan Plan { get; } = plan;

    public IBuildObserver Observer { get; } = observer;

    /// <inheritdoc cref="BuildCommons.Cancellation"/>
    public CancellationToken Cancellation => commons.Cancellation;

    /// <inheritdoc cref="BuildCommons.RunSlots"/>
    public SemaphoreSlim RunSlots => commons.RunSlots;

    /// <summary>What tells the build from those for other platforms beside it; empty without those.</summary>
    public string Title { get; } = request.IsOneOfSeveral ? request.Platform.ToString() : "";

    /// <summary>The time of everything that this build makes.</summary>
    public DateTimeOffset Now { get; } =
        (request.Timestamp ?? request.SourceDateEpoch) is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : DateTimeOffset.UtcNow;

    /// <summary>Build arguments that some ARG asked for; the others are worth a warning.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, bool> ConsumedArguments { get; } = [];

    /// <inheritdoc cref="BuildCommons.EmptiedCaches"/>
    public System.Collections.Concurrent.ConcurrentDictionary<string, bool> EmptiedCaches => commons.EmptiedCaches;

    /// <inheritdoc cref="BuildCommons.UsedCaches"/>
    public System.Collections.Concurrent.ConcurrentDictionary<string, bool> UsedCaches => commons.UsedCaches;

    /// <summary>What RUN reads as its standard input; null for nothing.</summary>
    public Microsoft.Win32.SafeHandles.SafeFileHandle? Input { get; } = request.PassesInput ? new(0, ownsHandle: false) : null;

    /// <summary>What file times in layers become.</summary>
    public LayerOptions LayerOptions { get; } = new(
        request.SourceDateEpoch is { } epoch ? new FileTime(epoch, 0) : null, request.Timestamp is { } time ? new FileTime(time, 0) : null);

    /// <summary>Results of other machines; null when none are asked for.</summary>
    public SharedCacheReader? SharedCache { get; init; }

    /// <summary>Sends layers while the build goes on; null when nothing will be pushed.</summary>
    public EarlyUploads? Uploads { get; init; }

    /// <inheritdoc cref="BuildCommons.Bases"/>
    public StageBases Bases => commons.Bases;

    /// <inheritdoc cref="BuildCommons.Contexts"/>
    public NamedContexts Contexts => commons.Contexts;

    /// <inheritdoc cref="BuildCommons.Fetches"/>
    public RemoteFetches Fetches => commons.Fetches;

    /// <inheritdoc cref="BuildCommons.Made"/>
    public MadeSteps Made => commons.Made;

    /// <inheritdoc cref="BuildCommons.Network"/>
    public BuildNetwork Network => commons.Network;

    /// <inheritdoc cref="BuildCommons.Stop"/>
    public void Stop() => commons.Stop();

    /// <summary>A layer made by this build or an earlier one; its digest, where it isn't known, is computed when somebody first wants it.</summary>
    public PendingLayer NewLayer(SnapshotId snapshot) =>
        LayerOptions is { ClampTime: null, FixedTime: null } && Services.Snapshots.Get(snapshot)?.Layer is { } known
            ? new(snapshot, new LayerDigest(known.DiffId, known.Size))
            : new(snapshot, () => LayerDigests.Of(Services.Snapshots, snapshot, LayerOptions, Cancellation));
}
