using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>Writes a manifest for its new place: with the layers as they are there, in OCI's types or Docker's.</summary>
internal static class ManifestFormat
{
    /// <summary>The manifest; the very bytes when nothing changes.</summary>
    public static RawManifest Convert(RawManifest raw, ImageManifest manifest, IReadOnlyList<Descriptor> layers, ImageFormat? format)
    {
        // Docker's types have no zstd that Docker's own programs would take.
        var hasZstd = layers.Any(static layer => MediaTypes.CompressionOf(layer.MediaType) == LayerCompression.Zstd);
        var isImage = IsImage(manifest);
        var docker = isImage && (format is ImageFormat.Docker || (format is null && raw.MediaType == MediaTypes.DockerManifest && !hasZstd));
        var type = docker ? MediaTypes.DockerManifest : MediaTypes.OciManifest;
        var typed = isImage ? [.. layers.Select(layer => Typed(layer, docker))] : layers;
        if (type == raw.MediaType && typed.SequenceEqual(manifest.Layers))
        {
            return raw;
        }

        if (docker && layers.FirstOrDefault(static layer => MediaTypes.IsEncrypted(layer.MediaType)) is { } encrypted)
        {
            throw new BuildException($"the layer {encrypted.Digest} is encrypted, which Docker's format has no media type for: use --format oci");
        }

        var config = isImage ? manifest.Config with { MediaType = docker ? MediaTypes.DockerConfig : MediaTypes.OciConfig } : manifest.Config;
        var written = manifest with { MediaType = type, Config = config, Layers = typed, Annotations = docker ? null : manifest.Annotations };
        return new RawManifest(written.ToJson(), type);
    }

    /// <summary>Whether a manifest is an image's: its layers are tarballs.</summary>
    public static bool IsImage(ImageManifest manifest) =>
        manifest is { Config.MediaType: MediaTypes.OciConfig or MediaTypes.DockerConfig, ArtifactType: null } && !Attestations.IsAttestation(manifest);

    private static Descriptor Typed(Descriptor layer, bool docker)
    {
        var type = MediaTypes.Layer(MediaTypes.CompressionOf(layer.MediaType), docker);
        if (MediaTypes.IsEncrypted(layer.MediaType))
        {
            type += MediaTypes.Encrypted;
        }

        return layer.MediaType == type ? layer : layer with { MediaType = type };
    }
}
