using Bld.Builder.Cache;
using Bld.Builder.Engine.Images;
using Bld.Builder.Layers;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Registry;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.SharedCache;

/// <summary>
/// Steps' results of other machines. A hit costs one request; its layer is only fetched when a later step or the image needs it, side by
/// side with others. Nothing that goes wrong here fails a build: a place that can't be read is not asked again, and a layer that turns out
/// to be missing or damaged is told by <see cref="Failure"/>, so that the build begins again without the shared cache.
/// </summary>
internal sealed class SharedCacheReader : IDisposable
{
    private const int AtOnce = 6;
    private readonly EngineServices _services;
    private readonly Action<string> _warn;
    private readonly CancellationTokenSource _stop;
    private readonly SemaphoreSlim _slots = new(AtOnce);
    private readonly Lock _gate = new();
    private readonly List<ICachePlace> _places;
    private readonly List<ICachePlace> _asked;
    private readonly List<Task<UnpackedLayer>> _fetches = [];
    private string? _failure;

    /// <param name="services">The store.</param>
    /// <param name="places">Where to look, in this order; disposed of with this.</param>
    /// <param name="warn">Hears of places that can't be read.</param>
    /// <param name="cancellation">Stops everything.</param>
    public SharedCacheReader(EngineServices services, IReadOnlyList<ICachePlace> places, Action<string> warn, CancellationToken cancellation)
    {
        _services = services;
        _warn = warn;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _places = [.. places];
        _asked = [.. places];
    }

    /// <summary>Why a layer that was counted on can't be had; null when that didn't happen.</summary>
    public string? Failure => Volatile.Read(ref _failure);

    /// <summary>
    /// The layers of a step with those that it lies on, as promises; null when no place has it. The same commands needn't have given the
    /// same twice, so the steps below may have other layers there than here: then theirs come instead of ours.
    /// </summary>
    /// <param name="key">The step's key.</param>
    /// <param name="ours">The layers that the step would lie on here.</param>
    /// <param name="isLayer">Whether the image will have this layer, so that it can be fetched at once.</param>
    /// <param name="accepts">Whether a result of that time will do.</param>
    public (IReadOnlyList<PendingLayer> Layers, DateTimeOffset Created)? Find(
        CacheKey key, IReadOnlyList<PendingLayer> ours, bool isLayer, Predicate<DateTimeOffset> accepts)
    {
        foreach (var place in Asked())
        {
            if (TryFind(place, key) is { } step && accepts(step.Created) && Fit(place, step, ours) is { } layers)
            {
                if (isLayer)
                {
                    _services.Snapshots.BeginPromised(layers[^1].Snapshot);
                }

                return (layers, step.Created);
            }
        }

        return null;
    }

    /// <summary>Fills an empty cache mount with what other machines had in theirs. False when nobody had one, or none can be read.</summary>
    /// <param name="id">The mount's id.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="names">What it was filled with.</param>
    public bool TryFill(string id, SafeFileHandle directory, out IReadOnlyList<string> names)
    {
        names = [];
        var key = SharedMount.Key(id);
        foreach (var place in Asked())
        {
            try
            {
                var found = place.FindMounts(key, _stop.Token);
                var used = new List<string>();
                for (var i = found.Length - 1; i >= 0; i--)
                {
                    // What is newer takes the place of what is older.
                    if (!found[i].IsPartOf(found))
                    {
                        Unpack(place, found[i].Content.Layers[0], directory);
                        used.Add(found[i].Name);
                    }
                }

                if (used.Count > 0)
                {
                    names = used;
                    return true;
                }
            }
            catch (Exception exception) when (exception is RegistryException or BuildException or IOException or UnauthorizedAccessException)
            {
                _warn($"the cache mount {id} begins empty, because the cache {place.Name} can't give its content: {exception.Message}");
                foreach (var entry in FileCalls.ReadDirectory(directory))
                {
                    FileCalls.RemoveTree(directory, entry.Name.Span);
                }
            }
        }

        return false;
    }

    private void Unpack(ICachePlace place, SharedLayer layer, SafeFileHandle directory)
    {
        using var blob = place.Source.OpenBlobAsync(layer.Blob, _stop.Token).GetAwaiter().GetResult();
        using var tar = new HashingStream(Compression.Decompress(blob), leaveOpen: false);
        ArchiveUnpacker.Unpack(tar, directory, null, ByteString.Empty, new UnpackOptions(), _stop.Token);
        tar.CopyTo(Stream.Null);
        if (tar.Finish() is var digest && digest != layer.DiffId.Digest)
        {
            throw new BuildException($"the layer {layer.Blob.Digest} is damaged: its content is {digest}, and should be {layer.DiffId}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        foreach (var fetch in _fetches)
        {
            ((IAsyncResult)fetch).AsyncWaitHandle.WaitOne();
            if (fetch.IsCompletedSuccessfully)
            {
                fetch.Result.Dispose();
            }
        }

        _places.ForEach(static place => place.Dispose());
        _slots.Dispose();
        _stop.Dispose();
    }

    private List<ICachePlace> Asked()
    {
        lock (_gate)
        {
            return [.. _asked];
        }
    }

    private SharedStep? TryFind(ICachePlace place, CacheKey key)
    {
        try
        {
            return place.Find(key, _stop.Token);
        }
        catch (Exception exception) when (exception is RegistryException or IOException or UnauthorizedAccessException)
        {
            lock (_gate)
            {
                if (_asked.Remove(place))
                {
                    _warn($"the cache {place.Name} is not used: {exception.Message}");
                }
            }

            return null;
        }
    }

    private List<PendingLayer>? Fit(ICachePlace place, SharedStep step, IReadOnlyList<PendingLayer> ours)
    {
        var bottom = ours.Count - (step.Layers.Count - 1);
        if (bottom < 0 || ChainId.Of(ours.Take(bottom).Select(static layer => layer.Digest.DiffId)) != step.Below)
        {
            return null;
        }

        var fitting = ours.Take(bottom).ToList();
        foreach (var layer in step.Layers)
        {
            var at = fitting.Count;
            var parent = at > 0 ? fitting[^1].Snapshot : (SnapshotId?)null;
            var isOurs = at < ours.Count && ours[at].Digest.DiffId == layer.DiffId && (at == 0 || ReferenceEquals(fitting[^1], ours[at - 1]));
            fitting.Add(isOurs ? ours[at] : Promise(place, layer, parent, at == ours.Count ? step : null));
        }

        return fitting;
    }

    private PendingLayer Promise(ICachePlace place, SharedLayer layer, SnapshotId? parent, SharedStep? step)
    {
        var id = SnapshotId.Create();
        var layers = new LayerPuller(_services.Images, _services.Snapshots, _services.Memory, report: null);
        var fetch = new Lazy<Task<UnpackedLayer>>(() => Begin(token => layers.FetchAlone(place.Source, layer.Blob, layer.DiffId, id, token)));
        _services.Snapshots.PromiseSnapshot(id, parent, () => _ = fetch.Value, () => Keep(layers, fetch.Value, step, parent, place));
        return new PendingLayer(id, layer.DiffId, layer.Blob);
    }

    private Task<UnpackedLayer> Begin(Func<CancellationToken, UnpackedLayer> fetch)
    {
        var task = Task.Factory.StartNew(
            () =>
            {
                _slots.Wait(_stop.Token);
                try
                {
                    return fetch(_stop.Token);
                }
                finally
                {
                    _slots.Release();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        lock (_gate)
        {
            _fetches.Add(task);
        }

        return task;
    }

    private Snapshot Keep(LayerPuller layers, Task<UnpackedLayer> fetch, SharedStep? step, SnapshotId? parent, ICachePlace place)
    {
        try
        {
            using var unpacked = fetch.GetAwaiter().GetResult();
            var snapshot = layers.CommitAlone(unpacked, parent);
            if (step is not null)
            {
                _services.Cache.Publish(step.Key, new CacheRecord { Snapshot = snapshot.Id.ToString(), Created = step.Created });
            }

            return snapshot;
        }
        catch (Exception exception) when (exception is RegistryException or BuildException or IOException)
        {
            Interlocked.CompareExchange(ref _failure, $"a layer of the cache {place.Name} can't be used: {exception.Message}", null);
            throw;
        }
    }
}
