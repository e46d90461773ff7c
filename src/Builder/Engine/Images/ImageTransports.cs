using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>Opens what image references name, with the options of one command line.</summary>
/// <param name="state">Where uploads are spooled.</param>
/// <param name="options">How registries are spoken to.</param>
internal sealed class ImageTransports(StateDirectory state, RegistryOptions options)
{
    /// <summary>Opens what a reference names, one image after the other (an archive may hold several), and has each read.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="read">Reads an image; its names are normalised.</param>
    public IReadOnlyList<T> ReadEach<T>(TransportReference reference, Func<IImageSource, IReadOnlyList<string>, T> read)
    {
        if (reference.Kind is TransportKind.DockerArchive)
        {
            using var archive = new DockerArchive(reference.Path);
            var found = new List<T>();
            foreach (var entry in archive.Find(reference.Name))
            {
                using var image = archive.OpenImage(entry);
                found.Add(read(image, [.. (entry.RepoTags ?? []).Select(ImageNames.WithDefaultHost)]));
            }

            return found.Count > 0 ? found : throw new BuildException($"the archive {reference.Path} holds no image");
        }

        using var source = OpenSource(reference);
        return [read(source, NamesOf(reference))];
    }

    /// <summary>The list that a reference names; null when it names an image.</summary>
    public ImageIndex? ReadIndex(TransportReference reference, CancellationToken cancellation) =>
        reference.Kind is TransportKind.DockerArchive ? null : ReadDocument(reference, cancellation) is var top && MediaTypes.IsIndex(top.MediaType) ? ImageIndex.Parse(top.Content) : null;

    /// <summary>The document that a reference names: a manifest or a list.</summary>
    public RawManifest ReadDocument(TransportReference reference, CancellationToken cancellation) =>
        ReadEach(reference, (source, _) => source.GetManifestAsync(cancellation).GetAwaiter().GetResult())[0];

    private IImageSource OpenSource(TransportReference reference) => reference.Kind switch
    {
        TransportKind.Registry => new RegistrySource(new RegistryClient(RegistryName.Parse(reference.Path), options)),
        TransportKind.Layout => new LayoutSource(OciLayout.Open(reference.Path), reference.Name),
        TransportKind.LayoutArchive => new LayoutArchiveSource(reference.Path, reference.Name),
        _ => new DirectorySource(reference.Path),
    };

    private static IReadOnlyList<string> NamesOf(TransportReference reference) =>
        reference.Kind is TransportKind.Registry ? [RegistryName.Parse(reference.Path).ToString()]
        : reference.Name is { } name && !name.StartsWith('@') ? [ImageNames.Normalise(name)] : [];

    /// <summary>A name for every tag of a repository.</summary>
    public IReadOnlyList<string> ListTags(string name, CancellationToken cancellation)
    {
        var repository = RegistryName.Parse(ImageNames.WithDefaultHost(TransportReference.TryParse(name)?.Path ?? name));
        using var client = new RegistryClient(repository, options);
        return [.. client.ListTagsAsync(cancellation).GetAwaiter().GetResult().Select(tag => $"{repository.Host}/{repository.Repository}:{tag}")];
    }

    /// <summary>A place to write an image to.</summary>
    public IImageSink OpenSink(TransportReference reference) => reference.Kind switch
    {
        TransportKind.Registry => new RegistrySink(new RegistryClient(RegistryName.Parse(ImageNames.WithDefaultHost(reference.Path)), options), $"{state.Root}/tmp"),
        TransportKind.Layout => new LayoutSink(OciLayout.OpenOrCreate(reference.Path), reference.Name),
        TransportKind.LayoutArchive => new LayoutArchiveSink(reference.Path, reference.Name),
        TransportKind.DockerArchive => new DockerArchiveSink(reference.Path, reference.Name is { } name ? [ImageNames.WithDefaultHost(ImageNames.WithLatest(name))] : []),
        _ => new DirectorySink(reference.Path),
    };
}
