using Bld.Builder.Layers;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>Brings images into the store, and makes sure that their layers' snapshots are there.</summary>
internal sealed class ImagePuller(ImageStore images, SnapshotStore snapshots)
{
    private const string OciPrefix = "oci:";

    /// <summary>An image by name, id or transport reference, with its snapshots.</summary>
    /// <exception cref="BuildException">It is not there and can't be fetched.</exception>
    public PulledImage Ensure(string name, PullPolicy policy, Platform platform, CancellationToken cancellation)
    {
        if (name.StartsWith(OciPrefix))
        {
            return Pull(name, platform, cancellation);
        }

        foreach (var candidate in ImageNames.Candidates(name))
        {
            if (policy is not PullPolicy.Always && images.Find(candidate) is { } stored)
            {
                return Unpacked(stored, cancellation);
            }
        }

        throw new BuildException($"image \"{name}\" is not in the store; bring it there by bld pull");
    }

    /// <summary>Copies an image of an OCI layout into the store: blobs first, verified, then snapshots, then its name.</summary>
    public PulledImage Pull(string reference, Platform platform, CancellationToken cancellation)
    {
        var (path, name) = SplitLayout(reference[OciPrefix.Length..]);
        var layout = OciLayout.Open(path);
        var descriptor = layout.Find(name);
        while (MediaTypes.IsIndex(descriptor.MediaType))
        {
            var index = ImageIndex.Parse(ReadAll(layout, descriptor));
            descriptor = index.Manifests.FirstOrDefault(each => each.Platform is { } offered && platform.Accepts(offered))
                ?? index.Manifests.FirstOrDefault(static each => each.Platform is null)
                ?? throw new BuildException($"{reference} has no image for {platform}");
        }

        var manifestBytes = ReadAll(layout, descriptor);
        var manifest = ImageManifest.Parse(manifestBytes);
        foreach (var layer in manifest.Layers)
        {
            CopyBlob(layout, layer);
        }

        var configBytes = ReadAll(layout, manifest.Config);
        var names = name is null ? Array.Empty<string>() : [ImageNames.Normalise(name)];
        var stored = images.Add(manifestBytes, descriptor.MediaType, configBytes, names);
        return Unpacked(stored, cancellation);
    }

    /// <summary>Makes the snapshots of an image that is in the store.</summary>
    public PulledImage Unpacked(StoredImage stored, CancellationToken cancellation)
    {
        var manifest = ImageManifest.Parse(images.ReadManifest(stored));
        var config = ImageConfig.Parse(images.ReadConfig(stored));
        var ids = new List<SnapshotId>();
        ChainId? chain = null;
        for (var i = 0; i < config.RootFs.DiffIds.Count; i++)
        {
            var diffId = config.RootFs.DiffIds[i];
            chain = chain?.Append(diffId) ?? ChainId.Of(diffId);
            ids.Add(snapshots.FindByChain(chain.Value)?.Id
                ?? Unpack(manifest.Layers[i], diffId, chain.Value, ids.Count > 0 ? ids[^1] : null, cancellation));
        }

        return new PulledImage(stored, manifest, config, ids);
    }

    private SnapshotId Unpack(Descriptor layer, DiffId diffId, ChainId chain, SnapshotId? parent, CancellationToken cancellation)
    {
        using var blob = images.OpenBlob(layer.Digest)
            ?? throw new BuildException($"the layer {layer.Digest} is missing in the store; pull or build its image again");
        using var tar = LayerStreams.Decompress(blob, layer.MediaType);
        using var hashed = new HashingStream(tar);
        using var active = snapshots.Prepare(parent);
        using (var view = parent is null ? null : snapshots.MountReadOnly(parent))
        {
            LayerApplier.Apply(hashed, active, view?.Root, cancellation);
        }

        var digest = hashed.Finish();
        if (digest != diffId.Digest)
        {
            throw new BuildException($"the layer {layer.Digest} is damaged: its content is {digest}, but the image says {diffId}");
        }

        var snapshot = snapshots.Commit(active);
        snapshots.SetLayer(snapshot.Id, new SnapshotLayer(diffId, hashed.Length));
        return snapshots.PublishChain(chain, snapshot.Id);
    }

    private void CopyBlob(OciLayout layout, Descriptor layer)
    {
        if (images.HasBlob(layer.Digest))
        {
            return;
        }

        using var source = new HashingStream(layout.OpenBlob(layer.Digest));
        using var target = images.CreateBlob();
        source.CopyTo(target.Content, 1 << 17);
        var digest = source.Finish();
        if (digest != layer.Digest)
        {
            throw new BuildException($"the blob {layer.Digest} in {layout.Path} is damaged: its content is {digest}");
        }

        target.Publish(digest);
    }

    private static byte[] ReadAll(OciLayout layout, Descriptor descriptor)
    {
        const int LargestDocument = 4 << 20;
        if (descriptor.Size > LargestDocument)
        {
            throw new BuildException($"the document {descriptor.Digest} in {layout.Path} has {descriptor.Size} bytes, which is too many");
        }

        using var stream = layout.OpenBlob(descriptor.Digest);
        var bytes = new byte[descriptor.Size];
        stream.ReadExactly(bytes);
        return Digest.Of(bytes) == descriptor.Digest
            ? bytes
            : throw new BuildException($"the document {descriptor.Digest} in {layout.Path} is damaged: its content is {Digest.Of(bytes)}");
    }

    private static (string Path, string? Name) SplitLayout(string text)
    {
        var colon = text.IndexOf(':');
        return colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
    }
}
