using Bld.Builder.Layers;
using Bld.Builder.Layers.Chunked;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>
/// Brings an image's layers to a place, side by side. Layers that were built here are made again from their snapshots and compressed
/// while they are sent; what is there is neither made nor sent.
/// </summary>
internal sealed partial class LayerPusher(
    ImageStore images, SnapshotStore snapshots, BlobMemory memory, RemoteBlobs remote, IImageSink sink, PushOptions options)
{
    private const int AtOnce = 4;
    private static readonly Dictionary<string, string> NoAnnotations = [];

    /// <summary>What the layers are at their new place, the lowest first.</summary>
    public IReadOnlyList<Descriptor> Push(ImageManifest manifest, ImageConfig config, CancellationToken cancellation)
    {
        using var work = new SideBySide<Descriptor>(AtOnce, cancellation);
        var encrypted = options.Encryption?.Choose(manifest.Layers.Count);
        ChainId? chain = null;
        for (var i = 0; i < manifest.Layers.Count; i++)
        {
            var (layer, diffId, isEncrypted) = (manifest.Layers[i], config.RootFs.DiffIds[i], encrypted?[i] == true);
            var here = chain?.Append(diffId) ?? ChainId.Of(diffId);
            chain = here;
            work.Add(token => isEncrypted ? PushEncrypted(layer, diffId, here, options.Encryption!.Recipients, token) : Push(layer, diffId, here, token));
        }

        return [.. Enumerable.Range(0, manifest.Layers.Count).Select(work.Wait)];
    }

    /// <summary>
    /// What the layers were when they were last sent; null when one never was, or when some are encrypted, which is never twice the same.
    /// Nobody is asked.
    /// </summary>
    public IReadOnlyList<Descriptor>? Foresee(ImageManifest manifest, ImageConfig config)
    {
        if (options.Encryption is not null)
        {
            return null;
        }

        var foreseen = new List<Descriptor>();
        for (var i = 0; i < manifest.Layers.Count; i++)
        {
            var (layer, diffId) = (manifest.Layers[i], config.RootFs.DiffIds[i]);
            var own = CompressionOf(layer);
            var wanted = Wanted(own);
            if (own == wanted)
            {
                foreseen.Add(layer);
            }
            else if (memory.FindCompressed(diffId, wanted, options.EffectiveLevel) is { } known)
            {
                foreseen.Add(Describe(layer, wanted, known));
            }
            else
            {
                return null;
            }
        }

        return foreseen;
    }

    /// <summary>Brings one layer there; may go on beside others.</summary>
    public Descriptor PushAlone(Descriptor layer, DiffId diffId, ChainId chain, CancellationToken cancellation) => Push(layer, diffId, chain, cancellation);

    private Descriptor Push(Descriptor layer, DiffId diffId, ChainId chain, CancellationToken cancellation)
    {
        var own = CompressionOf(layer);
        var wanted = Wanted(own);
        var hasBlob = images.HasBlob(layer.Digest);
        if (MediaTypes.IsEncrypted(layer.MediaType))
        {
            return PushCiphertext(layer, hasBlob, cancellation);
        }

        if (hasBlob && own == wanted)
        {
            return PushBlob(layer, cancellation);
        }

        if (!hasBlob && own == wanted && snapshots.FindByChain(chain) is null)
        {
            return PushRemote(layer, cancellation);
        }

        if (wanted == LayerCompression.None)
        {
            return PushPlain(layer, diffId, chain, hasBlob, cancellation);
        }

        if (memory.FindCompressed(diffId, wanted, options.EffectiveLevel) is { } known && IsThere(known.Digest, cancellation))
        {
            return Describe(layer, wanted, known);
        }

        return PushCompressed(layer, diffId, chain, hasBlob, wanted, cancellation);
    }

    private LayerCompression Wanted(LayerCompression own) => sink.Form switch
    {
        LayerForm.Plain => LayerCompression.None,
        LayerForm.AsIs when !options.Force => own,
        _ when own == LayerCompression.ZstdChunked && options.Compression == LayerCompression.Zstd => own,
        _ when own == LayerCompression.None || options.Force => options.Compression,
        _ => own,
    };

    private Descriptor PushRemote(Descriptor layer, CancellationToken cancellation)
    {
        if (!IsThere(layer.Digest, cancellation))
        {
            options.Report?.Invoke($"Copying blob {layer.Digest}");
            if (!remote.TryCopy(layer, sink, cancellation))
            {
                throw new BuildException($"the layer {layer.Digest} has neither a blob nor a snapshot in the store; build or pull its image again");
            }

            Remember(layer.Digest);
        }

        return layer;
    }

    private Descriptor PushBlob(Descriptor layer, CancellationToken cancellation)
    {
        if (!IsThere(layer.Digest, cancellation))
        {
            options.Report?.Invoke($"Copying blob {layer.Digest}");
            sink.PutBlobAsync(layer, () => CountedStream.Of(images.OpenBlob(layer.Digest)!, layer.Digest.ToString(), isPush: true, layer.Size, options.Progress), cancellation).GetAwaiter().GetResult();
            Remember(layer.Digest);
        }

        return layer;
    }

    private Descriptor PushPlain(Descriptor layer, DiffId diffId, ChainId chain, bool hasBlob, CancellationToken cancellation)
    {
        if (IsThere(diffId.Digest, cancellation) && snapshots.FindByChain(chain)?.Layer is { } known && known.DiffId == diffId)
        {
            return Describe(layer, LayerCompression.None, new CompressedLayer(diffId.Digest, known.Size, NoAnnotations));
        }

        options.Report?.Invoke($"Copying blob {diffId}");
        var (digest, size) = sink.ProduceBlobAsync(
            target => Hashed(target, hashed => WriteTar(layer, diffId, chain, hasBlob, hashed, cancellation)), cancellation).GetAwaiter().GetResult();
        return Describe(layer, LayerCompression.None, new CompressedLayer(digest, size, NoAnnotations));
    }

    private Descriptor PushCompressed(
        Descriptor layer, DiffId diffId, ChainId chain, bool hasBlob, LayerCompression wanted, CancellationToken cancellation)
    {
        options.Report?.Invoke($"Copying blob {diffId}");
        var level = options.EffectiveLevel;
        IReadOnlyDictionary<string, string>? annotations = null;
        var (digest, size) = sink.ProduceBlobAsync(
            target => Hashed(target, hashed => annotations = WriteCompressed(layer, diffId, chain, hasBlob, wanted, hashed, cancellation)), cancellation).GetAwaiter().GetResult();
        var made = new CompressedLayer(digest, size, annotations ?? NoAnnotations);
        memory.AddCompressed(diffId, wanted, level, made);
        Remember(digest);
        return Describe(layer, wanted, made);
    }

    /// <summary>Writes a layer in a compression, and gives what descriptors say about it.</summary>
    private SortedDictionary<string, string>? WriteCompressed(
        Descriptor layer, DiffId diffId, ChainId chain, bool hasBlob, LayerCompression wanted, Stream target, CancellationToken cancellation)
    {
        var level = options.EffectiveLevel;
        switch (wanted)
        {
            case LayerCompression.None:
                WriteTar(layer, diffId, chain, hasBlob, target, cancellation);
                return null;
            case LayerCompression.ZstdChunked:
                using (var chunked = new ChunkedLayerStream(target, level))
                {
                    WriteTar(layer, diffId, chain, hasBlob, chunked, cancellation);
                    return chunked.End();
                }

            default:
                using (var compressed = wanted == LayerCompression.Zstd ? Compression.CompressZstd(target, level) : Compression.CompressGzip(target, level))
                {
                    WriteTar(layer, diffId, chain, hasBlob, compressed, cancellation);
                    compressed.End();
                    return null;
                }
        }
    }

    private static Digest Hashed(Stream target, Action<Stream> write)
    {
        using var hashed = new HashingStream(target, leaveOpen: true);
        write(hashed);
        return hashed.Finish();
    }

    private void WriteTar(Descriptor layer, DiffId diffId, ChainId chain, bool hasBlob, Stream target, CancellationToken cancellation)
    {
        // Not disposed of: the target is the caller's. What is counted is the tarball, of which a layer that was built here knows its length.
        var counted = CountedStream.Of(target, diffId.ToString(), isPush: true, hasBlob ? 0 : layer.Size, options.Progress);
        WriteTarTo(layer, diffId, chain, hasBlob, counted, cancellation);
        (counted as CountedStream)?.Finish();
    }

    private void WriteTarTo(Descriptor layer, DiffId diffId, ChainId chain, bool hasBlob, Stream target, CancellationToken cancellation)
    {
        if (hasBlob)
        {
            using var blob = new VerifyingStream(images.OpenBlob(layer.Digest)!, layer, images.BlobPath(layer.Digest));
            using var tar = Compression.Decompress(blob);
            tar.CopyTo(target, 1 << 17);
            return;
        }

        if (snapshots.FindByChain(chain) is { } snapshot)
        {
            LayerDigests.WriteAgain(snapshots, snapshot, diffId, target, cancellation);
        }
        else if (!remote.TryRead(layer, blob => Unpack(blob, diffId, target), cancellation))
        {
            throw new BuildException($"the layer {diffId} has neither a blob nor a snapshot in the store; build or pull its image again");
        }
    }

    /// <summary>Unpacks a layer that never was in the store, so that nobody has compared its tarball with the configuration.</summary>
    private static void Unpack(Stream blob, DiffId diffId, Stream target)
    {
        using var tar = Compression.Decompress(blob);
        using var hashed = new HashingStream(target, leaveOpen: true);
        tar.CopyTo(hashed, 1 << 17);
        if (hashed.Finish() is var found && found != diffId.Digest)
        {
            throw new BuildException($"the tarball of a layer is {found}, but its image's configuration speaks of {diffId}: somebody has changed one of them");
        }
    }

    /// <summary>Whether the place has a blob, or could take it from a neighbour.</summary>
    private bool IsThere(Digest digest, CancellationToken cancellation)
    {
        var isThere = sink.HasBlobAsync(digest, cancellation).GetAwaiter().GetResult();
        if (!isThere && sink.Registry is { } registry)
        {
            var neighbour = memory.Repositories(digest, registry.Host).FirstOrDefault(each => each != registry.Repository);
            isThere = neighbour is not null && sink.TryMountAsync(digest, neighbour, cancellation).GetAwaiter().GetResult();
        }

        if (isThere)
        {
            Remember(digest);
        }

        return isThere;
    }

    private void Remember(Digest digest)
    {
        if (sink.Registry is { } registry)
        {
            memory.AddPlace(digest, registry);
        }
    }

    /// <summary>What a layer is compressed with.</summary>
    public static LayerCompression CompressionOf(Descriptor layer) =>
        MediaTypes.CompressionOf(layer.MediaType) is var own && own == LayerCompression.Zstd && ChunkedLayer.IsChunked(layer) ? LayerCompression.ZstdChunked : own;

    private static Descriptor Describe(Descriptor layer, LayerCompression compression, CompressedLayer made) =>
        layer.Digest == made.Digest
            ? layer
            : layer with
            {
                MediaType = MediaTypes.Layer(compression, docker: layer.MediaType.StartsWith("application/vnd.docker")),
                Digest = made.Digest,
                Size = made.Size,
                Urls = null,
                Annotations = ChunkedLayer.Annotate(layer.Annotations, made.Annotations),
            };
}
