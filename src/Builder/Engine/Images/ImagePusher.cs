using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>Writes images of the store elsewhere: blobs first, then the manifest that speaks of them.</summary>
internal sealed partial class ImagePusher(ImageStore images, SnapshotStore snapshots, BlobMemory memory, RemoteBlobs remote)
{
    /// <summary>Writes an image, or a list of images, to a place.</summary>
    /// <returns>The digest of what was written there.</returns>
    public Digest Push(StoredImage image, IImageSink sink, PushOptions options, CancellationToken cancellation)
    {
        if (options.Encryption is not null && sink is not (RegistrySink or LayoutSink or LayoutArchiveSink or DirectorySink))
        {
            throw new BuildException($"{sink.Target} can't hold encrypted layers, only OCI's format can: push to a registry, oci:, oci-archive: or dir:, or leave out --encryption-key");
        }

        if (sink is LayoutSink or LayoutArchiveSink)
        {
            // Who reads a layout expects its format, whatever the image's own is.
            options = options with { Format = ImageFormat.Oci };
        }

        var manifest = new RawManifest(images.ReadManifest(image), image.MediaType);
        var attestations = image.IsIndex ? null : AttestationsOf(manifest, sink, options);
        var isThere = false;
        var written = image.IsIndex ? WriteIndex(manifest, sink, options, cancellation)
            : attestations is null ? WriteImage(manifest, sink, options, isTop: true, out isThere, cancellation)
            : Attested(Write(manifest, sink, options, cancellation), attestations, sink, cancellation);
        if (isThere)
        {
            options.Report?.Invoke($"{sink.Target} is this image already");
            return written.Digest;
        }

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
        var parts = new List<WrittenPart>();
        foreach (var entry in index.Manifests)
        {
            if (!options.All || !images.HasBlob(entry.Digest))
            {
                entries.Add(entry);
                continue;
            }

            var part = new RawManifest(images.ReadBlob(entry.Digest), entry.MediaType);
            var written = Write(part, sink, options, cancellation);
            entries.Add(entry with { MediaType = written.MediaType, Digest = written.Digest, Size = written.Content.Length });
            moved[entry.Digest.ToString()] = written.Digest.ToString();
            parts.Add(new WrittenPart(entries[^1], part, written));
            if (AttestationsOf(written, sink, options) is { } attestations)
            {
                attested.Add(Attestations.Write(written, sink.Target, attestations, sink, cancellation));
            }
        }

        entries = [.. entries.Select(entry => Attestations.Follow(entry, moved)), .. WriteVariants(parts, sink, options, cancellation), .. attested];

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

    /// <summary>Writes a part of an index.</summary>
    private RawManifest Write(RawManifest part, IImageSink sink, PushOptions options, CancellationToken cancellation)
    {
        var isThere = false;
        var written = MediaTypes.IsIndex(part.MediaType) ? part : WriteImage(part, sink, options, isTop: false, out isThere, cancellation);
        if (!isThere)
        {
            sink.PutManifestAsync(written, isTop: false, cancellation).GetAwaiter().GetResult();
        }

        return written;
    }

    /// <summary>An index of an image and of what is claimed about it.</summary>
    private RawManifest Attested(RawManifest image, IReadOnlyList<Attestation> attestations, IImageSink sink, CancellationToken cancellation)
    {
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

    /// <summary>Brings an image's blobs there, unless the place has all of the image (then that is said) as it was last sent.</summary>
    private RawManifest WriteImage(RawManifest raw, IImageSink sink, PushOptions options, bool isTop, out bool isThere, CancellationToken cancellation)
    {
        isThere = false;
        var manifest = ImageManifest.Parse(raw.Content);
        var configBytes = images.ReadBlob(manifest.Config.Digest);
        IReadOnlyList<Descriptor> layers;
        if (ManifestFormat.IsImage(manifest))
        {
            var config = ImageConfig.Parse(configBytes);
            var pusher = new LayerPusher(images, snapshots, memory, remote, sink, options);
            if (pusher.Foresee(manifest, config) is { } foreseen
                && ManifestFormat.Convert(raw, manifest, foreseen, options.Format) is var last && sink.HasManifestAsync(last, isTop, cancellation).GetAwaiter().GetResult()
                && HasAll([manifest.Config, .. foreseen], sink, cancellation))
            {
                isThere = true;
                return last;
            }

            layers = pusher.Push(manifest, config, cancellation);
        }
        else
        {
            if (options.Encryption is not null && !Attestations.IsAttestation(manifest))
            {
                throw new BuildException($"the artifact {raw.Digest} can't be encrypted, only images' layers can: push it without --encryption-key");
            }

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

    /// <summary>Whether a place has all these blobs; asked side by side.</summary>
    private static bool HasAll(IReadOnlyList<Descriptor> blobs, IImageSink sink, CancellationToken cancellation)
    {
        const int AtOnce = 16;
        using var work = new SideBySide<bool>(AtOnce, cancellation);
        foreach (var blob in blobs)
        {
            work.Add(token => sink.HasBlobAsync(blob.Digest, token).GetAwaiter().GetResult());
        }

        work.AwaitAll();
        return work.Finished.Count(static isThere => isThere) == blobs.Count;
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
