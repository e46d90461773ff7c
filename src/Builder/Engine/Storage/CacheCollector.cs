using Bld.Builder.Cache;
using Bld.Builder.Engine.Containers;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Storage;

/// <summary>What a collection did.</summary>
/// <param name="Removed">What went, in that order.</param>
/// <param name="Kept">Bytes of the cache that are left.</param>
internal sealed record Collected(IReadOnlyList<CachedPart> Removed, long Kept);

/// <summary>A snapshot that only the cache needs, or the files of a cache mount.</summary>
/// <param name="Name">The snapshot's id, or whose files they are.</param>
/// <param name="Size">Bytes: of a snapshot its length as a tarball, which is about what it takes on the disk.</param>
/// <param name="Used">When a step last made or adopted it, or one that lies on it; when a RUN last opened the mount.</param>
/// <param name="Remove">Removes it.</param>
internal sealed record CachedPart(string Name, long Size, DateTimeOffset Used, Action Remove);

/// <summary>
/// Makes the cache small: the steps' results that no image and no working container needs, and cache mounts, those that were not used for
/// longest first, until the rest is no larger than wanted. What lies on another was used no later than it, so nothing is left without what it
/// lies on.
/// </summary>
internal sealed class CacheCollector(StateDirectory state, ImageStore images, SnapshotStore snapshots, WorkingContainerStore containers)
{
    /// <summary>Removes down to <paramref name="keep"/> bytes.</summary>
    /// <exception cref="BuildException">Another process is using the state directory.</exception>
    public Collected Collect(long keep) =>
        TryCollect(keep) ?? throw new BuildException($"another bld is using {state.Root}, so nothing can be removed now; try again when it has ended");

    /// <summary>The same; null when another process is using the state directory.</summary>
    public Collected? TryCollect(long keep)
    {
        if (!state.TryLockAll())
        {
            return null;
        }

        try
        {
            return CollectAlone(keep);
        }
        finally
        {
            state.ShareAll();
        }
    }

    private Collected CollectAlone(long keep)
    {
        var records = new CacheStore(state).All();
        var unneeded = snapshots.Unreferenced(Roots());
        var left = Describe(unneeded, records);
        left.AddRange(CacheMounts.List(state).Select(Describe));
        var kept = left.Sum(static each => each.Size);
        var removed = new List<CachedPart>();
        foreach (var each in left.OrderBy(static each => each.Used))
        {
            if (kept <= keep)
            {
                break;
            }

            each.Remove();
            kept -= each.Size;
            removed.Add(each);
        }

        var gone = removed.Select(static each => each.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var record in records.Where(record => SnapshotId.TryParse(record.Snapshot) is { } id && (gone.Contains(id.ToString()) || snapshots.Get(id) is null)))
        {
            File.Delete($"{state.CachePath}/{record.Path}");
        }

        SharedDirectory.RemoveUnused(state, Skeleton.Folder);
        if (removed.Count > 0)
        {
            snapshots.RemoveDanglingChains();
            images.RemoveUnusedBlobs();
        }

        return new Collected(removed, kept);
    }

    /// <summary>The snapshots in an order in which none comes after what it lies on, also when it is sorted by use.</summary>
    private List<CachedPart> Describe(IReadOnlyList<SnapshotId> unneeded, IReadOnlyList<FoundRecord> records)
    {
        var used = new Dictionary<SnapshotId, DateTimeOffset>();
        foreach (var record in records)
        {
            if (SnapshotId.TryParse(record.Snapshot) is { } id && (!used.TryGetValue(id, out var known) || known < record.Used))
            {
                used[id] = record.Used;
            }
        }

        var described = new List<CachedPart>();
        foreach (var id in unneeded)
        {
            var snapshot = snapshots.Get(id);
            var when = used.TryGetValue(id, out var known) ? known : snapshot?.Created ?? DateTimeOffset.MinValue;
            described.Add(new CachedPart(id.ToString(), snapshot is null ? 0 : SizeOf(snapshot), when, () => snapshots.Remove(id)));
            if (snapshot?.Parent is { } parent && (!used.TryGetValue(parent, out var last) || last < when))
            {
                used[parent] = when;
            }
        }

        return described;
    }

    private CachedPart Describe(CacheMountInfo mount) =>
        new($"cache mount {mount.Id}", mount.Size, mount.UsedAt, () => CacheMounts.Remove(state, mount));

    private static long SizeOf(Snapshot snapshot)
    {
        if (snapshot.Layer is { } layer)
        {
            return layer.Size;
        }

        // Nobody has hashed it: a stage that only lends files.
        var size = 0L;
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        foreach (var file in new DirectoryInfo(snapshot.Path).EnumerateFiles("*", options))
        {
            size += file.Length;
        }

        return size;
    }

    private HashSet<SnapshotId> Roots()
    {
        var roots = containers.ListWhole().SelectMany(static container => container.Snapshots).ToHashSet();
        foreach (var image in images.List())
        {
            if (!image.IsIndex && images.HasBlob(Digest.Parse("sha256:" + image.Id)))
            {
                // Every chain on the way: the same layer on the same layers may have been made twice.
                ChainId? below = null;
                foreach (var diffId in ImageConfig.Parse(images.ReadConfig(image)).RootFs.DiffIds)
                {
                    below = below?.Append(diffId) ?? ChainId.Of(diffId);
                    if (snapshots.FindByChain(below.Value) is { } each)
                    {
                        roots.Add(each.Id);
                    }
                }
            }
        }

        return roots;
    }
}
