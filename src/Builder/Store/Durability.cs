using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;

using Bld.Runtime.Linux;

namespace Bld.Builder.Store;

/// <summary>A point in the life of one boot of the machine: the kernel's boot id and its monotonic clock in nanoseconds.</summary>
internal readonly record struct BootMoment(string Boot, long Nanoseconds);

/// <summary>
/// Knows what survives a power loss, so that committing a step needs no sync at all.
/// <para>
/// What is written without a sync carries the <see cref="BootMoment"/> after its last byte. Until the machine goes down it can be
/// trusted, because the kernel's page cache is one truth for all processes. Afterwards only what a syncfs(2) covered can be:
/// <c>synced/BOOT</c> holds the latest moment of that boot before which everything is on the disk. So a snapshot that was
/// half written when the power went is never adopted, and one syncfs a build (before a name is published) is enough.
/// </para>
/// </summary>
internal sealed class Durability(StateDirectory state)
{
    private readonly ConcurrentDictionary<string, long> _marks = new(StringComparer.Ordinal);
    private string? _boot;
    private long _needed;

    /// <summary>The kernel's id of this boot.</summary>
    internal string Boot => _boot ??= File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>The moment to record for what has just been written; a later <see cref="Synchronize"/> will cover it.</summary>
    internal BootMoment Record()
    {
        var moment = new BootMoment(Boot, Now());
        Need(moment.Nanoseconds);
        return moment;
    }

    /// <summary>
    /// Whether what was recorded at that moment is as it was written. What is trusted but not yet on the disk is remembered:
    /// the next <see cref="Synchronize"/> covers it, whichever process wrote it.
    /// </summary>
    internal bool IsTrusted(BootMoment moment)
    {
        if (moment.Boot == Boot)
        {
            Need(moment.Nanoseconds);
            return true;
        }

        // The boot's name becomes part of a path; nothing but the kernel's form of a UUID does.
        return Guid.TryParseExact(moment.Boot, "D", out _) && moment.Nanoseconds <= _marks.GetOrAdd(moment.Boot, ReadMark);
    }

    /// <summary>
    /// Returns when everything recorded or trusted so far through this object is on the disk. Does nothing when a sync has covered
    /// it already. May run on any thread, and early: what it has written the last call needn't write.
    /// </summary>
    internal void Synchronize()
    {
        if (Interlocked.Read(ref _needed) is var needed && (needed == 0 || needed <= ReadMark(Boot)))
        {
            return;
        }

        var covered = Now();
        FileCalls.SynchronizeFileSystem(state.Handle);

        // Another process may have published a later moment meanwhile: marks only grow.
        using (state.Lock("synced", exclusive: true))
        {
            if (ReadMark(Boot) < covered)
            {
                state.PublishFile($"synced/{Boot}", Encoding.ASCII.GetBytes(covered.ToString(CultureInfo.InvariantCulture) + "\n"));
            }
        }
    }

    /// <summary>Whether a <see cref="Synchronize"/> would have to write.</summary>
    internal bool IsPending => Interlocked.Read(ref _needed) is var needed and > 0 && needed > ReadMark(Boot);

    private static long Now() => Stopwatch.GetTimestamp();

    private void Need(long moment)
    {
        long seen;
        while ((seen = Interlocked.Read(ref _needed)) < moment && Interlocked.CompareExchange(ref _needed, moment, seen) != seen)
        {
        }
    }

    private long ReadMark(string boot) =>
        state.ReadFile($"synced/{boot}") is { } bytes && bytes is [.., (byte)'\n']
            && long.TryParse(bytes.AsSpan(0, bytes.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var mark)
            ? mark
            : -1;
}
