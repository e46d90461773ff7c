namespace Bld.Registry;

/// <summary>How a layer's tarball is compressed.</summary>
public enum LayerCompression
{
    None,
    Gzip,
    Zstd,

    /// <summary>zstd with a table of contents, for those that fetch single files; its media types are zstd's.</summary>
    ZstdChunked,
}

/// <summary>The media types of OCI's image-spec and of Docker's schema 2.</summary>
public static class MediaTypes
{
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciConfig = "application/vnd.oci.image.config.v1+json";
    public const string OciLayer = "application/vnd.oci.image.layer.v1.tar";
    public const string OciLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    public const string OciLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
    public const string OciEmpty = "application/vnd.oci.empty.v1+json";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";
    public const string DockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
    public const string DockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    public const string DockerLayerZstd = "application/vnd.docker.image.rootfs.diff.tar.zstd";

    /// <summary>What the type of an encrypted layer has behind that of what it holds (ocicrypt).</summary>
    public const string Encrypted = "+encrypted";

    /// <summary>Whether a document of this type lists manifests.</summary>
    public static bool IsIndex(string? mediaType) => mediaType is OciIndex or DockerList;

    /// <summary>Whether a document of this type describes one image.</summary>
    public static bool IsManifest(string? mediaType) => mediaType is OciManifest or DockerManifest;

    /// <summary>Whether a layer of this type is encrypted.</summary>
    public static bool IsEncrypted(string mediaType) => mediaType.EndsWith(Encrypted, StringComparison.Ordinal);

    /// <summary>The type of what an encrypted layer holds; that of others as it is.</summary>
    public static string Plain(string mediaType) => IsEncrypted(mediaType) ? mediaType[..^Encrypted.Length] : mediaType;

    /// <summary>How a layer of this type is compressed.</summary>
    public static LayerCompression CompressionOf(string mediaType)
    {
        var plain = Plain(mediaType);
        return plain.EndsWith("gzip", StringComparison.Ordinal) ? LayerCompression.Gzip
            : plain.EndsWith("zstd", StringComparison.Ordinal) ? LayerCompression.Zstd
            : LayerCompression.None;
    }

    /// <summary>The type of a layer in one of both families.</summary>
    public static string Layer(LayerCompression compression, bool docker) => (compression, docker) switch
    {
        (LayerCompression.Gzip, false) => OciLayerGzip,
        (LayerCompression.Zstd or LayerCompression.ZstdChunked, false) => OciLayerZstd,
        (_, false) => OciLayer,
        (LayerCompression.Gzip, true) => DockerLayerGzip,
        (LayerCompression.Zstd or LayerCompression.ZstdChunked, true) => DockerLayerZstd,
        _ => DockerLayer,
    };
}
