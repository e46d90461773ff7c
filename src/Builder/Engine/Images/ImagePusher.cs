using System.IO.Compression;

using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>Writes images of the store elsewhere. Layers that were built here are made again from their snapshots and compressed.</summary>
internal sealed class ImagePusher(ImageStore images, SnapshotStore snapshots)
{
    /// <summary>Writes an image into an OCI layout under a name.</summary>
    /// <returns>The digest of the manifest that was written.</returns>
    public Digest PushToLayout(StoredImage image, string path, string? name, CancellationToken cancellation)
    {
        var layout = OciLayout.OpenOrCreate(path);
        var manifest = ImageManifest.Parse(images.ReadManifest(image));
        var config = images.ReadConfig(image);
        var diffIds = ImageConfig.Parse(config).RootFs.DiffIds;
        var layers = new List<Descriptor>();
        ChainId? chain = null;
        for (var i = 0; i < manifest.Layers.Count; i++)
        {
            chain = chain?.Append(diffIds[i]) ?? ChainId.Of(diffIds[i]);
            layers.Add(CopyLayer(layout, manifest.Layers[i], diffIds[i], chain.Value, cancellation));
        }

        layout.WriteBlob(manifest.Config.Digest, config);
        manifest = manifest with
        {
            MediaType = MediaTypes.OciManifest,
            Config = manifest.Config with { MediaType = MediaTypes.OciConfig },
            Layers = layers,
        };
        var bytes = manifest.ToJson();
        var descriptor = new Descriptor { MediaType = MediaTypes.OciManifest, Digest = Digest.Of(bytes), Size = bytes.Length };
        layout.WriteBlob(descriptor.Digest, bytes);
        layout.Add(descriptor, name);
        return descriptor.Digest;
    }

    /// <summary>Writes an image into a directory as skopeo's <c>dir:</c> transport lays it out: manifest, version, blobs by their digits.</summary>
    public void PushToDirectory(StoredImage image, string path, CancellationToken cancellation)
    {
        Directory.CreateDirectory(path);
        var manifestBytes = images.ReadManifest(image);
        var manifest = ImageManifest.Parse(manifestBytes);
        var config = images.ReadConfig(image);
        var diffIds = ImageConfig.Parse(config).RootFs.DiffIds;
        ChainId? chain = null;
        for (var i = 0; i < manifest.Layers.Count; i++)
        {
            chain = chain?.Append(diffIds[i]) ?? ChainId.Of(diffIds[i]);
            using var target = File.Create($"{path}/{manifest.Layers[i].Digest.Hex}");
            if (images.OpenBlob(manifest.Layers[i].Digest) is { } blob)
            {
                using (blob)
                {
                    blob.CopyTo(target);
                }
            }
            else
            {
                WriteTar(diffIds[i], chain.Value, target, cancellation);
            }
        }

        File.WriteAllBytes($"{path}/{manifest.Config.Digest.Hex}", config);
        File.WriteAllText($"{path}/version", "Directory Transport Version: 1.1\n");
        File.WriteAllBytes($"{path}/manifest.json", manifestBytes);
    }

    private Descriptor CopyLayer(OciLayout layout, Descriptor layer, DiffId diffId, ChainId chain, CancellationToken cancellation)
    {
        if (images.OpenBlob(layer.Digest) is { } blob)
        {
            using (blob)
            {
                if (!layout.HasBlob(layer.Digest))
                {
                    var copied = layout.WriteBlob(target => Copy(blob, target));
                    if (copied != layer.Digest)
                    {
                        throw new BuildException($"the blob {layer.Digest} of the store is damaged: its content is {copied}");
                    }
                }
            }

            return layer with { MediaType = MediaTypes.Layer(MediaTypes.CompressionOf(layer.MediaType), docker: false) };
        }

        long size = 0;
        var digest = layout.WriteBlob(target =>
        {
            using var hashed = new HashingStream(target, leaveOpen: true);
            using (var gzip = new GZipStream(hashed, CompressionLevel.Fastest, leaveOpen: true))
            {
                WriteTar(diffId, chain, gzip, cancellation);
            }

            size = hashed.Length;
            return hashed.Finish();
        });
        return new Descriptor { MediaType = MediaTypes.OciLayerGzip, Digest = digest, Size = size };
    }

    private void WriteTar(DiffId diffId, ChainId chain, Stream target, CancellationToken cancellation)
    {
        var snapshot = snapshots.FindByChain(chain)
            ?? throw new BuildException($"the layer {diffId} has neither a blob nor a snapshot in the store; build its image again");
        LayerDigests.WriteAgain(snapshots, snapshot, diffId, target, cancellation);
    }

    private static Digest Copy(Stream source, Stream target)
    {
        using var hashed = new HashingStream(target, leaveOpen: true);
        source.CopyTo(hashed, 1 << 17);
        return hashed.Finish();
    }
}
