using System.Text;

using Bld.Runtime.Linux;

namespace Bld.Builder.Snapshots;

/// <summary>Finding what nobody needs, and removing it. For both the caller holds the whole exclusively (TryLockAll).</summary>
internal sealed partial class SnapshotStore
{
    /// <summary>Every committed snapshot that can be trusted.</summary>
    internal IReadOnlyList<Snapshot> List()
    {
        var snapshots = new List<Snapshot>();
        foreach (var name in Names("snapshots"))
        {
            if (SnapshotId.TryParse(name) is { } id && Get(id) is { } snapshot)
            {
                snapshots.Add(snapshot);
            }
        }

        return snapshots;
    }

    /// <summary>
    /// The snapshots that none of these needs, neither itself nor as something below it, children before their parents; also what is
    /// left of snapshots that a power loss took.
    /// </summary>
    internal IReadOnlyList<SnapshotId> Unreferenced(IEnumerable<SnapshotId> roots)
    {
        var needed = new HashSet<SnapshotId>();
        foreach (var root in roots)
        {
            for (SnapshotId? next = root; next is { } current && needed.Add(current);)
            {
                next = Get(current)?.Parent;
            }
        }

        var depths = new Dictionary<SnapshotId, int>();
        var unneeded = Names("snapshots").Select(SnapshotId.TryParse).OfType<SnapshotId>().Where(id => !needed.Contains(id));
        return [.. unneeded.OrderByDescending(id => Depth(id, depths)).ThenBy(static id => id.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>Removes a snapshot: out of sight by one rename, then its files. Those that lie on it are broken afterwards.</summary>
    internal void Remove(SnapshotId id)
    {
        _known.TryRemove(id, out _);
        using var grave = state.CreateTemporary("removed");
        if (FileCalls.TryRename(state.Handle, Encoding.ASCII.GetBytes($"snapshots/{id}"), grave.Handle, "snapshot"u8)
            is var errno and not (Errno.None or Errno.ENOENT))
        {
            throw new LinuxException("rename", $"{state.SnapshotsPath}/{id}", errno);
        }
    }

    /// <summary>Removes the links of chains whose snapshots are gone.</summary>
    internal void RemoveDanglingChains()
    {
        foreach (var name in Names("chains"))
        {
            var path = Encoding.UTF8.GetBytes($"chains/{name}");
            if (FileCalls.TryReadLink(state.Handle, path, out var text) != Errno.None
                || SnapshotId.TryParse(Encoding.ASCII.GetString(text.FileName)) is not { } id || Get(id) is null)
            {
                FileCalls.TryUnlink(state.Handle, path);
            }
        }
    }

    private int Depth(SnapshotId id, Dictionary<SnapshotId, int> depths)
    {
        var chain = new Stack<SnapshotId>();
        SnapshotId? next = id;
        while (next is { } current && !depths.ContainsKey(current))
        {
            chain.Push(current);
            next = Get(current)?.Parent;
        }

        var depth = next is { } known ? depths[known] : 0;
        foreach (var each in chain)
        {
            depths[each] = ++depth;
        }

        return depths[id];
    }

    private List<string> Names(string part)
    {
        using var directory = FileCalls.Open(state.Handle, Encoding.ASCII.GetBytes(part), OpenFlags.ReadOnly | OpenFlags.Directory);
        return FileCalls.ReadDirectory(directory).ConvertAll(static entry => entry.Name.ToString());
    }
}
