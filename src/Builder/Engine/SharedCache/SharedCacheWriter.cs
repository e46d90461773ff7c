using System.Collections.Concurrent;

using Bld.Builder.Engine.Images;
using Bld.Registry;

namespace Bld.Builder.Engine.SharedCache;

/// <summary>Writes a build's steps to a place: layers first, side by side, each followed by what makes it visible.</summary>
internal sealed class SharedCacheWriter(EngineServices services, ICachePlace place, CacheReference reference, Platform platform)
{
    private const int AtOnce = 4;
    private readonly ConcurrentDictionary<string, Lazy<SharedStep?>> _found = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<SharedLayer>> _pushed = new(StringComparer.Ordinal);
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
        if (step.Cached && Find(step, cancellation) is not null)
        {
            return false;
        }

        // The steps below may have been published by others with other layers: what this one lies on goes with it.
        var chain = stage.Steps.TakeWhile(each => each != step).Append(step).Select(each => Pushed(layers, stage, each, cancellation)).ToList();
        place.Publish(new SharedStep(step.Key, chain, Chain(stage, stage.Steps[0].Layer), step.Created), platform, cancellation);
        return true;
    }

    private SharedStep? Find(StageStep step, CancellationToken cancellation) =>
        _found.GetOrAdd(step.Key.Hex, _ => new Lazy<SharedStep?>(() => place.Find(step.Key, cancellation))).Value;

    /// <summary>The layer of a step, which the place then has.</summary>
    private SharedLayer Pushed(LayerPusher layers, StageResult stage, StageStep step, CancellationToken cancellation) =>
        _pushed.GetOrAdd(stage.Layers[step.Layer].Snapshot.ToString(), _ => new Lazy<SharedLayer>(() => Push(layers, stage, step, cancellation))).Value;

    private SharedLayer Push(LayerPusher layers, StageResult stage, StageStep step, CancellationToken cancellation)
    {
        var layer = stage.Layers[step.Layer];
        var digest = layer.Digest;
        if (step.Cached && Find(step, cancellation)?.Layers[^1] is { } there && there.DiffId == digest.DiffId)
        {
            return there;
        }

        var below = Chain(stage, step.Layer);
        var chain = below?.Append(digest.DiffId) ?? ChainId.Of(digest.DiffId);
        Publish(chain, layer);
        var descriptor = layer.Blob
            ?? new Descriptor { MediaType = MediaTypes.OciLayer, Digest = digest.DiffId.Digest, Size = digest.Size };
        return new SharedLayer(layers.PushAlone(descriptor, digest.DiffId, chain, cancellation), digest.DiffId);
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
