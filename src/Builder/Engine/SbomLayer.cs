using Bld.Builder.Engine.Containers;
using Bld.Builder.Engine.Sbom;
using Bld.Builder.Snapshots;
using Bld.Registry;
using Bld.Runtime.Linux;

namespace Bld.Builder.Engine;

/// <summary>
/// Puts the SBOM of a build's image into it: one more layer, whose times and content follow from the layers below alone, so that the same
/// build gives the same image.
/// </summary>
internal sealed class SbomLayer(BuildSession session, SbomRequest request)
{
    private SnapshotId? _snapshot;

    /// <summary>The stage with that layer.</summary>
    /// <param name="stage">What the image is made of.</param>
    /// <param name="bill">What was found in it.</param>
    public StageResult Add(StageResult stage, out BillOfMaterials bill)
    {
        var services = session.Services;
        var id = Chain(services, stage.Layers)?.ToString() ?? "scratch";
        var created = Time(stage);
        bill = BillOfMaterials.Scan(stage.Top, request.Name ?? id, id, created, services.Snapshots, request.Warn, session.Cancellation);
        using var files = new SbomFiles(services.State);
        var snapshot = AddedFiles.Add(services, stage.Top, files.Write(bill, request.Format, request.Places), new FileTime(created.ToUnixTimeSeconds(), 0), session.Cancellation);
        _snapshot = snapshot;
        return stage with
        {
            Top = snapshot,
            Layers = [.. stage.Layers, session.NewLayer(snapshot)],
            History = [.. stage.History, new HistoryEntry { Created = created, CreatedBy = "SBOM of the layers below" }],
        };
    }

    /// <summary>Removes what nobody needs after all: these layers have become one, or the store has the same image already.</summary>
    public void Forget(IReadOnlyList<PendingLayer> layers)
    {
        var snapshots = session.Services.Snapshots;
        if (_snapshot is { } snapshot && (Chain(session.Services, layers) is not { } chain || snapshots.FindByChain(chain)?.Id != snapshot))
        {
            snapshots.Remove(snapshot);
        }
    }

    private static ChainId? Chain(EngineServices services, IReadOnlyList<PendingLayer> layers)
    {
        ChainId? chain = null;
        foreach (var diffId in ImageAssembly.DiffIds(services, layers).DiffIds)
        {
            chain = chain?.Append(diffId) ?? ChainId.Of(diffId);
        }

        return chain;
    }

    private DateTimeOffset Time(StageResult stage) =>
        (session.Request.SourceDateEpoch ?? session.Request.Timestamp) is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds)
        : stage.Created ?? stage.Config.Created ?? DateTimeOffset.UnixEpoch;
}
