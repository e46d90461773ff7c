using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>An image of the store with the snapshots of all its layers.</summary>
/// <param name="Stored">Its entry in the store.</param>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Config">Its configuration.</param>
/// <param name="Snapshots">One for each layer, the lowest first.</param>
internal sealed record PulledImage(StoredImage Stored, ImageManifest Manifest, ImageConfig Config, IReadOnlyList<SnapshotId> Snapshots);
