using Bld.Builder.Snapshots;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>The root of a step whose changes become a snapshot. What has to be there to mount on lies in a <see cref="Skeleton"/>.</summary>
/// <param name="snapshots">Mounts it.</param>
/// <param name="active">Takes the changes.</param>
/// <param name="lowers">Directories between its parent and the changes, the topmost first.</param>
internal sealed class SnapshotRoot(SnapshotStore snapshots, ActiveSnapshot active, params string[] lowers) : IStepRoot
{
    private readonly OverlayMount _view = snapshots.MountReadOnly(active.Parent, lowers);
    private OverlayMount? _root;

    /// <inheritdoc/>
    public SafeFileHandle View => _view.Root;

    /// <inheritdoc/>
    public SafeFileHandle Mount(IEnumerable<(string Target, bool IsDirectory)> mountPoints, IdShift? shift, MountsAsFiles? mounts)
    {
        const string Name = "skeleton";
        using var directory = active.CreateScratch(Name);
        var skeleton = new Skeleton(View, directory);
        foreach (var (target, isDirectory) in mountPoints)
        {
            skeleton.Require(target, isDirectory);
        }

        skeleton.Finish();
        string[] between = skeleton.IsEmpty ? lowers : [$"{active.ScratchPath}/{Name}", .. lowers];
        _root = mounts is not null ? snapshots.CopyWritable(active, mounts.Fill, between)
            : shift is null ? snapshots.MountWritable(active, between)
            : snapshots.MountShifted(active, shift, between);
        return _root.Root;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _root?.Dispose();
        _view.Dispose();
    }
}
