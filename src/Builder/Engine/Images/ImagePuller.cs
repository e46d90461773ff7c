using System.Text.Json;

using Bld.Builder.Layers.Encryption;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>Brings images into the store, and makes sure that their layers' snapshots are there.</summary>
internal sealed partial class ImagePuller(ImageStore images, SnapshotStore snapshots, BlobMemory memory, ImageTransports transports)
{
    private const string Sha256 = "sha256:";

    /// <summary>Told what is being fetched, a line each.</summary>
    public Action<string>? Report { get; set; }

    /// <summary>Told how far each blob is.</summary>
    public Action<Transfer>? Progress { get; set; }

    /// <summary>What encrypted layers are opened with.</summary>
    public IReadOnlyList<DecryptionKey> DecryptionKeys { get; set; } = [];

    /// <summary>Whether the platform was asked for, so that an image of another one in the store doesn't do, although it is this machine's.</summary>
    public bool IsPlatformAsked { get; set; }

    /// <summary>An image by name, id or transport reference, with its snapshots.</summary>
    /// <exception cref="BuildException">It is not there and can't be fetched.</exception>
    public PulledImage Ensure(string name, PullPolicy policy, Platform platform, CancellationToken cancellation)
    {
        var reference = TransportReference.TryParse(name);
        if (reference is not null && reference.Kind is not TransportKind.Registry)
        {
            // Without a place in brackets the store that is meant first is our own, as it is Buildah's for Buildah.
            var own = reference is { Kind: TransportKind.ContainersStorage, Path: [not '[', ..] } ? Find(reference.Path, platform) : null;
            return own is null ? Pull(reference, platform, cancellation) : Unpacked(own, cancellation);
        }

        var plain = reference?.Path ?? name;
        var stored = Find(plain, platform);
        if (stored is null && ImageNames.IsId(plain.StartsWith(Sha256) ? plain[Sha256.Length..] : plain))
        {
            throw new BuildException($"{name}: image not known");
        }

        switch (policy)
        {
            case PullPolicy.Never:
            case PullPolicy.Missing when stored is not null:
                return Unpacked(
                    stored ?? throw new BuildException($"{name}: image not known: it is not in the store for {platform}, and it may not be pulled: bring it there by bld pull, or leave out --pull=never"),
                    cancellation);
            case PullPolicy.Newer when stored is not null:
                return TryPull(plain, platform, cancellation) ?? Unpacked(stored, cancellation);
            default:
                return PullName(plain, platform, cancellation);
        }
    }

    /// <summary>Brings an image into the store: by transport reference, or by name from a registry.</summary>
    public PulledImage Pull(string reference, Platform platform, CancellationToken cancellation) =>
        TransportReference.TryParse(reference) is not { } parsed ? PullName(reference, platform, cancellation)
        : parsed.Kind is TransportKind.Registry ? PullName(parsed.Path, platform, cancellation)
        : Pull(parsed, platform, cancellation);

    /// <summary>Brings an image of a file into the store, and leaves its names where they are.</summary>
    public PulledImage PullUnnamed(TransportReference reference, Platform platform, CancellationToken cancellation) =>
        transports.ReadEach(reference, (source, _) => Fetch(reference, source, [], platform, cancellation))[^1];

    /// <summary>Makes the snapshots of an image that is in the store.</summary>
    public PulledImage Unpacked(StoredImage stored, CancellationToken cancellation)
    {
        var manifest = ImageManifest.Parse(images.ReadManifest(stored));
        var config = ImageConfig.Parse(images.ReadConfig(stored));
        var diffIds = config.RootFs.DiffIds;
        var ids = new List<SnapshotId>();
        ChainId? chain = null;
        foreach (var diffId in diffIds)
        {
            chain = chain?.Append(diffId) ?? ChainId.Of(diffId);
            if (snapshots.FindByChain(chain.Value) is { } snapshot)
            {
                ids.Add(snapshot.Id);
            }
        }

        if (ids.Count == diffIds.Count)
        {
            return new PulledImage(stored, manifest, config, ids);
        }

        using var source = new StoreSource(images);
        return new PulledImage(stored, manifest, config, Layers().Pull(source, manifest, config, cancellation).Snapshots);
    }

    private LayerPuller Layers() => new(images, snapshots, memory, Report) { Progress = Progress, Keys = DecryptionKeys };

    private StoredImage? Find(string name, Platform platform)
    {
        foreach (var candidate in Candidates(name))
        {
            if (images.Find(candidate) is { } stored)
            {
                return stored.IsIndex ? FindInIndex(stored, platform) : IsOfOther(stored, candidate, platform) ? null : stored;
            }
        }

        return null;
    }

    // A name of a registry has images for several platforms, of which the store keeps one; what was built here is taken as it is.
    private bool IsOfOther(StoredImage stored, string name, Platform platform) =>
        (IsPlatformAsked || platform != Platform.Host) && stored.Names.Contains(name) && !name.StartsWith("localhost/") && !platform.Accepts(OfConfig(images.ReadConfig(stored)));

    private StoredImage? FindInIndex(StoredImage stored, Platform platform)
    {
        var chosen = PlatformChoice.Choose(ImageIndex.Parse(images.ReadManifest(stored)), platform);
        return chosen is null || !images.HasBlob(chosen.Digest)
            ? throw new BuildException($"the list {(stored.Names is [var first, ..] ? first : stored.Id)} has no image for {platform} in the store")
            : images.FindManifest(chosen.Digest);
    }

    private PulledImage? TryPull(string name, Platform platform, CancellationToken cancellation)
    {
        try
        {
            return PullName(name, platform, cancellation);
        }
        catch (RegistryException exception)
        {
            Report?.Invoke($"{name} can't be pulled, so the stored one is used: {exception.Message}");
            return null;
        }
    }

    private PulledImage PullName(string name, Platform platform, CancellationToken cancellation) =>
        transports.Access.WithMeaning(name, meaning =>
        {
            var reference = new TransportReference(TransportKind.Registry, meaning.ToString(), null);
            Report?.Invoke($"Trying to pull {reference.Path}...");
            return Pull(reference, platform, cancellation);
        });

    // A short name that an earlier pull found is in the store by its whole name.
    private IEnumerable<string> Candidates(string name) => ImageNames.HasHost(name)
        ? ImageNames.Candidates(name)
        : ImageNames.Candidates(name).Concat(transports.Access.StoredMeanings(name)).Concat(ImageNames.StoredEnding(images, name));

    private PulledImage Pull(TransportReference reference, Platform platform, CancellationToken cancellation) =>
        transports.ReadEach(reference, (source, names) => Fetch(reference, source, names, platform, cancellation))[^1];

    private PulledImage Fetch(
        TransportReference reference, IImageSource source, IReadOnlyList<string> names, Platform platform, CancellationToken cancellation)
    {
        try
        {
            var documents = FindManifest(source, platform, cancellation);
            transports.Access.Policy.CheckAsync(source, reference, documents, cancellation).GetAwaiter().GetResult();
            var raw = documents[^1];
            var manifest = ImageManifest.Parse(raw.Content);
            var configBytes = images.HasBlob(manifest.Config.Digest)
                ? images.ReadBlob(manifest.Config.Digest)
                : Documents.ReadAsync(source, manifest.Config, cancellation).GetAwaiter().GetResult();
            var config = ImageConfig.Parse(configBytes);
            var layers = Layers().Pull(source, manifest, config, cancellation);
            if (source is RegistrySource registry)
            {
                foreach (var layer in manifest.Layers.Where(static each => !MediaTypes.IsEncrypted(each.MediaType)))
                {
                    memory.AddPlace(layer.Digest, registry.Client.Name);
                }
            }

            if (!layers.Blobs.SequenceEqual(manifest.Layers))
            {
                manifest = manifest with { Layers = layers.Blobs };
                raw = new RawManifest(manifest.ToJson(), raw.MediaType);
            }

            Report?.Invoke($"Writing manifest {raw.Digest}");
            return new PulledImage(images.Add(raw.Content, raw.MediaType, configBytes, names, SizeOf(layers)), manifest, config, layers.Snapshots);
        }
        catch (JsonException exception)
        {
            throw new BuildException($"{source.Origin} is no image: {exception.Message}", exception);
        }
    }

    private long SizeOf(PulledLayers layers) => layers.Snapshots.Sum(id => snapshots.Get(id)?.Layer?.Size ?? 0);

    /// <summary>The document that the name means, and what is chosen from it, down to an image's manifest.</summary>
    private static List<RawManifest> FindManifest(IImageSource source, Platform platform, CancellationToken cancellation)
    {
        const int Deepest = 4;
        var documents = new List<RawManifest> { source.GetManifestAsync(cancellation).GetAwaiter().GetResult() };
        while (MediaTypes.IsIndex(documents[^1].MediaType))
        {
            var index = ImageIndex.Parse(documents[^1].Content);
            var chosen = documents.Count <= Deepest ? PlatformChoice.Choose(index, platform) : null;
            documents.Add(source.GetManifestAsync(
                chosen ?? throw new BuildException($"{source.Origin} has no image for {platform}{PlatformChoice.Offer(index)}"),
                cancellation).GetAwaiter().GetResult());
        }

        return documents;
    }
}
