using Bld.Builder.Cache;
using Bld.Builder.Snapshots;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>A stage while it is being built: what the next instruction starts from.</summary>
internal sealed class StageState(StageResult start, StageVariables variables)
{
    /// <summary>The configuration so far. The environment is kept in <see cref="Variables"/> and joined at the end.</summary>
    public ImageConfig Config { get; set; } = start.Config;

    public StageVariables Variables { get; } = variables;

    public SnapshotId? Top { get; private set; } = start.Top;

    public List<PendingLayer> Layers { get; } = [.. start.Layers];

    /// <summary>The steps that made layers, those of stages below included.</summary>
    public List<StageStep> Steps { get; } = [.. start.Steps];

    public List<HistoryEntry> History { get; } = [.. start.History];

    /// <summary>The key of what the root holds; instructions that only change the configuration leave it alone.</summary>
    public CacheKey Key { get; private set; } = start.Key;

    /// <summary>Number of layers that came with the base image.</summary>
    public int BaseLayers { get; } = start.BaseLayers;

    /// <summary>Whether this stage had a CMD: a later ENTRYPOINT then leaves it.</summary>
    public bool CommandSet { get; set; }

    /// <summary>When the newest step ran; a hit counts with the time of the run that it repeats.</summary>
    public DateTimeOffset? Created { get; private set; } = start.Created;

    /// <summary>The shell that runs commands in shell form.</summary>
    public IReadOnlyList<string> Shell =>
        Config.Config?.Shell is { Count: > 0 } shell ? shell
        : Config.Os == "windows" ? ["cmd", "/S", "/C"]
        : ["/bin/sh", "-c"];

    public string WorkingDirectory => Config.Config?.WorkingDir is { Length: > 0 } directory ? directory : "/";

    public string User => Config.Config?.User ?? "";

    /// <summary>Adds a step's layer.</summary>
    public void Push(PendingLayer layer, CacheKey key, DateTimeOffset created, bool cached)
    {
        Steps.Add(new StageStep(key, Layers.Count, created, cached));
        Layers.Add(layer);
        Top = layer.Snapshot;
        Key = key;
        Created = Created is { } newest && newest > created ? newest : created;
    }

    /// <summary>Puts another result of a step in the place of the one that it had.</summary>
    public void Replace(int index, PendingLayer layer)
    {
        Layers[index] = layer;
        Top = Layers[^1].Snapshot;
    }

    /// <summary>What the stage hands on.</summary>
    public StageResult ToResult() => new()
    {
        Config = Config with { Config = (Config.Config ?? new ContainerConfig()) with { Env = Variables.Environment is { Count: > 0 } set ? set : null } },
        Top = Top,
        Layers = Layers,
        Steps = Steps,
        History = History,
        Key = Key,
        BaseLayers = BaseLayers,
        InheritedHistory = start.InheritedHistory,
        Variables = Variables,
        Created = Created,
        BaseName = start.BaseName,
        BaseDigest = start.BaseDigest,
        Annotations = start.Annotations,
    };
}
