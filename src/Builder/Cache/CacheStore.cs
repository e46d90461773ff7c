using System.Text.Json;

using Bld.Builder.Store;

namespace Bld.Builder.Cache;

/// <summary>
/// Finds earlier results by key: one small file each, <c>cache/AA/KEY.json</c>, so a look-up costs one open whatever the store
/// holds. A record that can't be read is no record; one that names a snapshot which is gone or untrusted is a miss for the caller.
/// </summary>
internal sealed class CacheStore(StateDirectory state)
{
    /// <summary>The record of a key; null when there is none.</summary>
    public CacheRecord? Find(CacheKey key)
    {
        if (state.ReadFile(PathOf(key)) is not { } bytes)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(bytes, CacheJsonContext.Default.CacheRecord);
        }
        catch (JsonException)
        {
            // Written just before the power went: the step runs again and writes it anew.
            return null;
        }
    }

    /// <summary>Remembers a result; a record that is there is replaced.</summary>
    public void Publish(CacheKey key, CacheRecord record) =>
        state.PublishFile(PathOf(key), JsonSerializer.SerializeToUtf8Bytes(record, CacheJsonContext.Default.CacheRecord), durable: false);

    private static string PathOf(CacheKey key) => $"cache/{key.Hex[..2]}/{key.Hex}.json";
}
