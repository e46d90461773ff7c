using Bld.Builder.Context;
using Bld.Registry;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Containers;

/// <summary>The root that <c>--from</c> names: of a working container, or of an image.</summary>
internal sealed class RootFinder(EngineServices services, CancellationToken cancellation)
{
    private readonly WorkingContainerStore _containers = new(services.State, services.Snapshots);

    /// <summary>Opens it; an image that isn't in the store is pulled.</summary>
    public FoundRoot Find(string name)
    {
        if (_containers.Find(name) is { } container)
        {
            var view = ContainerView.Open(services, container);
            return new FoundRoot(view.Root, view, $"the container {name}");
        }

        var image = services.Puller.Ensure(name, PullPolicy.Missing, Platform.Host, cancellation);
        var mount = services.Snapshots.MountReadOnly(image.Snapshots.Count > 0 ? image.Snapshots[^1] : null);
        return new FoundRoot(mount.Root, mount, $"the image {name}");
    }
}

/// <summary>A root to read from.</summary>
/// <param name="Root">Its directory.</param>
/// <param name="Owner">What keeps it open.</param>
/// <param name="Name">What errors call it.</param>
internal sealed record FoundRoot(SafeFileHandle Root, IDisposable Owner, string Name) : IDisposable
{
    /// <summary>The root as COPY sees it.</summary>
    public CopySource Source => CopySource.OfRoot(Root, Name);

    /// <inheritdoc/>
    public void Dispose() => Owner.Dispose();
}
