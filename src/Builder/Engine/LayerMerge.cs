using Bld.Builder.Snapshots;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>Makes one snapshot of several that lie on each other, so that they become one layer.</summary>
internal static class LayerMerge
{
    /// <summary>Merges snapshots; their files get second names, nothing is copied.</summary>
    /// <param name="snapshots">Where they are.</param>
    /// <param name="stack">The snapshots, the lowest first.</param>
    /// <param name="below">What the lowest lies on; null when that is nothing.</param>
    /// <param name="cancellation">Stops between two names.</param>
    public static SnapshotId Merge(SnapshotStore snapshots, IReadOnlyList<SnapshotId> stack, SnapshotId? below, CancellationToken cancellation)
    {
        var sources = new List<SafeFileHandle>();
        try
        {
            for (var i = stack.Count - 1; i >= 0; i--)
            {
                sources.Add(FileCalls.Open(snapshots.Ancestry(stack[i])[0].Path, OpenFlags.ReadOnly | OpenFlags.Directory));
            }

            using var view = below is { } id ? snapshots.MountReadOnly(id) : null;
            using var active = snapshots.Prepare(below);
            SnapshotMerger.Merge(sources, view?.Root, active.UpperHandle, cancellation);
            return snapshots.Commit(active).Id;
        }
        finally
        {
            sources.ForEach(static source => source.Dispose());
        }
    }
}
