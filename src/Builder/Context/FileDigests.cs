using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;

using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Registry;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Context;

/// <summary>
/// SHA-256 of files' contents, remembered by device, inode, size, modification and change time, so that an unchanged context is
/// walked and not read. A file that changed so lately that a later change might have the same times is not remembered (git's
/// rule for racy entries). Kept in <c>digests2</c> of the state directory (<see cref="DigestTable"/>), which may be deleted at any time.
/// </summary>
internal sealed class FileDigests(StateDirectory state)
{
    private const int MostEntries = 1_000_000;
    private const int BufferSize = 1 << 17;

    /// <summary>Coarse clocks tick every 10 ms at worst; ten times that is safe.</summary>
    private const uint RacyNanoseconds = 100_000_000;

    private readonly Lazy<DigestTable> _table = new(() => DigestTable.Open(state));
    private readonly ConcurrentDictionary<FileIdentity, KnownFile> _added = new();

    /// <summary>What can be told of a file without opening it.</summary>
    public KnownFile? Known(in FileStatus status)
    {
        var identity = FileIdentity.Of(status);
        return _table.Value.Find(identity) ?? (_added.TryGetValue(identity, out var known) ? known : null);
    }

    /// <summary>The digest of a regular file's content. Safe for several threads.</summary>
    /// <param name="directory">Where it lies.</param>
    /// <param name="name">Its name there; a link is refused.</param>
    /// <param name="status">What statx said of it.</param>
    public KnownFile Of(SafeFileHandle directory, ReadOnlySpan<byte> name, in FileStatus status)
    {
        if (Known(status) is { } known)
        {
            return known;
        }

        var now = DateTimeOffset.UtcNow;
        using var file = FileCalls.Open(directory, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        var found = new KnownFile(Compute(file, status.Size), HasAttributes(file));
        var opened = FileCalls.Status(file);
        var identity = FileIdentity.Of(status);
        if (FileIdentity.Of(opened) == identity && IsSettled(opened.ChangedAt, now) && IsSettled(opened.ModifiedAt, now))
        {
            _added[identity] = found;
        }

        return found;
    }

    /// <summary>Writes what was learnt; losing it costs only time.</summary>
    public void Save()
    {
        if (!_added.IsEmpty)
        {
            _table.Value.Write(state, _added.ToArray(), MostEntries);
            _added.Clear();
        }
    }

    private static bool HasAttributes(SafeFileHandle file)
    {
        foreach (var attribute in FileCalls.AttributeNames(file))
        {
            if (ContentAttributes.Belongs(attribute.Span))
            {
                return true;
            }
        }

        return false;
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
                Sha256Hash.HashData(buffer.AsSpan(0, count), bytes);
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
        using var hash = new Sha256Hash();
        int count;
        while ((count = FileCalls.Read(file, buffer)) > 0)
        {
            hash.Append(buffer.AsSpan(0, count));
        }

        hash.GetHashAndReset().CopyTo(digest);
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

/// <summary>What is remembered of a regular file.</summary>
/// <param name="Digest">SHA-256 of its content.</param>
/// <param name="Attributes">1 when it has extended attributes that are content, else 0: setting one changes the change time.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct KnownFile(FileDigest Digest, ulong Attributes)
{
    public KnownFile(FileDigest digest, bool hasAttributes)
        : this(digest, hasAttributes ? 1UL : 0)
    {
    }

    /// <summary>Whether it has extended attributes that belong to an image.</summary>
    public bool HasAttributes => Attributes != 0;
}

[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FileDigestEntry(FileIdentity Identity, KnownFile File);
