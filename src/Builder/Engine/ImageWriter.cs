using Bld.Builder.Cache;
using Bld.Builder.Engine.Sbom;
using Bld.Builder.Engine.SharedCache;
using Bld.Builder.Snapshots;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>Makes an image of a stage: layers' digests → configuration → manifest → names.</summary>
/// <param name="session">The build.</param>
/// <param name="request">What the image shall be: the build's request, or for a stage's image a part of it.</param>
internal sealed class ImageWriter(BuildSession session, BuildRequest request)
{
    /// <summary>The label that names the program that made an image.</summary>
    public const string IdentityLabel = "io.buildah.version";

    private readonly BuildRequest _request = request;

    /// <summary>Its value.</summary>
    public static string Identity => ThisAssembly.Version;

    /// <summary>Whether the Dockerfile says no more than FROM of the image.</summary>
    public bool IsFromAlone { get; init; }

    /// <summary>Writes the image of a stage into the store.</summary>
    public BuildResult Write(StageResult stage)
    {
        if (IsFromAlone && FindUnchanged(stage) is { } image)
        {
            return image;
        }

        BillOfMaterials? bill = null;
        var sbom = _request.Sbom is { } wanted ? new SbomLayer(session, wanted) : null;
        stage = sbom?.Add(stage, out bill) ?? stage;

        var layers = Layers(stage);
        var config = Dated(Finished(stage) with { RootFs = ImageAssembly.DiffIds(session.Services, layers) }, stage);
        var result = ImageAssembly.Publish(session.Services, layers, config, _request.Format, Annotations(stage, config), _request.Names);
        sbom?.Forget(layers);
        return result with { Bill = bill };
    }

    /// <summary>
    /// The base itself, when nothing on the command line changes it and it has no triggers: it gets the names, as Buildah does it, and whoever asks
    /// sees that nothing was built.
    /// </summary>
    private BuildResult? FindUnchanged(StageResult stage)
    {
        if (stage.BaseDigest is not { } digest || Changes())
        {
            return null;
        }

        var images = session.Services.Images;
        if (images.FindManifest(digest) is not { } stored || stored.MediaType == MediaTypes.DockerManifest != (_request.Format == ImageFormat.Docker)
            || ImageConfig.Parse(images.ReadConfig(stored)) is not { Config: null or { OnBuild: null or { Count: 0 } } } config)
        {
            return null;
        }

        foreach (var name in _request.Names)
        {
            images.Tag(stored, name);
        }

        return new BuildResult(stored.Id, digest, _request.Names)
        {
            Manifest = new Descriptor
            {
                MediaType = stored.MediaType,
                Digest = digest,
                Size = stored.ManifestSize,
                Platform = ImageAssembly.PlatformOf(config),
            },
        };
    }

    private bool Changes()
    {
        var metadata = _request.Metadata;
        return _request is not
        {
            Squash: false, Sbom: null, IsAttested: false, Author: null, OsVersion: null, OsFeatures.Count: 0, Labels.Count: 0, Environment.Count: 0, InheritLabels: true, InheritAnnotations: true,
            Timestamp: null, SourceDateEpoch: null, CacheTo.Count: 0,
        }
        || metadata is not { OmitHistory: false, IdentityLabel: false, Annotations.Count: 0, UnsetAnnotations.Count: 0, UnsetEnvironment.Count: 0, UnsetLabels.Count: 0 };
    }

    private IReadOnlyList<PendingLayer> Layers(StageResult stage)
    {
        if (_request.Squash && stage.Layers.Count > 0)
        {
            return [Merge(stage.Layers, below: null)];
        }

        if (_request.Layers || stage.Layers.Count <= stage.BaseLayers + 1)
        {
            return stage.Layers;
        }

        var own = stage.Layers.Skip(stage.BaseLayers).ToList();
        var below = stage.BaseLayers > 0 ? stage.Layers[stage.BaseLayers - 1].Snapshot : (SnapshotId?)null;
        return [.. stage.Layers.Take(stage.BaseLayers), Merge(own, below)];
    }

    private PendingLayer Merge(IReadOnlyList<PendingLayer> layers, SnapshotId? below) =>
        session.NewLayer(LayerMerge.Merge(session.Services.Snapshots, [.. layers.Select(static layer => layer.Snapshot)], below, session.Cancellation));

    private ImageConfig Finished(StageResult stage)
    {
        var config = stage.Config.Config ?? new ContainerConfig();
        var variables = StageVariables.From(stage.Variables?.Environment ?? config.Env ?? [], null);
        foreach (var name in _request.Metadata.UnsetEnvironment)
        {
            variables.UnsetEnvironment(name);
        }

        var labels = new SortedDictionary<string, string>(config.Labels ?? [], StringComparer.Ordinal);
        if (_request.Metadata.IdentityLabel)
        {
            labels[IdentityLabel] = Identity;
        }

        foreach (var (name, value) in _request.Labels)
        {
            labels[name] = value;
        }

        return stage.Config with
        {
            OsVersion = _request.OsVersion ?? stage.Config.OsVersion,
            OsFeatures = Features(stage.Config.OsFeatures),
            Author = _request.Author ?? stage.Config.Author,
            Config = config with
            {
                Env = variables.Environment.Count > 0 ? variables.Environment : null,
                Labels = labels.Count > 0 ? labels : null,
            },
            History = _request.Metadata.OmitHistory ? null : History(stage),
        };
    }

    private List<string>? Features(IReadOnlyList<string>? present)
    {
        var features = new List<string>(present ?? []);
        foreach (var asked in _request.OsFeatures)
        {
            if (asked.EndsWith('-'))
            {
                features.Remove(asked[..^1]);
            }
            else if (!features.Contains(asked))
            {
                features.Add(asked);
            }
        }

        return features.Count > 0 ? features : null;
    }

    private IReadOnlyList<HistoryEntry> History(StageResult stage)
    {
        if (_request.Squash)
        {
            return stage.Layers.Count > 0 ? [new HistoryEntry { CreatedBy = "squashed by bld" }] : [];
        }

        if (_request.Layers)
        {
            return stage.History;
        }

        // One layer for the whole stage: the last entry with a layer has it, the others become empty.
        var inherited = stage.BaseLayers;
        var last = stage.History.Select(static (entry, index) => (entry, index)).LastOrDefault(static each => !each.entry.EmptyLayer).index;
        return
        [
            .. stage.History.Select((entry, index) =>
                entry.EmptyLayer || inherited-- > 0 || index == last ? entry : entry with { EmptyLayer = true }),
        ];
    }

    /// <summary>
    /// Gives the image its time. An image that was built before from the same steps with the same configuration keeps the time that
    /// it had then, so building it again gives the same image.
    /// </summary>
    private ImageConfig Dated(ImageConfig config, StageResult stage)
    {
        var key = new CacheKeyBuilder("image", stage.Key).Add("config", Digest.Of((config with { Created = null }).ToJson()).ToString()).ToKey();

        // When other machines share their steps, an image of nothing but such steps is as old as they are: it is the same image everywhere.
        var created = session.SharedCache is not null && stage.Steps.Count > 0 && stage.Steps.All(static step => step.Cached) && stage.Created is { } newest
            ? newest
            : session.Now;
        if ((_request.SourceDateEpoch ?? _request.Timestamp) is null)
        {
            if (_request.UseCache && session.Services.Cache.Find(key) is { } record)
            {
                created = record.Created;
            }
            else
            {
                session.Services.Cache.Publish(key, new CacheRecord { Created = created });
            }
        }

        var own = Math.Max(0, (config.History?.Count ?? 0) - stage.InheritedHistory);
        var first = (config.History?.Count ?? 0) - own;
        return config with
        {
            Created = created,
            History = config.History is null
                ? null
                : [.. config.History.Select((entry, index) => index < first ? entry : entry with { Created = Time(entry.Created ?? created) })],
        };
    }

    private DateTimeOffset Time(DateTimeOffset created) =>
        (_request.SourceDateEpoch ?? _request.Timestamp) is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : created;

    private Dictionary<string, string> Annotations(StageResult stage, ImageConfig config)
    {
        var annotations = new Dictionary<string, string>(ImageAnnotations.Of(_request, stage, config.Created), StringComparer.Ordinal);

        // Merged layers are no step's.
        if (_request.CacheTo.Any(static each => each.Kind == CachePlaceKind.Inline) && _request is { Layers: true, Squash: false })
        {
            InlineCache.Write(annotations, stage);
        }

        return annotations;
    }
}
