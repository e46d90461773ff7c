using Bld.Builder.Layers;
using Bld.Builder.Layers.Encryption;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>
/// Brings an image's layers into the store, side by side, each in one pass: download → verify → keep the blob → decompress → unpack.
/// What depends on the layers below is done at the end, in order. Of encrypted layers the store gets what they hold.
/// </summary>
internal sealed class LayerPuller(ImageStore images, SnapshotStore snapshots, BlobMemory memory, Action<string>? report)
{
    private const int AtOnce = 6;

    /// <summary>Told how far each blob is.</summary>
    public Action<Transfer>? Progress { get; init; }

    /// <summary>What encrypted layers are opened with.</summary>
    public IReadOnlyList<DecryptionKey> Keys { get; init; } = [];

    /// <summary>The layers as the store has them then.</summary>
    /// <exception cref="BuildException">A layer is damaged, or encrypted for others.</exception>
    /// <exception cref="RegistryException">A layer can't be fetched.</exception>
    public PulledLayers Pull(IImageSource source, ImageManifest manifest, ImageConfig config, CancellationToken cancellation)
    {
        var diffIds = config.RootFs.DiffIds;
        if (manifest.Layers.Count != diffIds.Count)
        {
            throw new BuildException(
                $"{source.Origin} is no image to build on: its manifest has {manifest.Layers.Count} layers and its configuration {diffIds.Count}");
        }

        // Before anything is fetched: a key that is missing is no reason to wait.
        var opened = manifest.Layers.Select(layer => MediaTypes.IsEncrypted(layer.MediaType) ? EncryptedLayer.Open(layer, Keys) : null).ToList();
        using var work = new SideBySide<UnpackedLayer?>(AtOnce, cancellation);
        try
        {
            ChainId? chain = null;
            for (var i = 0; i < diffIds.Count; i++)
            {
                chain = chain?.Append(diffIds[i]) ?? ChainId.Of(diffIds[i]);
                Start(work, source, manifest.Layers[i], opened[i], diffIds[i], chain.Value);
            }

            return CommitAll(work, manifest.Layers, diffIds);
        }
        catch
        {
            work.Stop();
            foreach (var unpacked in work.Finished)
            {
                unpacked?.Dispose();
            }

            throw;
        }
    }

    /// <summary>Fetches and unpacks one layer for a snapshot with a given id; may go on beside others.</summary>
    public UnpackedLayer FetchAlone(IImageSource source, Descriptor layer, DiffId diffId, SnapshotId id, CancellationToken cancellation) =>
        Fetch(source, layer, null, diffId, isUnpacked: false, id, cancellation)!;

    /// <summary>Commits what <see cref="FetchAlone"/> unpacked, on those below it.</summary>
    public Snapshot CommitAlone(UnpackedLayer layer, SnapshotId? parent)
    {
        var snapshot = CommitOn(layer, parent);
        snapshots.SetLayer(snapshot.Id, new SnapshotLayer(layer.DiffId, layer.Size));
        return snapshot;
    }

    private void Start(
        SideBySide<UnpackedLayer?> work, IImageSource source, Descriptor layer, OpenedLayer? opened, DiffId diffId, ChainId chain)
    {
        // What an encrypted layer holds is known when it is there: nothing that the store has can stand for it.
        var isUnpacked = opened is null && snapshots.FindByChain(chain) is not null;
        if (isUnpacked && (images.HasBlob(layer.Digest) || memory.WasMadeHere(layer.Digest, diffId)))
        {
            work.AddResult(null);
        }
        else
        {
            work.Add(token => Fetch(source, layer, opened, diffId, isUnpacked, null, token));
        }
    }

    private PulledLayers CommitAll(SideBySide<UnpackedLayer?> work, IReadOnlyList<Descriptor> layers, IReadOnlyList<DiffId> diffIds)
    {
        var ids = new List<SnapshotId>();
        var blobs = new List<Descriptor>();
        ChainId? chain = null;
        for (var i = 0; i < diffIds.Count; i++)
        {
            chain = chain?.Append(diffIds[i]) ?? ChainId.Of(diffIds[i]);
            using var unpacked = work.Wait(i);
            ids.Add(unpacked is null ? snapshots.FindByChain(chain.Value)!.Id : Commit(unpacked, chain.Value, ids.Count > 0 ? ids[^1] : null));
            blobs.Add(unpacked?.Decrypted ?? layers[i]);
        }

        return new PulledLayers(ids, blobs);
    }

    private UnpackedLayer? Fetch(
        IImageSource source, Descriptor layer, OpenedLayer? opened, DiffId diffId, bool isUnpacked, SnapshotId? id, CancellationToken cancellation)
    {
        if (opened is null && images.OpenBlob(layer.Digest) is { } stored)
        {
            using (stored)
            {
                return Unpack(new VerifyingStream(stored, layer, images.BlobPath(layer.Digest)), layer, diffId, id, cancellation);
            }
        }

        report?.Invoke($"Copying blob {layer.Digest}");
        using var blob = images.CreateBlob();
        var verified = CountedStream.Of(
            source.OpenBlobAsync(layer, cancellation).GetAwaiter().GetResult(), layer.Digest.ToString(), isPush: false, layer.Size, Progress);
        var decrypted = opened is null ? null : new HashingStream(new DecryptingStream(verified, opened, layer.Digest));
        using var ahead = new ReadAheadStream(new TeeStream(decrypted ?? verified, blob.Content));
        var unpacked = isUnpacked ? null : Unpack(ahead, layer, diffId, id, cancellation);
        try
        {
            Drain(ahead, cancellation);
            if (decrypted is null)
            {
                blob.Publish(layer.Digest);
            }
            else
            {
                unpacked!.Decrypted = EncryptedLayer.DescribePlain(layer, decrypted.Finish(), decrypted.Length);
                blob.Publish(unpacked.Decrypted.Digest);
            }

            return unpacked;
        }
        catch
        {
            unpacked?.Dispose();
            throw;
        }
    }

    private UnpackedLayer Unpack(Stream blob, Descriptor layer, DiffId diffId, SnapshotId? id, CancellationToken cancellation)
    {
        var active = snapshots.Prepare(null, id);
        var applier = new LayerApplier(active);
        var unpacked = new UnpackedLayer(active, applier, diffId);
        try
        {
            using var hashed = new HashingStream(Compression.Decompress(blob), leaveOpen: false);
            applier.Unpack(hashed, cancellation);
            var digest = hashed.Finish();
            unpacked.Size = hashed.Length;
            return digest == diffId.Digest
                ? unpacked
                : throw new BuildException($"the layer {layer.Digest} is damaged: its content is {digest}, but its image says {diffId}");
        }
        catch (BuildException)
        {
            unpacked.Dispose();

            // When the blob isn't what it should be, that is the better thing to say; its stream says so at its end.
            Drain(blob, cancellation);
            throw;
        }
        catch
        {
            unpacked.Dispose();
            throw;
        }
    }

    private SnapshotId Commit(UnpackedLayer layer, ChainId chain, SnapshotId? parent)
    {
        if (snapshots.FindByChain(chain) is { } known)
        {
            return known.Id;
        }

        var snapshot = CommitOn(layer, parent);
        snapshots.SetLayer(snapshot.Id, new SnapshotLayer(layer.DiffId, layer.Size));
        return snapshots.PublishChain(chain, snapshot.Id);
    }

    private Snapshot CommitOn(UnpackedLayer layer, SnapshotId? parent)
    {
        using (var view = parent is null ? null : snapshots.MountReadOnly(parent))
        {
            layer.Applier.Complete(view?.Root);
        }

        snapshots.Place(layer.Active, parent, layer.Applier.HasRoot);
        layer.Applier.Dispose();
        return snapshots.Commit(layer.Active);
    }

    private static void Drain(Stream stream, CancellationToken cancellation)
    {
        Span<byte> rest = new byte[64 * 1024];
        while (stream.Read(rest) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }
}

/// <summary>A layer that is unpacked but for what depends on those below it.</summary>
internal sealed class UnpackedLayer(ActiveSnapshot active, LayerApplier applier, DiffId diffId) : IDisposable
{
    public ActiveSnapshot Active { get; } = active;

    public LayerApplier Applier { get; } = applier;

    public DiffId DiffId { get; } = diffId;

    /// <summary>Length of the tarball in bytes.</summary>
    public long Size { get; set; }

    /// <summary>Of an encrypted layer, what it held, as the store has it; null for others.</summary>
    public Descriptor? Decrypted { get; set; }

    public void Dispose()
    {
        Applier.Dispose();
        Active.Dispose();
    }
}
