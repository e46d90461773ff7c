using Bld.Builder.Engine.Images;
using Bld.Registry;

namespace Bld.Builder.Engine.SharedCache;

/// <summary>Writes a build's steps to a place: layers first, side by side, each followed by what makes it visible.</summary>
internal sealed class SharedCacheWriter(EngineServices services, ICachePlace place, CacheReference reference, Platform platform)
{
    private const int AtOnce = 4;
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Writes what the place doesn't have yet, and what this build made anew.</summary>
    /// <exception cref="RegistryException">The place can't be written; what was written before stays and is whole.</exception>
    public void Write(IEnumerable<StageResult> stages, CancellationToken cancellation)
    {
        var options = new PushOptions { Compression = reference.Compression, Level = reference.Level };
        var layers = new LayerPusher(services.Images, services.Snapshots, services.Memory, services.Remote, place.Sink, options);
        using var work = new SideBySide<bool>(AtOnce, cancellation);
        var count = 0;
        foreach (var stage in stages)
        {
            foreach (var step in stage.Steps)
            {
                if (_seen.Add(step.Key.Hex))
                {
                    work.Add(token => Write(layers, stage, step, token));
                    count++;
                }
            }
        }

        for (var i = 0; i < count; i++)
        {
            work.Wait(i);
        }
    }

    private bool Write(LayerPusher layers, StageResult stage, StageStep step, CancellationToken cancellation)
    {
        // A hit that the place has needs nothing; it may even be where it came from.
        if (step.Cached && place.Find(step.Key, cancellation) is not null)
        {
            return false;
        }

        var below = Chain(stage, step.Layer);
        var layer = stage.Layers[step.Layer];
        var digest = layer.Digest;
        var chain = below?.Append(digest.DiffId) ?? ChainId.Of(digest.DiffId);
        Publish(chain, layer);
        var descriptor = layer.Blob
            ?? new Descriptor { MediaType = MediaTypes.OciLayer, Digest = digest.DiffId.Digest, Size = digest.Size };
        var pushed = layers.PushAlone(descriptor, digest.DiffId, chain, cancellation);
        place.Publish(new SharedStep(step.Key, pushed, digest.DiffId, below, step.Created), platform, cancellation);
        return true;
    }

    /// <summary>The layers are found by their chain, which only those of images have as yet.</summary>
    private void Publish(ChainId chain, PendingLayer layer)
    {
        lock (_gate)
        {
            if (services.Snapshots.FindByChain(chain) is null && services.Snapshots.Get(layer.Snapshot) is not null)
            {
                services.Snapshots.PublishChain(chain, layer.Snapshot);
            }
        }
    }

    private static ChainId? Chain(StageResult stage, int count) => ChainId.Of(stage.Layers.Take(count).Select(static layer => layer.Digest.DiffId));
}
