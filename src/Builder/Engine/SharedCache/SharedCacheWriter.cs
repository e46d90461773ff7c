using Bld.Builder.Engine.Images;
using Bld.Builder.Layers;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.SharedCache;

/// <summary>Writes a build's steps to a place: layers first, side by side, each followed by what makes it visible.</summary>
internal sealed class SharedCacheWriter(EngineServices services, ICachePlace place, CacheReference reference, Platform platform)
{
    private const int AtOnce = 4;
    private static readonly object Nothing = new();
    private readonly OnceEach _found = new();
    private readonly OnceEach _pushed = new();
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

    /// <summary>Writes what cache mounts hold, unless the place has the same already.</summary>
    /// <param name="ids">Their ids.</param>
    /// <param name="now">The time that they get.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="BuildException">One was changed while it was read.</exception>
    public void WriteMounts(IEnumerable<string> ids, DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var id in ids)
        {
            using var mount = CacheMount.TryOpen(services.State, id);
            if (mount is null)
            {
                continue;
            }

            var key = SharedMount.Key(id);
            var there = place.FindMounts(key, cancellation);
            if (there.Length > 0 && there[0].Content.Layers[0].DiffId == LayerWriter.Write(mount.Directory, Stream.Null, new LayerOptions(), cancellation).DiffId)
            {
                continue;
            }

            var layer = PushMount(mount, cancellation);
            var written = new SharedMount(SharedMount.NewName(key, now), new SharedStep(key, [layer], null, now), mount.SharedNames);
            place.Publish(written, platform, cancellation);
            mount.Remember([written.Name]);
        }
    }

    private SharedLayer PushMount(CacheMount mount, CancellationToken cancellation)
    {
        DiffId diffId = default;
        var compression = reference.Compression;
        var level = new PushOptions { Level = reference.Level }.EffectiveLevel;
        var (digest, size) = place.Sink.ProduceBlobAsync(
            target =>
            {
                using var hashed = new HashingStream(target, leaveOpen: true);
                if (compression == LayerCompression.None)
                {
                    diffId = LayerWriter.Write(mount.Directory, hashed, new LayerOptions(), cancellation).DiffId;
                    return hashed.Finish();
                }

                using var compressed = compression == LayerCompression.Zstd ? Compression.CompressZstd(hashed, level) : Compression.CompressGzip(hashed, level);
                diffId = LayerWriter.Write(mount.Directory, compressed, new LayerOptions(), cancellation).DiffId;
                compressed.End();
                return hashed.Finish();
            },
            cancellation).GetAwaiter().GetResult();
        return new SharedLayer(new Descriptor { MediaType = MediaTypes.Layer(compression, docker: false), Digest = digest, Size = size }, diffId);
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
        _found.Get(step.Key.Hex, () => place.Find(step.Key, cancellation) ?? Nothing) as SharedStep;

    /// <summary>The layer of a step, which the place then has.</summary>
    private SharedLayer Pushed(LayerPusher layers, StageResult stage, StageStep step, CancellationToken cancellation) =>
        (SharedLayer)_pushed.Get(stage.Layers[step.Layer].Snapshot.ToString(), () => Push(layers, stage, step, cancellation));

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
