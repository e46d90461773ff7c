using Bld.Registry;

namespace Bld.Builder.Snapshots;

/// <summary>What a snapshot's tarball is, once somebody has computed it.</summary>
/// <param name="DiffId">The tarball's digest.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="ClampTime">Seconds since 1970 that no file's time in it exceeds (SOURCE_DATE_EPOCH); null when times are the inodes'.</param>
/// <param name="FixedTime">Seconds since 1970 that every file's time in it is (<c>--timestamp</c>).</param>
internal sealed record SnapshotLayer(DiffId DiffId, long Size, long? ClampTime = null, long? FixedTime = null);

/// <summary>
/// A committed snapshot: a directory with the changes of one step over its parent. It never changes any more; only its
/// <see cref="Layer"/> is added when it is known.
/// </summary>
/// <param name="Id">Its name.</param>
/// <param name="Parent">The snapshot that it lies on; null for a lowest one.</param>
/// <param name="Created">When it was committed.</param>
/// <param name="Path">The directory with the changes (<c>fs/</c>), an overlay upper directory.</param>
internal sealed record Snapshot(SnapshotId Id, SnapshotId? Parent, DateTimeOffset Created, string Path)
{
    /// <summary>The tarball, where it has been computed.</summary>
    public SnapshotLayer? Layer { get; init; }
}
