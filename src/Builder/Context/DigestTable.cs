using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

using Bld.Builder.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Context;

/// <summary>
/// The remembered digests as they lie on the disk: a hash table of pages of 4 KiB, which is mapped and never read whole, so what a build
/// pays for is the files that it looks at. An entry doesn't cross a page: after a power loss a page is there or it is empty.
/// </summary>
internal sealed class DigestTable
{
    private const string FileName = "digests2";
    private const int PageSize = 4096;
    private static readonly int EntrySize = Unsafe.SizeOf<FileDigestEntry>();
    private static readonly int EntriesOfPage = PageSize / EntrySize;

    private readonly MappedFile? _file;

    private DigestTable(MappedFile? file) => _file = file;

    private ReadOnlySpan<byte> Bytes => _file is null ? [] : _file.Bytes;

    /// <summary>Opens the table of a state directory; an empty one when there is none, or none that can be used.</summary>
    public static DigestTable Open(StateDirectory state)
    {
        if (FileCalls.TryOpen(state.Handle, Encoding.ASCII.GetBytes(FileName), OpenFlags.ReadOnly, 0, out var file) != Errno.None)
        {
            return new DigestTable(null);
        }

        using (file)
        {
            var mapped = MappedFile.TryOpen(file);
            return new DigestTable(mapped is not null && mapped.Bytes.Length % PageSize == 0 ? mapped : null);
        }
    }

    /// <summary>What is known of a file; null when it isn't in the table.</summary>
    public KnownFile? Find(in FileIdentity identity)
    {
        var bytes = Bytes;
        if (bytes.IsEmpty)
        {
            return null;
        }

        ref readonly var entry = ref Place(bytes, identity);
        return !Unsafe.IsNullRef(in entry) && entry.Identity == identity ? entry.File : null;
    }

    /// <summary>Writes a table of what this one has and <paramref name="added"/>; with more than <paramref name="most"/> entries only the added ones.</summary>
    public void Write(StateDirectory state, IReadOnlyCollection<KeyValuePair<FileIdentity, KnownFile>> added, int most)
    {
        var old = Count() is var count && count + added.Count <= most ? Bytes : [];
        var pages = Math.Max(1, ((old.IsEmpty ? 0 : count) + added.Count) * 8 / (EntriesOfPage * 5) + 1);
        var bytes = new byte[pages * PageSize];
        foreach (var (identity, file) in added)
        {
            Place(bytes, identity) = new FileDigestEntry(identity, file);
        }

        for (var page = 0; page < old.Length; page += PageSize)
        {
            foreach (ref readonly var entry in Page(old, page))
            {
                if (entry.Identity.Inode != 0)
                {
                    Place(bytes, entry.Identity) = entry;
                }
            }
        }

        state.PublishFile(FileName, bytes, durable: false);
    }

    private int Count()
    {
        var count = 0;
        for (var page = 0; page < Bytes.Length; page += PageSize)
        {
            foreach (ref readonly var entry in Page(Bytes, page))
            {
                count += entry.Identity.Inode != 0 ? 1 : 0;
            }
        }

        return count;
    }

    /// <summary>The entry of a file, or the free one (inode 0, which no file has) where it belongs.</summary>
    private static ref FileDigestEntry Place(ReadOnlySpan<byte> bytes, in FileIdentity identity)
    {
        var hash = Hash(identity);
        var pages = (uint)(bytes.Length / PageSize);
        var page = (uint)(((hash >> 32) * pages) >> 32);
        for (var tried = 0U; tried < pages; tried++, page = page + 1 == pages ? 0 : page + 1)
        {
            var entries = Page(bytes, (int)page * PageSize);
            var at = (int)((uint)hash % (uint)entries.Length);
            for (var i = 0; i < entries.Length; i++, at = at + 1 == entries.Length ? 0 : at + 1)
            {
                ref readonly var entry = ref entries[at];
                if (entry.Identity.Inode == 0 || entry.Identity == identity)
                {
                    return ref Unsafe.AsRef(in entry);
                }
            }
        }

        // A table is made with room; only one that was damaged can be full.
        return ref Unsafe.NullRef<FileDigestEntry>();
    }

    private static ReadOnlySpan<FileDigestEntry> Page(ReadOnlySpan<byte> bytes, int at) =>
        MemoryMarshal.Cast<byte, FileDigestEntry>(bytes.Slice(at, EntriesOfPage * EntrySize));

    private static ulong Hash(in FileIdentity identity)
    {
        var hash = (identity.Inode * 0x9E3779B97F4A7C15UL) ^ identity.Device;
        hash = (hash ^ (ulong)identity.Size ^ ((ulong)identity.ModifiedNanoseconds << 32)) * 0xC2B2AE3D27D4EB4FUL;
        return hash ^ (hash >> 29);
    }
}
