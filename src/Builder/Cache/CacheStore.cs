using System.Text;

using Bld.Builder.Store;
using Bld.Json;
using Bld.Runtime.Linux;

namespace Bld.Builder.Cache;

/// <summary>
/// Finds earlier results by key: one small file each, <c>cache/AA/KEY.json</c>, so a look-up costs one open whatever the store
/// holds. A record that can't be read is no record; one that names a snapshot which is gone or untrusted is a miss for the caller.
/// </summary>
internal sealed class CacheStore(StateDirectory state)
{
    /// <summary>The record of a key; null when there is none.</summary>
    public CacheRecord? Find(CacheKey key) => JsonMembers.TryParse<CacheRecord>(state.ReadFile(PathOf(key)));

    /// <summary>Remembers a result; a record that is there is replaced.</summary>
    public void Publish(CacheKey key, CacheRecord record) =>
        state.PublishFile(PathOf(key), record.ToJson(), durable: false);

    /// <summary>Notes that a record was of use; what nobody uses goes first when the cache has to become smaller.</summary>
    public void Touch(CacheKey key)
    {
        var now = DateTimeOffset.UtcNow;
        try
        {
            FileCalls.ChangeModifiedTime(state.Handle, Encoding.ASCII.GetBytes(PathOf(key)), new FileTime(now.ToUnixTimeSeconds(), 0));
        }
        catch (LinuxException)
        {
            // Somebody has just removed it, or the store can only be read.
        }
    }

    /// <summary>All records that can be read.</summary>
    public IReadOnlyList<FoundRecord> All()
    {
        var found = new List<FoundRecord>();
        foreach (var file in new DirectoryInfo(state.CachePath).EnumerateFiles("*.json", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(state.CachePath, file.FullName);
            if (path.Split('/') is [{ Length: 2 }, { Length: 69 } name] && Find(new CacheKey(name[..64])) is { } record)
            {
                found.Add(new FoundRecord(path, record.Snapshot, new DateTimeOffset(file.LastWriteTimeUtc)));
            }
        }

        return found;
    }

    private static string PathOf(CacheKey key) => $"cache/{key.Hex[..2]}/{key.Hex}.json";
}

/// <summary>A record as it lies on the disk.</summary>
/// <param name="Path">Its path in the cache's directory.</param>
/// <param name="Snapshot">The snapshot that it names; null for none.</param>
/// <param name="Used">When it was last of use.</param>
internal sealed record FoundRecord(string Path, string? Snapshot, DateTimeOffset Used);
