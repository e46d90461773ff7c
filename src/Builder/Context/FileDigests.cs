using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Context;

/// <summary>
/// SHA-256 of files' contents, remembered by device, inode, size, modification and change time, so that an unchanged context is
/// walked and not read. A file that changed so lately that a later change might have the same times is not remembered (git's
/// rule for racy entries). Kept in <c>digests</c> of the state directory, which may be deleted at any time.
/// </summary>
internal sealed class FileDigests(StateDirectory state)
{
    private const string FileName = "digests";
    private const int MostEntries = 1_000_000;
    private const int BufferSize = 1 << 17;

    /// <summary>Coarse clocks tick every 10 ms at worst; ten times that is safe.</summary>
    private const uint RacyNanoseconds = 100_000_000;

    private readonly Lazy<ConcurrentDictionary<FileIdentity, FileDigest>> _known = new(() => Load(state));
    private int _added;

    /// <summary>The digest of a file's content if it can be told without reading it.</summary>
    public FileDigest? Known(in FileStatus status) => _known.Value.TryGetValue(FileIdentity.Of(status), out var known) ? known : null;

    /// <summary>The digest of a regular file's content. Safe for several threads.</summary>
    /// <param name="directory">Where it lies.</param>
    /// <param name="name">Its name there; a link is refused.</param>
    /// <param name="status">What statx said of it.</param>
    public FileDigest Of(SafeFileHandle directory, ReadOnlySpan<byte> name, in FileStatus status)
    {
        var identity = FileIdentity.Of(status);
        if (_known.Value.TryGetValue(identity, out var known))
        {
            return known;
        }

        var now = DateTimeOffset.UtcNow;
        using var file = FileCalls.Open(directory, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        var digest = Compute(file, status.Size);
        var opened = FileCalls.Status(file);
        if (FileIdentity.Of(opened) == identity && IsSettled(opened.ChangedAt, now) && IsSettled(opened.ModifiedAt, now))
        {
            _known.Value[identity] = digest;
            Interlocked.Increment(ref _added);
        }

        return digest;
    }

    /// <summary>Writes what was learnt; losing it costs only time.</summary>
    public void Save()
    {
        if (!_known.IsValueCreated || Interlocked.Exchange(ref _added, 0) == 0)
        {
            return;
        }

        var entries = new List<FileDigestEntry>(_known.Value.Count);
        foreach (var (identity, digest) in _known.Value)
        {
            entries.Add(new FileDigestEntry(identity, digest));
        }

        if (entries.Count > MostEntries)
        {
            entries.RemoveRange(0, entries.Count - (MostEntries / 2));
        }

        state.PublishFile(FileName, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(entries)), durable: false);
    }

    private static bool IsSettled(FileTime time, DateTimeOffset now)
    {
        var ticks = (now - TimeSpan.FromTicks(RacyNanoseconds / 100)).UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        return time < new FileTime(ticks / TimeSpan.TicksPerSecond, (uint)(ticks % TimeSpan.TicksPerSecond) * 100);
    }

    private static FileDigest Compute(SafeFileHandle file, long size)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            Span<byte> bytes = stackalloc byte[32];
            if (size < buffer.Length && FileCalls.Read(file, buffer) is var count && count == size)
            {
                // Most files are small: nothing to set up. If it grew meanwhile, its status says so and this is not remembered.
                SHA256.HashData(buffer.AsSpan(0, count), bytes);
            }
            else
            {
                FileCalls.Seek(file, 0);
                ComputeByParts(file, buffer, bytes);
            }

            return MemoryMarshal.Read<FileDigest>(bytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void ComputeByParts(SafeFileHandle file, byte[] buffer, Span<byte> digest)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int count;
        while ((count = FileCalls.Read(file, buffer)) > 0)
        {
            hash.AppendData(buffer, 0, count);
        }

        hash.GetHashAndReset(digest);
    }

    // A torn file (after a power loss) has a length that is no multiple, or zeros that no file has as its identity.
    private static ConcurrentDictionary<FileIdentity, FileDigest> Load(StateDirectory state)
    {
        var bytes = state.ReadFile(FileName) ?? [];
        var usable = bytes.Length % Marshal.SizeOf<FileDigestEntry>() == 0 ? bytes : [];
        var entries = MemoryMarshal.Cast<byte, FileDigestEntry>(usable);
        var known = new ConcurrentDictionary<FileIdentity, FileDigest>(Environment.ProcessorCount, entries.Length + 1024);
        foreach (ref readonly var entry in entries)
        {
            if (entry.Identity.Inode != 0)
            {
                known[entry.Identity] = entry.Digest;
            }
        }

        return known;
    }
}

/// <summary>What tells whether a file is still the one that was read.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FileIdentity(
    ulong Device, ulong Inode, long Size, long ModifiedSeconds, long ChangedSeconds, uint ModifiedNanoseconds, uint ChangedNanoseconds)
{
    public static FileIdentity Of(in FileStatus status) => new(
        ((ulong)status.Device.Major << 32) | status.Device.Minor, status.Inode, status.Size,
        status.ModifiedAt.Seconds, status.ChangedAt.Seconds, status.ModifiedAt.Nanoseconds, status.ChangedAt.Nanoseconds);
}

/// <summary>32 bytes of SHA-256.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FileDigest(ulong A, ulong B, ulong C, ulong D);

[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FileDigestEntry(FileIdentity Identity, FileDigest Digest);
