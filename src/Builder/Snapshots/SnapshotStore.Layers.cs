using System.Text;

using Bld.Json;
using Bld.Registry;
using Bld.Runtime.Linux;

namespace Bld.Builder.Snapshots;

/// <summary>What layers snapshots are, and which chains of layers they complete.</summary>
internal sealed partial class SnapshotStore
{
    /// <summary>
    /// Records the tarball of a snapshot (<c>layer.json</c>), so that nobody computes it again. Not synced: it is derived from the
    /// content, and whoever finds it unreadable computes it anew.
    /// </summary>
    internal void SetLayer(SnapshotId id, SnapshotLayer layer)
    {
        var record = new LayerRecord
        {
            DiffId = layer.DiffId.ToString(),
            Size = layer.Size,
            ClampTime = layer.ClampTime,
            FixedTime = layer.FixedTime,
        };
        state.PublishFile(LayerPath(id, layer.ClampTime, layer.FixedTime), record.ToJson(), durable: false);
        if (layer is { ClampTime: null, FixedTime: null } && Get(id) is { } snapshot)
        {
            _known[id] = snapshot with { Layer = layer };
        }
    }

    /// <summary>
    /// Makes a snapshot the one of a chain id: <c>chains/HEX</c> is a link to it. A complete snapshot that is there already stays.
    /// </summary>
    /// <returns>The chain's snapshot: this one, or the one that was there first.</returns>
    internal SnapshotId PublishChain(ChainId chain, SnapshotId id)
    {
        // One that was only promised is fetched now: a chain is for every process.
        _ = Kept(id);
        var path = Encoding.ASCII.GetBytes($"chains/{Hex(chain)}");
        var text = Encoding.ASCII.GetBytes($"../snapshots/{id}");
        while (FileCalls.TryMakeSymbolicLink(text, state.Handle, path) is var errno && errno != Errno.None)
        {
            if (errno != Errno.EEXIST)
            {
                throw new LinuxException("symlink", Encoding.ASCII.GetString(path), errno);
            }

            if (FindByChain(chain) is { } first)
            {
                return first.Id;
            }

            // It leads to a snapshot that was removed or lost. Losing the race for replacing it is fine: the loop looks again.
            FileCalls.TryUnlink(state.Handle, path);
        }

        state.Durability.Record();
        return id;
    }

    /// <summary>The complete snapshot of a chain of layers; null when there is none.</summary>
    internal Snapshot? FindByChain(ChainId chain)
    {
        if (FileCalls.TryReadLink(state.Handle, Encoding.ASCII.GetBytes($"chains/{Hex(chain)}"), out var text) != Errno.None)
        {
            return null;
        }

        return SnapshotId.TryParse(Encoding.ASCII.GetString(text.FileName)) is { } id && IsComplete(id) ? Get(id) : null;
    }

    private static string Hex(ChainId chain) => chain.ToString()[(chain.ToString().IndexOf(':', StringComparison.Ordinal) + 1)..];

    /// <summary>The tarball of a snapshot for the given times, where it has been computed.</summary>
    internal SnapshotLayer? FindLayer(SnapshotId id, long? clampTime, long? fixedTime) => ReadLayer(LayerPath(id, clampTime, fixedTime));

    /// <summary>The tarball of a snapshot that has this digest, so the times that it was made with; null when none is known.</summary>
    internal SnapshotLayer? FindLayer(SnapshotId id, DiffId diffId)
    {
        foreach (var file in Directory.EnumerateFiles($"{state.SnapshotsPath}/{id}", "layer*.json"))
        {
            if (ReadLayer($"snapshots/{id}/{Path.GetFileName(file)}") is { } layer && layer.DiffId == diffId)
            {
                return layer;
            }
        }

        return null;
    }

    private static string LayerPath(SnapshotId id, long? clampTime, long? fixedTime) =>
        fixedTime is not null ? $"snapshots/{id}/layer-f{fixedTime}.json"
        : clampTime is not null ? $"snapshots/{id}/layer-c{clampTime}.json"
        : $"snapshots/{id}/layer.json";

    private SnapshotLayer? ReadLayer(string path) =>
        JsonMembers.TryParse<LayerRecord>(state.ReadFile(path)) is { } record && DiffId.TryParse(record.DiffId, out var diffId)
            ? new SnapshotLayer(diffId, record.Size, record.ClampTime, record.FixedTime)
            : null;
}
