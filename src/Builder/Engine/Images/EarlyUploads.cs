using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>
/// Sends the layers of a build to the registries that it will be pushed to, while later steps still run. Nothing refers to them there
/// before the push at the end, which finds them; what goes wrong here is left to it to tell.
/// </summary>
internal sealed class EarlyUploads : IDisposable
{
    private const int AtOnce = 2;
    private readonly EngineServices _services;
    private readonly List<IImageSink> _sinks = [];
    private readonly List<LayerPusher> _places = [];
    private readonly SideBySide<bool> _work;
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    private EarlyUploads(EngineServices services, CancellationToken cancellation)
    {
        _services = services;
        _work = new SideBySide<bool>(AtOnce, cancellation);
    }

    /// <summary>What a build needs that will be pushed; null for others.</summary>
    public static EarlyUploads? Open(EngineServices services, IReadOnlyList<PushTarget> targets, CancellationToken cancellation)
    {
        if (targets.Count == 0)
        {
            return null;
        }

        var uploads = new EarlyUploads(services, cancellation);
        foreach (var target in targets)
        {
            var sink = services.Transports.OpenSink(new TransportReference(TransportKind.Registry, target.Name, null));
            uploads._sinks.Add(sink);
            uploads._places.Add(new LayerPusher(services.Images, services.Snapshots, services.Memory, services.Remote, sink, target.Options));
        }

        return uploads;
    }

    /// <summary>Takes the layers that the image will have for certain, from the bottom up; those that it was told of before are left out.</summary>
    public void Add(IReadOnlyList<PendingLayer> layers)
    {
        lock (_gate)
        {
            for (var i = 0; i < layers.Count; i++)
            {
                if (_seen.Add(layers[i].Snapshot.ToString()) && layers[i].Blob is null)
                {
                    PendingLayer[] own = [.. layers.Take(i + 1)];
                    _work.Add(token => TryPush(own, token));
                }
            }
        }
    }

    /// <summary>Returns when all is there that can be.</summary>
    public void Finish() => _work.AwaitAll();

    /// <inheritdoc/>
    public void Dispose()
    {
        _work.Dispose();
        _sinks.ForEach(static sink => sink.Dispose());
    }

    private bool TryPush(PendingLayer[] layers, CancellationToken cancellation)
    {
        try
        {
            var digest = layers[^1].Digest;
            var chain = ChainId.Of(layers.Select(static layer => layer.Digest.DiffId))!.Value;
            if (_services.Snapshots.FindByChain(chain) is null)
            {
                _services.Snapshots.PublishChain(chain, layers[^1].Snapshot);
            }

            var descriptor = new Descriptor { MediaType = MediaTypes.OciLayer, Digest = digest.DiffId.Digest, Size = digest.Size };
            _places.ForEach(place => place.PushAlone(descriptor, digest.DiffId, chain, cancellation));
            return true;
        }
        catch (Exception exception) when (exception is RegistryException or BuildException or IOException)
        {
            return false;
        }
    }
}
