using Bld.Builder.Layers;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Registry;
using Bld.Runtime.Linux;

namespace Bld.Builder.Engine;

/// <summary>The tarballs of snapshots: their digests, remembered or computed, and the tarballs themselves.</summary>
internal static class LayerDigests
{
    /// <summary>The digest of a snapshot's tarball; computed once for each snapshot and way of writing it.</summary>
    public static LayerDigest Of(SnapshotStore snapshots, SnapshotId id, LayerOptions options, CancellationToken cancellation)
    {
        if (snapshots.FindLayer(id, options.ClampTime?.Seconds, options.FixedTime?.Seconds) is { } known)
        {
            return new LayerDigest(known.DiffId, known.Size);
        }

        var digest = Write(snapshots.Ancestry(id)[0], options, Stream.Null, cancellation);
        snapshots.SetLayer(id, new SnapshotLayer(digest.DiffId, digest.Size, options.ClampTime?.Seconds, options.FixedTime?.Seconds));
        return digest;
    }

    /// <summary>Writes the tarball that has a known digest.</summary>
    /// <exception cref="BuildException">The snapshot gives another one.</exception>
    public static void WriteAgain(SnapshotStore snapshots, Snapshot snapshot, DiffId diffId, Stream target, CancellationToken cancellation)
    {
        var known = snapshots.FindLayer(snapshot.Id, diffId);
        var options = new LayerOptions(Time(known?.ClampTime), Time(known?.FixedTime));
        var written = Write(snapshot, options, target, cancellation);
        if (written.DiffId != diffId)
        {
            throw new BuildException($"the snapshot {snapshot.Id} has changed: its layer was {diffId} and is now {written.DiffId}; build the image again");
        }
    }

    private static LayerDigest Write(Snapshot snapshot, LayerOptions options, Stream target, CancellationToken cancellation)
    {
        using var directory = FileCalls.Open(snapshot.Path, OpenFlags.ReadOnly | OpenFlags.Directory);
        return LayerWriter.Write(directory, target, options, cancellation);
    }

    private static FileTime? Time(long? seconds) => seconds is { } value ? new FileTime(value, 0) : null;
}
