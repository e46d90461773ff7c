using System.Globalization;
using System.Text;

using Bld.Builder.Store;

namespace Bld.Builder.Engine.Storage;

/// <summary>
/// How large the cache of a state directory may get: <c>keep-storage</c> in it, a number of bytes, set by <c>bld prune --keep-storage SIZE --always</c>.
/// A build that ends well looks at it, and collects at most once an hour, never while another process is using the directory.
/// </summary>
internal static class CacheLimit
{
    private const string LimitName = "keep-storage";
    private const string DoneName = "collected";
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    /// <summary>Sets the limit; null for none.</summary>
    public static void Set(StateDirectory state, long? bytes)
    {
        if (bytes is { } limit)
        {
            state.PublishFile(LimitName, Encoding.ASCII.GetBytes(limit.ToString(CultureInfo.InvariantCulture) + "\n"));
        }
        else
        {
            File.Delete($"{state.Root}/{LimitName}");
        }

        File.Delete($"{state.Root}/{DoneName}");
    }

    /// <summary>The limit; null when none is set.</summary>
    public static long? Get(StateDirectory state) =>
        state.ReadFile(LimitName) is { } bytes && long.TryParse(Encoding.ASCII.GetString(bytes), CultureInfo.InvariantCulture, out var limit) ? limit : null;

    /// <summary>Collects if there is a limit and the last time is long enough ago.</summary>
    public static void Enforce(StateDirectory state, CacheCollector collector)
    {
        if (Get(state) is not { } limit || DateTime.UtcNow - File.GetLastWriteTimeUtc($"{state.Root}/{DoneName}") < Pause)
        {
            return;
        }

        if (collector.TryCollect(limit) is not null)
        {
            state.PublishFile(DoneName, [], durable: false);
        }
    }
}
