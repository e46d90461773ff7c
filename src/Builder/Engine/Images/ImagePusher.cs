using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>Writes images of the store elsewhere: blobs first, then the manifest that speaks of them.</summary>
internal sealed class ImagePusher(ImageStore images, SnapshotStore snapshots, BlobMemory memory, RemoteBlobs remote)
{
    /// <summary>Writes an image, or a list of images, to a place.</summary>
    /// <returns>The digest of what was written there.</returns>
    public Digest Push(StoredImage image, IImageSink sink, PushOptions options, CancellationToken cancellation)
    {
        var manifest = new RawManifest(images.ReadManifest(image), image.MediaType);
        var written = image.IsIndex
            ? WriteIndex(manifest, sink, options, cancellation)
            : WithAttestations(WriteImage(manifest, sink, options, cancellation), sink, options, cancellation);
        options.Report?.Invoke($"Writing manifest to {sink.Target}");
        sink.PutManifestAsync(written, isTop: true, cancellation).GetAwaiter().GetResult();
        return written.Digest;
    }

    private RawManifest WriteIndex(RawManifest raw, IImageSink sink, PushOptions options, CancellationToken cancellation)
    {
        var index = ImageIndex.Parse(raw.Content);
        var entries = new List<Descriptor>();
        var attested = new List<Descriptor>();
        var moved = new Dictionary<string, string>();
        foreach (var entry in index.Manifests)
        {
            if (!options.All || !images.HasBlob(entry.Digest))
            {
                entries.Add(entry);
                continue;
            }

            var part = new RawManifest(images.ReadBlob(entry.Digest), entry.MediaType);
            var written = MediaTypes.IsIndex(entry.MediaType) ? part : WriteImage(part, sink, options, cancellation);
            sink.PutManifestAsync(written, isTop: false, cancellation).GetAwaiter().GetResult();
            entries.Add(entry with { MediaType = written.MediaType, Digest = written.Digest, Size = written.Content.Length });
            moved[entry.Digest.ToString()] = written.Digest.ToString();
            if (AttestationsOf(written, sink, options) is { } attestations)
            {
                attested.Add(Attestations.Write(written, sink.Target, attestations, sink, cancellation));
            }
        }

        entries = [.. entries.Select(entry => Attestations.Follow(entry, moved)), .. attested];

        var type = options.Format switch
        {
            ImageFormat.Docker => MediaTypes.DockerList,
            ImageFormat.Oci => MediaTypes.OciIndex,
            _ => raw.MediaType,
        };
        return type == raw.MediaType && entries.SequenceEqual(index.Manifests)
            ? raw
            : new RawManifest((index with { MediaType = type, Manifests = entries }).ToJson(), type);
    }

    /// <summary>An image, or an index of it and of what is claimed about it.</summary>
    private RawManifest WithAttestations(RawManifest image, IImageSink sink, PushOptions options, CancellationToken cancellation)
    {
        if (AttestationsOf(image, sink, options) is not { } attestations)
        {
            return image;
        }

        sink.PutManifestAsync(image, isTop: false, cancellation).GetAwaiter().GetResult();
        var config = ImageConfig.Parse(images.ReadBlob(ImageManifest.Parse(image.Content).Config.Digest));
        var entry = image.ToDescriptor() with { Platform = new Platform { Architecture = config.Architecture, Os = config.Os, Variant = config.Variant } };
        var index = new ImageIndex
        {
            MediaType = MediaTypes.OciIndex,
            Manifests = [entry, Attestations.Write(image, sink.Target, attestations, sink, cancellation)],
        };
        return new RawManifest(index.ToJson(), MediaTypes.OciIndex);
    }

    private IReadOnlyList<Attestation>? AttestationsOf(RawManifest image, IImageSink sink, PushOptions options)
    {
        if (MediaTypes.IsIndex(image.MediaType) || images.ReadAttestations(ImageManifest.Parse(image.Content).Config.Digest.Hex) is not { } bytes)
        {
            return null;
        }

        if (sink is RegistrySink or LayoutSink or LayoutArchiveSink)
        {
            return Attestations.FromBytes(bytes);
        }

        options.Report?.Invoke($"{sink.Target} can't hold attestations: they are left out");
        return null;
    }

    private RawManifest WriteImage(RawManifest raw, IImageSink sink, PushOptions options, CancellationToken cancellation)
    {
        var manifest = ImageManifest.Parse(raw.Content);
        var configBytes = images.ReadBlob(manifest.Config.Digest);
        IReadOnlyList<Descriptor> layers;
        if (ManifestFormat.IsImage(manifest))
        {
            layers = new LayerPusher(images, snapshots, memory, remote, sink, options).Push(manifest, ImageConfig.Parse(configBytes), cancellation);
        }
        else
        {
            layers = manifest.Layers;
            CopyArtifact(manifest, sink, cancellation);
        }

        if (!sink.HasBlobAsync(manifest.Config.Digest, cancellation).GetAwaiter().GetResult())
        {
            options.Report?.Invoke($"Copying config {manifest.Config.Digest}");
            sink.PutBlobAsync(manifest.Config with { Size = configBytes.Length }, () => new MemoryStream(configBytes), cancellation).GetAwaiter().GetResult();
        }

        return ManifestFormat.Convert(raw, manifest, layers, options.Format);
    }

    private void CopyArtifact(ImageManifest manifest, IImageSink sink, CancellationToken cancellation)
    {
        foreach (var blob in manifest.Layers)
        {
            if (!sink.HasBlobAsync(blob.Digest, cancellation).GetAwaiter().GetResult() && (images.HasBlob(blob.Digest) || !remote.TryCopy(blob, sink, cancellation)))
            {
                sink.PutBlobAsync(
                    blob, () => images.OpenBlob(blob.Digest) ?? throw new BuildException($"the blob {blob.Digest} is missing in the store"), cancellation)
                    .GetAwaiter().GetResult();
            }
        }
    }
}
