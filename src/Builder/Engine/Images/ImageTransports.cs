using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>Opens what image references name, with the options of one command line.</summary>
/// <param name="state">Where uploads are spooled.</param>
/// <param name="access">How registries are spoken to.</param>
internal sealed class ImageTransports(StateDirectory state, RegistryAccess access)
{
    /// <summary>How registries are spoken to.</summary>
    public RegistryAccess Access => access;

    /// <summary>Opens what a reference names, one image after the other (an archive may hold several), and has each read.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="read">Reads an image; its names are normalised.</param>
    public IReadOnlyList<T> ReadEach<T>(TransportReference reference, Func<IImageSource, IReadOnlyList<string>, T> read)
    {
        if (reference.Kind is TransportKind.DockerArchive)
        {
            return ReadArchive(reference.Path, reference.Name, read);
        }

        if (reference.Kind is TransportKind.DockerDaemon)
        {
            using var temporary = state.CreateTemporary("daemon");
            using var daemon = new DockerDaemon();
            var file = $"{temporary.Path}/image.tar";
            daemon.SaveAsync(reference.Path, file, CancellationToken.None).GetAwaiter().GetResult();
            return ReadArchive(file, null, read);
        }

        using var source = OpenSource(reference);
        return [read(source, NamesOf(source is LayoutArchiveSource { ImageName: { } name } ? reference with { Name = name } : reference))];
    }

    /// <summary>The list that a reference names; null when it names an image.</summary>
    public ImageIndex? ReadIndex(TransportReference reference, CancellationToken cancellation) =>
        reference.Kind is TransportKind.DockerArchive ? null : ReadDocument(reference, cancellation) is var top && MediaTypes.IsIndex(top.MediaType) ? ImageIndex.Parse(top.Content) : null;

    /// <summary>The document that a reference names: a manifest or a list.</summary>
    public RawManifest ReadDocument(TransportReference reference, CancellationToken cancellation) =>
        ReadEach(reference, (source, _) => source.GetManifestAsync(cancellation).GetAwaiter().GetResult())[0];

    /// <summary>The document that a name means, which may be short or have a transport.</summary>
    public RawManifest ReadDocument(string name, CancellationToken cancellation) => TransportReference.TryParse(name) switch
    {
        { Kind: not TransportKind.Registry } elsewhere => ReadDocument(elsewhere, cancellation),
        var given => access.WithMeaning(
            given?.Path ?? name, meaning => ReadDocument(new TransportReference(TransportKind.Registry, meaning.ToString(), null), cancellation)),
    };

    /// <summary>Opens an image of a registry.</summary>
    public IImageSource OpenRegistry(string name) =>
        OpenSource(new TransportReference(TransportKind.Registry, ImageNames.WithDefaultHost(TransportReference.TryParse(name)?.Path ?? name), null));

    private IImageSource OpenSource(TransportReference reference) => reference.Kind switch
    {
        TransportKind.Registry => access.OpenToRead(RegistryName.Parse(reference.Path)),
        TransportKind.Layout => new LayoutSource(OciLayout.Open(reference.Path), reference.Name),
        TransportKind.LayoutArchive => new LayoutArchiveSource(reference.Path, reference.Name),
        TransportKind.ContainersStorage => OpenStorage(reference),
        _ => new DirectorySource(reference.Path),
    };

    private static List<T> ReadArchive<T>(string path, string? name, Func<IImageSource, IReadOnlyList<string>, T> read)
    {
        using var archive = new DockerArchive(path);
        var found = new List<T>();
        foreach (var entry in archive.Find(name))
        {
            using var image = archive.OpenImage(entry);
            IEnumerable<string> names = name is null or ['@', ..] ? entry.RepoTags ?? [] : [ImageNames.WithLatest(name)];
            found.Add(read(image, [.. names.Select(ImageNames.WithDefaultHost)]));
        }

        return found.Count > 0 ? found : throw new BuildException($"the archive {path} holds no image");
    }

    private DetourSource OpenStorage(TransportReference reference)
    {
        var temporary = state.CreateTemporary("storage");
        try
        {
            var layout = $"{temporary.Path}/layout";
            ContainersStorage.Read(reference.Path, layout);
            return new DetourSource(new LayoutSource(OciLayout.Open(layout), null), reference.ToString(), temporary);
        }
        catch
        {
            temporary.Dispose();
            throw;
        }
    }

    private static IReadOnlyList<string> NamesOf(TransportReference reference) =>
        reference.Kind is TransportKind.Registry ? [RegistryName.Parse(reference.Path).ToString()]
        : reference.Kind is TransportKind.ContainersStorage ? [ImageNames.Normalise(reference.Path[(reference.Path.IndexOf(']') + 1)..])]
        : reference.Name is { } name && !name.StartsWith('@') ? [ImageNames.Normalise(name)] : [];

    /// <summary>A name for every tag of a repository.</summary>
    public IReadOnlyList<string> ListTags(string name, CancellationToken cancellation)
    {
        return access.WithMeaning(TransportReference.TryParse(name)?.Path ?? name, List);

        IReadOnlyList<string> List(RegistryName repository)
        {
            using var source = access.OpenToRead(repository);
            return [.. source.Client.ListTagsAsync(cancellation).GetAwaiter().GetResult().Select(tag => $"{repository.Host}/{repository.Repository}:{tag}")];
        }
    }

    /// <summary>A repository to work in freely, and its side that takes blobs; the sink is disposed of with the client.</summary>
    public (RegistryClient Client, RegistrySink Sink) OpenRepository(RegistryName name)
    {
        var client = access.Open(name);
        return (client, new RegistrySink(client, $"{state.Root}/tmp"));
    }

    /// <summary>A place to write an image to.</summary>
    public IImageSink OpenSink(TransportReference reference) => reference.Kind switch
    {
        TransportKind.Registry => new RegistrySink(access.Open(RegistryName.Parse(ImageNames.WithDefaultHost(reference.Path))), $"{state.Root}/tmp"),
        TransportKind.Layout => new LayoutSink(OciLayout.OpenOrCreate(reference.Path), reference.Names),
        TransportKind.LayoutArchive => new LayoutArchiveSink(reference.Path, reference.Names),
        TransportKind.DockerArchive => new DockerArchiveSink(reference.Path, [.. reference.Names.Select(static name => ImageNames.WithDefaultHost(ImageNames.WithLatest(name)))]),
        TransportKind.DockerDaemon => OpenDaemonSink(reference),
        TransportKind.ContainersStorage => OpenStorageSink(reference),
        _ => new DirectorySink(reference.Path),
    };

    private DetourSink OpenDaemonSink(TransportReference reference)
    {
        var temporary = state.CreateTemporary("daemon");
        var file = $"{temporary.Path}/image.tar";
        return new DetourSink(new DockerArchiveSink(file, [ImageNames.WithLatest(reference.Path)]), reference.ToString(), Load, temporary);

        async Task Load(CancellationToken cancellation)
        {
            using var daemon = new DockerDaemon();
            await daemon.LoadAsync(file, cancellation);
        }
    }

    private DetourSink OpenStorageSink(TransportReference reference)
    {
        var temporary = state.CreateTemporary("storage");
        var layout = $"{temporary.Path}/layout";
        return new DetourSink(new LayoutSink(OciLayout.OpenOrCreate(layout), []), reference.ToString(), HandOver, temporary);

        Task HandOver(CancellationToken cancellation)
        {
            ContainersStorage.Write(layout, reference.Path);
            return Task.CompletedTask;
        }
    }
}
