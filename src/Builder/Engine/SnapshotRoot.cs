using Bld.Builder.Snapshots;
using Bld.Builder.Store;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>The root of a step whose changes become a snapshot. What has to be there to mount on lies in a <see cref="Skeleton"/>.</summary>
/// <param name="services">Mount it.</param>
/// <param name="active">Takes the changes.</param>
/// <param name="lowers">Directories between its parent and the changes, the topmost first.</param>
internal sealed class SnapshotRoot(EngineServices services, ActiveSnapshot active, params string[] lowers) : IStepRoot
{
    private readonly OverlayMount _view = services.Snapshots.MountReadOnly(active.Parent, lowers);
    private OverlayMount? _root;
    private SharedDirectory? _skeleton;

    /// <inheritdoc/>
    public SafeFileHandle View => _view.Root;

    /// <inheritdoc/>
    public SafeFileHandle Mount(IEnumerable<(string Target, bool IsDirectory)> mountPoints, IdShift? shift, MountsAsFiles? mounts)
    {
        var skeleton = new Skeleton(View);
        foreach (var (target, isDirectory) in mountPoints)
        {
            skeleton.Require(target, isDirectory);
        }

        _skeleton = skeleton.IsEmpty ? null : skeleton.Take(services.State);
        string[] between = _skeleton is null ? lowers : [_skeleton.Path, .. lowers];
        var snapshots = services.Snapshots;
        _root = mounts is not null ? snapshots.CopyWritable(active, mounts.Fill, between)
            : shift is null ? snapshots.MountWritable(active, between)
            : snapshots.MountShifted(active, shift, between);
        return _root.Root;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _root?.Dispose();
        _skeleton?.Dispose();
        _view.Dispose();
    }
}
