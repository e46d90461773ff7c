using Bld.Builder.Layers;
using Bld.Builder.Snapshots;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>
/// A layer of a stage: one that came with the base image and has its blob, or one that a step made and whose digest may still
/// be computed by another thread.
/// </summary>
internal sealed class PendingLayer
{
    private readonly Lazy<Task<LayerDigest>>? _digest;

    /// <summary>A layer that was pulled.</summary>
    public PendingLayer(SnapshotId snapshot, DiffId diffId, Descriptor blob)
    {
        Snapshot = snapshot;
        Blob = blob;
        _digest = new Lazy<Task<LayerDigest>>(Task.FromResult(new LayerDigest(diffId, blob.Size)));
    }

    /// <summary>A layer that a step made and whose digest is known.</summary>
    public PendingLayer(SnapshotId snapshot, LayerDigest digest)
    {
        Snapshot = snapshot;
        _digest = new Lazy<Task<LayerDigest>>(Task.FromResult(digest));
    }

    /// <summary>A layer that a step made; <paramref name="digest"/> starts when it is first asked for.</summary>
    public PendingLayer(SnapshotId snapshot, Func<LayerDigest> digest)
    {
        Snapshot = snapshot;
        _digest = new Lazy<Task<LayerDigest>>(() => Task.Run(digest));
    }

    public SnapshotId Snapshot { get; }

    /// <summary>The pulled blob; null for a layer that a step made.</summary>
    public Descriptor? Blob { get; }

    /// <summary>Begins to compute the digest on another thread; doing it twice is fine.</summary>
    public void StartDigest() => _ = _digest!.Value;

    /// <summary>Waits for the digest, but no longer than that many milliseconds: whether it is known, or has failed.</summary>
    public bool IsDigestKnown(int milliseconds) => Task.WaitAny([_digest!.Value], milliseconds) == 0;

    /// <summary>Diff id and size of the tarball, waiting for them.</summary>
    public LayerDigest Digest => _digest!.Value.GetAwaiter().GetResult();
}
