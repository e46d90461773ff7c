using Bld.Builder.Snapshots;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Containers;

/// <summary>The root of a container to read from, as it is at this moment.</summary>
internal sealed class ContainerView : IDisposable
{
    private readonly OverlayMount? _view;
    private readonly SafeFileHandle? _living;

    private ContainerView(OverlayMount? view, SafeFileHandle? living)
    {
        _view = view;
        _living = living;
    }

    /// <summary>The root's directory.</summary>
    public SafeFileHandle Root => _living ?? _view!.Root;

    /// <summary>Opens the root of a container that may be mounted.</summary>
    public static ContainerView Open(EngineServices services, WorkingContainer container) =>
        HeldContainer.IsMountedAt(services.State, container.Id)
            ? new ContainerView(null, FileCalls.Open(HeldContainer.PathOf(services.State, container.Id), OpenFlags.ReadOnly | OpenFlags.Directory))
            : new ContainerView(services.Snapshots.MountReadOnly(container.Top), null);

    /// <inheritdoc/>
    public void Dispose()
    {
        _view?.Dispose();
        _living?.Dispose();
    }
}
