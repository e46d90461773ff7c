using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>
/// Finds what an argument of <c>bld manifest add</c> means and describes it for a list. Of an image in a registry only the documents
/// are fetched; its layers go from there to wherever the list is pushed (<see cref="RemoteBlobs"/>).
/// </summary>
internal sealed class ListMembers(ImageStore images, ImagePuller puller, ImageTransports transports, BlobMemory memory)
{
    /// <summary>The images that an argument means.</summary>
    /// <param name="argument">A name of the store or a registry, an id, or a transport reference.</param>
    /// <param name="all">Whether all images of a list are meant, or only the one for the platform.</param>
    /// <param name="platform">What to choose from a list.</param>
    /// <param name="cancellation">Stops fetching.</param>
    public IReadOnlyList<Descriptor> Find(string argument, bool all, Platform platform, CancellationToken cancellation)
    {
        var reference = TransportReference.TryParse(argument);
        var own = reference switch
        {
            null => argument,
            { Kind: TransportKind.ContainersStorage, Path: [not '[', ..] path } => path,
            _ => null,
        };
        if (own is not null && ImageNames.Candidates(own).Select(images.Find).OfType<StoredImage>().FirstOrDefault() is { } stored)
        {
            return OfStored(stored, all, platform);
        }

        return reference is { Kind: not TransportKind.Registry }
            ? OfLocal(reference, all, platform, cancellation)
            : transports.Access.WithMeaning(
                reference?.Path ?? argument,
                name => OfRegistry(new TransportReference(TransportKind.Registry, name.ToString(), null), all, platform, cancellation));
    }

    /// <summary>An image of the store as an entry of a list.</summary>
    public Descriptor Describe(StoredImage image) => Describe(new RawManifest(images.ReadManifest(image), image.MediaType), images.ReadBlob);

    private IReadOnlyList<Descriptor> OfStored(StoredImage stored, bool all, Platform platform)
    {
        if (!stored.IsIndex)
        {
            return [Describe(stored)];
        }

        var index = ImageIndex.Parse(images.ReadManifest(stored));
        return all ? index.Manifests : [PlatformChoice.Choose(index, platform) ?? throw NoneFor(stored.Names is [var name, ..] ? name : stored.Id, platform, index)];
    }

    // What lies in files is brought into the store, because files move and change.
    private List<Descriptor> OfLocal(TransportReference reference, bool all, Platform platform, CancellationToken cancellation)
    {
        var index = all ? transports.ReadIndex(reference, cancellation) : null;
        var platforms = index?.Manifests.Select(static each => each.Platform).OfType<Platform>().ToList() ?? [platform];
        return [.. platforms.Select(each => Describe(puller.PullUnnamed(reference, each, cancellation).Stored))];
    }

    private List<Descriptor> OfRegistry(TransportReference reference, bool all, Platform platform, CancellationToken cancellation) =>
        transports.ReadEach(reference, (source, _) =>
        {
            var top = source.GetManifestAsync(cancellation).GetAwaiter().GetResult();
            if (!MediaTypes.IsIndex(top.MediaType))
            {
                return new List<Descriptor> { Fetched(source, top, null, cancellation) };
            }

            var index = ImageIndex.Parse(top.Content);
            var wanted = all ? index.Manifests : [PlatformChoice.Choose(index, platform) ?? throw NoneFor(source.Origin, platform, index)];
            return [.. wanted.Select(each => Fetched(source, source.GetManifestAsync(each, cancellation).GetAwaiter().GetResult(), each, cancellation))];
        })[0];

    private Descriptor Fetched(IImageSource source, RawManifest raw, Descriptor? entry, CancellationToken cancellation)
    {
        images.AddDocument(raw.Content);
        if (MediaTypes.IsIndex(raw.MediaType))
        {
            return entry ?? raw.ToDescriptor();
        }

        var manifest = ImageManifest.Parse(raw.Content);
        var config = Documents.ReadAsync(source, manifest.Config, cancellation).GetAwaiter().GetResult();
        images.AddDocument(config);
        if (source is RegistrySource registry)
        {
            foreach (var blob in manifest.Layers)
            {
                memory.AddPlace(blob.Digest, registry.Client.Name);
            }
        }

        return entry ?? Describe(raw, _ => config);
    }

    private static Descriptor Describe(RawManifest raw, Func<Digest, byte[]> readBlob)
    {
        var manifest = ImageManifest.Parse(raw.Content);
        if (manifest.Config.MediaType is not (MediaTypes.OciConfig or MediaTypes.DockerConfig))
        {
            return raw.ToDescriptor() with { ArtifactType = manifest.ArtifactType ?? manifest.Config.MediaType };
        }

        var config = ImageConfig.Parse(readBlob(manifest.Config.Digest));
        return raw.ToDescriptor() with
        {
            Platform = new Platform { Architecture = config.Architecture, Os = config.Os, Variant = config.Variant },
        };
    }

    private static BuildException NoneFor(string name, Platform platform, ImageIndex index) =>
        new($"{name} has no image for {platform}{PlatformChoice.Offer(index)}; --all takes them all");
}
