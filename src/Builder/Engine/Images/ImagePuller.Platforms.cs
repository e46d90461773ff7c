using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>What an image can be had for.</summary>
internal sealed partial class ImagePuller
{
    /// <summary>The platforms of a name: of the list in the store, else of what the registry has, else of the image in the store.</summary>
    /// <exception cref="BuildException">There is no such image.</exception>
    public IReadOnlyList<Platform> Platforms(string name, CancellationToken cancellation)
    {
        var stored = ImageNames.Candidates(name).Select(images.Find).FirstOrDefault(static image => image is not null);
        if (stored is { IsIndex: true })
        {
            return PlatformChoice.Platforms(ImageIndex.Parse(images.ReadManifest(stored)));
        }

        var reference = TransportReference.TryParse(name) ?? new TransportReference(TransportKind.Registry, ImageNames.WithDefaultHost(name), null);
        if (stored is not null && stored.Names.All(static each => each.StartsWith("localhost/")))
        {
            return [OfConfig(images.ReadConfig(stored))];
        }

        return transports.ReadEach(reference, (source, _) => Offered(source, cancellation))[^1];
    }

    private static IReadOnlyList<Platform> Offered(IImageSource source, CancellationToken cancellation)
    {
        var raw = source.GetManifestAsync(cancellation).GetAwaiter().GetResult();
        if (MediaTypes.IsIndex(raw.MediaType))
        {
            return PlatformChoice.Platforms(ImageIndex.Parse(raw.Content));
        }

        var config = ImageManifest.Parse(raw.Content).Config;
        return [OfConfig(Documents.ReadAsync(source, config, cancellation).GetAwaiter().GetResult())];
    }

    private static Platform OfConfig(byte[] json)
    {
        var config = ImageConfig.Parse(json);
        return new Platform { Os = config.Os, Architecture = config.Architecture, Variant = config.Variant };
    }
}
