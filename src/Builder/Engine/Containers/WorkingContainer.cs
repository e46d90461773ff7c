using System.Text.Json;

using Bld.Builder.Snapshots;
using Bld.Json;
using Bld.Registry;

namespace Bld.Builder.Engine.Containers;

/// <summary>
/// <c>container.json</c>: what <c>bld from</c> made and the commands after it changed. Its root is a stack of snapshots: those of the
/// base image, and one for each command that wrote something; <c>commit</c> makes one layer of the latter.
/// </summary>
internal sealed record WorkingContainer : ContainerSummary, IJsonRecord<WorkingContainer>
{
    /// <summary>Digest of the base's manifest; empty for scratch.</summary>
    public string ImageDigest { get; init; } = "";

    /// <summary>The base's manifest, whose layers belong to <see cref="Base"/>: the image itself may be removed meanwhile.</summary>
    public JsonElement? Manifest { get; init; }

    /// <summary>Snapshots of the base's layers, the lowest first.</summary>
    public IReadOnlyList<string> Base { get; init; } = [];

    /// <summary>Snapshots of what was done since, the lowest first. Only those in <see cref="Committed"/> are known to anybody else.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>The change that is an image's layer; null before the first commit.</summary>
    public string? Committed { get; init; }

    /// <summary>The change that the mounted directory is about to become (<see cref="HeldContainer"/>); null at any other time.</summary>
    public string? Settling { get; init; }

    /// <summary>The configuration so far; history and diff ids are the base's.</summary>
    public required ImageConfig Config { get; init; }

    /// <summary>Annotations of the image to come.</summary>
    public SortedDictionary<string, string> Annotations { get; init; } = new(StringComparer.Ordinal);

    public ImageFormat Format { get; init; }

    /// <summary>What <c>from</c> said about every container that <c>run</c> starts.</summary>
    public RunSettings Run { get; init; } = new();

    /// <summary>What <c>config --created-by</c> says of the layer to come.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>What <c>config --history-comment</c> says of the layer to come.</summary>
    public string? HistoryComment { get; init; }

    /// <summary>Entries of the history that <c>--add-history</c> asked for; the layer's own comes behind them.</summary>
    public IReadOnlyList<HistoryEntry> History { get; init; } = [];

    /// <summary>The topmost snapshot; null for an empty root.</summary>
    public SnapshotId? Top => SnapshotId.TryParse(Changes.Count > 0 ? Changes[^1] : Base.Count > 0 ? Base[^1] : null);

    /// <summary>All snapshots that must stay while the container is there.</summary>
    public IEnumerable<SnapshotId> Snapshots => Base.Concat(Changes).Select(SnapshotId.TryParse).OfType<SnapshotId>();

    /// <summary>The base's manifest; null for scratch.</summary>
    public ImageManifest? ParseManifest() => Manifest is { } json ? ImageManifest.Parse(System.Text.Encoding.UTF8.GetBytes(json.GetRawText())) : null;

    static WorkingContainer IJsonRecord<WorkingContainer>.Read(JsonMembers json) => new()
    {
        Id = json.RequiredText("id"),
        Name = json.RequiredText("name"),
        Created = json.Time("created") ?? throw JsonMembers.Missing("created"),
        Image = json.Text("image") ?? "",
        ImageId = json.Text("imageId") ?? "",
        ImageDigest = json.Text("imageDigest") ?? "",
        Manifest = json.Element("manifest"),
        Base = json.Texts("base") ?? [],
        Changes = json.Texts("changes") ?? [],
        Committed = json.Text("committed"),
        Settling = json.Text("settling"),
        Config = json.RequiredObject<ImageConfig>("config"),
        Annotations = json.Map("annotations") ?? new SortedDictionary<string, string>(StringComparer.Ordinal),
        Format = (ImageFormat)(json.Int("format") ?? 0),
        Run = json.Object<RunSettings>("run") ?? new RunSettings(),
        CreatedBy = json.Text("createdBy"),
        HistoryComment = json.Text("historyComment"),
        History = json.Objects<HistoryEntry>("history") ?? [],
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        WriteSummary(json);
        json.Text("imageDigest", ImageDigest);
        json.Element("manifest", Manifest);
        json.Texts("base", Base);
        json.Texts("changes", Changes);
        json.Text("committed", Committed);
        json.Text("settling", Settling);
        json.Object("config", Config);
        json.Map("annotations", Annotations);
        json.Number("format", (long)Format);
        json.Object("run", Run);
        json.Text("createdBy", CreatedBy);
        json.Text("historyComment", HistoryComment);
        json.Objects("history", History);
    }
}
