using System.Text;

using Bld.Builder.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Engine;

/// <summary>A cache that RUN mounts share, as it lies in the store.</summary>
/// <param name="Name">The directory's name below <c>cache-mounts/</c>.</param>
/// <param name="Id">The id that its users give, or its target; empty when its file is gone.</param>
/// <param name="Size">Bytes that its files occupy.</param>
/// <param name="UsedAt">When a build last opened it.</param>
internal sealed record CacheMountInfo(string Name, string Id, long Size, DateTimeOffset UsedAt);

/// <summary>Lists and removes the caches of <c>RUN --mount=type=cache</c>, for commands that show and prune the store.</summary>
internal static class CacheMounts
{
    private const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;

    /// <summary>All caches, the longest unused first. Sizes are of this moment: a build may be writing.</summary>
    public static IReadOnlyList<CacheMountInfo> List(StateDirectory state)
    {
        var found = new List<CacheMountInfo>();
        using var all = FileCalls.Open(state.CacheMountsPath, OpenFlags.ReadOnly | OpenFlags.Directory);
        foreach (var entry in FileCalls.ReadDirectory(all).Where(static entry => entry.Kind == FileKind.Directory))
        {
            if (FileCalls.TryOpen(all, entry.Name.Span, DirectoryItself, 0, out var place) != Errno.None)
            {
                continue;
            }

            using (place)
            {
                var id = state.ReadFile($"cache-mounts/{entry.Name}/id") is { } bytes ? Encoding.UTF8.GetString(bytes).TrimEnd('\n') : "";
                var used = FileCalls.Status(place).ModifiedAt;
                found.Add(new CacheMountInfo(entry.Name.ToString(), id, TreeSize.Of(place), DateTimeOffset.FromUnixTimeSeconds(used.Seconds)));
            }
        }

        return [.. found.OrderBy(static cache => cache.UsedAt)];
    }

    /// <summary>Removes a cache; the next RUN that wants it starts with an empty one. The caller holds the whole exclusively (TryLockAll), so nobody uses it.</summary>
    public static void Remove(StateDirectory state, CacheMountInfo cache)
    {
        using var grave = state.CreateTemporary("removed");
        var path = $"cache-mounts/{cache.Name}";
        if (FileCalls.TryRename(state.Handle, Encoding.UTF8.GetBytes(path), grave.Handle, "cache"u8) is var errno and not (Errno.None or Errno.ENOENT))
        {
            throw new LinuxException("rename", $"{state.Root}/{path}", errno);
        }
    }
}
