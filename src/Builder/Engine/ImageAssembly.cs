using Bld.Builder.Snapshots;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>The last step to an image, of a build as of a working container: layers and configuration → manifest → store.</summary>
internal static class ImageAssembly
{
    /// <summary>How long digests may take, in milliseconds, before a sync of its own for what the steps wrote is worth its few milliseconds.</summary>
    private const int PatienceForDigests = 20;

    /// <summary>Puts an image into the store.</summary>
    /// <param name="services">The store's parts.</param>
    /// <param name="layers">The layers, the lowest first.</param>
    /// <param name="config">The configuration, complete but for the diff ids.</param>
    /// <param name="format">Whose media types it gets.</param>
    /// <param name="annotations">Annotations of the manifest; Docker's has none.</param>
    /// <param name="names">Normalised names; may be none.</param>
    public static BuildResult Publish(
        EngineServices services,
        IReadOnlyList<PendingLayer> layers,
        ImageConfig config,
        ImageFormat format,
        IReadOnlyDictionary<string, string> annotations,
        IReadOnlyList<string> names)
    {
        var docker = format == ImageFormat.Docker;
        var configBytes = (config with { RootFs = DiffIds(services, layers) }).ToJson();
        var manifest = new ImageManifest
        {
            MediaType = docker ? MediaTypes.DockerManifest : MediaTypes.OciManifest,
            Config = new Descriptor
            {
                MediaType = docker ? MediaTypes.DockerConfig : MediaTypes.OciConfig,
                Digest = Digest.Of(configBytes),
                Size = configBytes.Length,
            },
            Layers = [.. layers.Select(layer => Describe(layer, docker))],
            Annotations = docker || annotations.Count == 0 ? null : Sorted(annotations),
        };
        PublishChains(services.Snapshots, layers);
        var manifestBytes = manifest.ToJson();
        var image = services.Images.Add(manifestBytes, manifest.MediaType, configBytes, names);
        return new BuildResult(image.Id, image.ManifestDigest, names)
        {
            Manifest = new Descriptor
            {
                MediaType = manifest.MediaType,
                Digest = image.ManifestDigest,
                Size = manifestBytes.Length,
                Platform = PlatformOf(config),
            },
        };
    }

    /// <summary>The platform as descriptors say it.</summary>
    public static Platform PlatformOf(ImageConfig config) => new()
    {
        Os = config.Os,
        Architecture = config.Architecture,
        Variant = config.Variant,
        OsVersion = config.OsVersion,
        OsFeatures = config.OsFeatures,
    };

    /// <summary>
    /// The diff ids of layers, waiting for those that are still being computed. What the steps wrote goes to the disk meanwhile, so that
    /// the sync before the image gets its name finds little to do.
    /// </summary>
    public static RootFs DiffIds(EngineServices services, IReadOnlyList<PendingLayer> layers)
    {
        foreach (var layer in layers)
        {
            layer.StartDigest();
        }

        if (!layers.All(static layer => layer.IsDigestKnown(PatienceForDigests)))
        {
            services.State.Durability.Synchronize();
        }

        return new RootFs { DiffIds = [.. layers.Select(static layer => layer.Digest.DiffId)] };
    }

    private static Descriptor Describe(PendingLayer layer, bool docker)
    {
        if (layer.Blob is { } blob)
        {
            return blob with { MediaType = MediaTypes.Layer(MediaTypes.CompressionOf(blob.MediaType), docker) };
        }

        return new Descriptor
        {
            MediaType = MediaTypes.Layer(LayerCompression.None, docker),
            Digest = layer.Digest.DiffId.Digest,
            Size = layer.Digest.Size,
        };
    }

    private static SortedDictionary<string, string> Sorted(IReadOnlyDictionary<string, string> annotations)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in annotations)
        {
            sorted[name] = value;
        }

        return sorted;
    }

    private static void PublishChains(SnapshotStore snapshots, IReadOnlyList<PendingLayer> layers)
    {
        ChainId? chain = null;
        foreach (var layer in layers)
        {
            chain = chain?.Append(layer.Digest.DiffId) ?? ChainId.Of(layer.Digest.DiffId);
            snapshots.PublishChain(chain.Value, layer.Snapshot);
        }
    }
}
