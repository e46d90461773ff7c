using Bld.Builder.Snapshots;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>An image's layers as the store has them.</summary>
/// <param name="snapshots">One for each, the lowest first.</param>
/// <param name="blobs">What they came as; of encrypted ones, what they held.</param>
internal sealed class PulledLayers(IReadOnlyList<SnapshotId> snapshots, IReadOnlyList<Descriptor> blobs)
{
    /// <summary>One for each, the lowest first.</summary>
    public IReadOnlyList<SnapshotId> Snapshots => snapshots;

    /// <summary>What they came as; of encrypted ones, what they held.</summary>
    public IReadOnlyList<Descriptor> Blobs => blobs;
}
