using System.Text.Json;

using Bld.Json;

namespace Bld.Registry;

/// <summary>One image of an archive as <c>docker save</c> writes it: an element of <c>manifest.json</c>.</summary>
public sealed record DockerArchiveEntry : IJsonRecord<DockerArchiveEntry>
{
    public required string Config { get; init; }

    public IReadOnlyList<string>? RepoTags { get; init; }

    public required IReadOnlyList<string> Layers { get; init; }

    static DockerArchiveEntry IJsonRecord<DockerArchiveEntry>.Read(JsonMembers json) => new()
    {
        Config = json.RequiredText("Config"),
        RepoTags = json.Texts("RepoTags"),
        Layers = json.Texts("Layers") ?? [],
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("Config", Config);
        json.Texts("RepoTags", RepoTags);
        json.Texts("Layers", Layers);
    }
}

/// <summary>A tar file as <c>docker save</c> writes it, to read.</summary>
public sealed class DockerArchive : IDisposable
{
    private readonly TarArchive _archive;

    public DockerArchive(string path)
    {
        _archive = TarArchive.Open(path);
        try
        {
            Images = JsonMembers.ParseList<DockerArchiveEntry>(_archive.ReadDocument("manifest.json"));
        }
        catch (JsonException exception)
        {
            throw new RegistryException($"cannot read manifest.json in {path}: {exception.Message}", exception);
        }
    }

    /// <summary>Its images.</summary>
    public IReadOnlyList<DockerArchiveEntry> Images { get; }

    /// <summary>The images that a name means: all without one, one by name, or one by its place as <c>@0</c>.</summary>
    public IReadOnlyList<DockerArchiveEntry> Find(string? name)
    {
        if (name is null)
        {
            return Images;
        }

        if (name.StartsWith('@') && int.TryParse(name.AsSpan(1), out var place) && place >= 0 && place < Images.Count)
        {
            return [Images[place]];
        }

        var tagged = name.LastIndexOf(':') > name.LastIndexOf('/') ? name : name + ":latest";
        return Images.FirstOrDefault(each => each.RepoTags?.Any(tag => tag == tagged || tag.EndsWith("/" + tagged, StringComparison.Ordinal)) ?? false) is { } found
            ? [found]
            : throw new RegistryException($"no image named \"{name}\" in {_archive.Path}");
    }

    /// <summary>One image; its manifest is made of what the archive has.</summary>
    public IImageSource OpenImage(DockerArchiveEntry entry) => new Source(_archive, entry);

    public void Dispose() => _archive.Dispose();

    private sealed class Source(TarArchive archive, DockerArchiveEntry entry) : IImageSource
    {
        private readonly Dictionary<Digest, string> _files = [];

        public string Origin => archive.Path;

        public Task<RawManifest> GetManifestAsync(CancellationToken cancellation)
        {
            var configBytes = archive.ReadDocument(entry.Config);
            var config = ImageConfig.Parse(configBytes);
            if (config.RootFs.DiffIds.Count != entry.Layers.Count)
            {
                throw new RegistryException($"{archive.Path} is damaged: it has {entry.Layers.Count} layers, and {entry.Config} speaks of {config.RootFs.DiffIds.Count}");
            }

            var manifest = new ImageManifest
            {
                MediaType = MediaTypes.DockerManifest,
                Config = Describe(entry.Config, MediaTypes.DockerConfig, Digest.Of(configBytes)),
                Layers = [.. entry.Layers.Zip(config.RootFs.DiffIds, DescribeLayer)],
            };
            return Task.FromResult(new RawManifest(manifest.ToJson(), MediaTypes.DockerManifest));
        }

        public Task<RawManifest> GetManifestAsync(Descriptor manifest, CancellationToken cancellation) =>
            throw new RegistryException($"{archive.Path} has no list of images");

        public Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation) =>
            Task.FromResult<Stream>(new VerifyingStream(archive.OpenFile(_files[blob.Digest]), blob, Origin));

        public void Dispose()
        {
        }

        private Descriptor DescribeLayer(string file, DiffId diffId)
        {
            using var stream = archive.OpenFile(file);
            if (stream.ReadByte() != 0x1f || stream.ReadByte() != 0x8b)
            {
                return Describe(file, MediaTypes.DockerLayer, diffId.Digest);
            }

            // Some programs compress them, and the archive doesn't say what the digest then is.
            stream.Position = 0;
            return Describe(file, MediaTypes.DockerLayerGzip, Digest.FromSha256(System.Security.Cryptography.SHA256.HashData(stream)));
        }

        private Descriptor Describe(string file, string mediaType, Digest digest)
        {
            _files[digest] = file;
            return new Descriptor { MediaType = mediaType, Digest = digest, Size = archive.LengthOf(file) };
        }
    }
}

/// <summary>An image in a tar file as <c>docker save</c> writes it, to write; <c>docker load</c> and <c>podman load</c> take it.</summary>
public sealed class DockerArchiveSink : IImageSink
{
    private readonly TemporaryTree _tree;
    private readonly IReadOnlyList<string> _tags;
    private readonly DirectorySink _blobs;

    /// <param name="path">The tar file, which must not be there.</param>
    /// <param name="tags">The image's names, with tags.</param>
    public DockerArchiveSink(string path, IReadOnlyList<string> tags)
    {
        if (File.Exists(path) && new FileInfo(path).Length > 0)
        {
            throw new RegistryException($"{path} is there already, and docker-archive: can't add to it: remove it first");
        }

        Target = path;
        _tags = tags;
        _tree = new TemporaryTree(path);
        _blobs = new DirectorySink(_tree.Path);
    }

    public string Target { get; }

    public LayerForm Form => LayerForm.Plain;

    public RegistryName? Registry => null;

    public Task<bool> HasBlobAsync(Digest digest, CancellationToken cancellation) => _blobs.HasBlobAsync(digest, cancellation);

    public Task<bool> TryMountAsync(Digest digest, string repository, CancellationToken cancellation) => Task.FromResult(false);

    public Task PutBlobAsync(Descriptor blob, Func<Stream> open, CancellationToken cancellation) => _blobs.PutBlobAsync(blob, open, cancellation);

    public Task<(Digest Digest, long Size)> ProduceBlobAsync(Func<Stream, Digest> produce, CancellationToken cancellation) =>
        _blobs.ProduceBlobAsync(produce, cancellation);

    public async Task PutManifestAsync(RawManifest manifest, bool isTop, CancellationToken cancellation)
    {
        if (MediaTypes.IsIndex(manifest.MediaType) || !isTop)
        {
            throw new RegistryException("docker-archive: can't hold a list of images: push one of them");
        }

        var parsed = ImageManifest.Parse(manifest.Content);
        var entry = new DockerArchiveEntry
        {
            Config = $"{parsed.Config.Digest.Hex}.json",
            RepoTags = _tags,
            Layers = [.. parsed.Layers.Select(static layer => $"{layer.Digest.Hex}.tar")],
        };
        await File.WriteAllBytesAsync(
            $"{_tree.Path}/manifest.json", new[] { entry }.ToJson(ImageJson.Options), cancellation);
        var layers = parsed.Layers.Select(static layer => layer.Digest).Distinct().Select(digest => ($"{digest.Hex}.tar", $"{_tree.Path}/{digest.Hex}"));
        _tree.PublishArchive(
            Target,
            [.. layers, (entry.Config, $"{_tree.Path}/{parsed.Config.Digest.Hex}"), ("manifest.json", $"{_tree.Path}/manifest.json")]);
    }

    public void Dispose() => _tree.Dispose();
}
