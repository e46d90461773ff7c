using Bld.Builder.Snapshots;

namespace Bld.Builder.Engine.History;

/// <summary>A step that ran again although its key was that of an earlier build: did it make the same layer?</summary>
/// <param name="Step">The step of the newer build.</param>
/// <param name="IsSame">Whether both layers are the same, byte for byte.</param>
/// <param name="How">In words, when they are not.</param>
internal sealed record Reproduction(RecordedStep Step, bool IsSame, string How)
{
    /// <summary>Compares a build with the newest earlier one that had each of its keys.</summary>
    public static IReadOnlyList<Reproduction> Find(BuildRecord record, BuildHistory history, SnapshotStore snapshots)
    {
        const int MostLookedAt = 20;
        var ran = record.Steps.Where(static step => step is { Outcome: "miss", Snapshot: not null, Key: not null }).ToList();
        var found = new List<Reproduction>();
        var ids = history.List();
        foreach (var earlier in ids.SkipWhile(id => id != record.Id).Skip(1).Take(MostLookedAt).Select(history.Read).OfType<BuildRecord>())
        {
            for (var i = ran.Count - 1; i >= 0; i--)
            {
                var step = ran[i];
                var old = earlier.Steps.FirstOrDefault(each => each.Key == step.Key && each.Snapshot is not null && each.Snapshot != step.Snapshot);
                if (old is not null && Compare(step, old, snapshots) is { } compared)
                {
                    found.Add(compared);
                    ran.RemoveAt(i);
                }
            }
        }

        return found;
    }

    private static Reproduction? Compare(RecordedStep step, RecordedStep old, SnapshotStore snapshots)
    {
        // Only where both tarballs are known: reading them all would make a report slow.
        if (Layer(step, snapshots) is not { } now || Layer(old, snapshots) is not { } then)
        {
            return null;
        }

        return new Reproduction(
            step, now.DiffId == then.DiffId, now.Size == then.Size ? "same size, other bytes: mostly times, or names in another order" : $"{then.Size} → {now.Size} bytes");
    }

    private static SnapshotLayer? Layer(RecordedStep step, SnapshotStore snapshots) =>
        SnapshotId.TryParse(step.Snapshot) is { } id ? snapshots.FindLayer(id, null, null) : null;
}
