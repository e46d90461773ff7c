using System.Buffers.Binary;
using System.Runtime.InteropServices;

using Bld.Builder.Context;
using Bld.Builder.Snapshots;
using Bld.Registry;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Copy;

/// <summary>
/// Digests a tree as a cache key sees it: names, kinds, modes, owners where they are kept, attributes, link texts and contents.
/// Times are left out: a fresh checkout of the same files gives the same key.
/// </summary>
internal sealed class ContentHasher(CopySource source, FileDigests digests, CancellationToken cancellation, TreeNotes? notes = null) : IDisposable
{
    private const int Separator = 0x0A;
    private readonly Sha256Hash _hash = new();

    /// <summary>The bytes that what was added occupies, as <c>du</c> counts.</summary>
    public long Occupied { get; private set; }

    /// <summary>What tells the listings of all directories that were added from those of any later time.</summary>
    public ListingMark Listed { get; private set; }

    /// <summary>The digest of all that was added.</summary>
    public Digest Finish() => Digest.FromSha256(_hash.GetHashAndReset());

    /// <summary>Adds a text, such as a destination.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        _hash.Append(length);
        _hash.Append(text);
    }

    /// <summary>Adds one match: a file, or a directory with all that is in it and not excluded.</summary>
    /// <param name="match">The match.</param>
    /// <param name="below">Its path as <paramref name="excludes"/> see it.</param>
    /// <param name="excludes">What is left out.</param>
    public void Add(SourceMatch match, string below, IgnoreRules excludes)
    {
        if (!match.Status.IsDirectory)
        {
            using var parent = FileCalls.OpenInRoot(source.Root, match.Real.DirectoryName, OpenFlags.Path | OpenFlags.Directory);
            var outside = notes?.Enter(ByteString.From(Path.GetDirectoryName(match.Name) ?? "").Span);
            AddEntry(parent, match.Real.FileName, match.Status);
            notes?.Leave(outside!.Value);
            return;
        }

        AddOwnerAndMode(match.Status);
        var before = notes?.Enter(ByteString.From(match.Name).Span);
        Note("."u8, match.Status, 0);
        using var directory = List(FileCalls.OpenInRoot(source.Root, match.Real.Span, OpenFlags.ReadOnly | OpenFlags.Directory), match.Name, below, excludes);
        AddDirectory(directory, excludes);
        notes?.Leave(before!.Value);
    }

    /// <summary>Adds a directory without what is in it.</summary>
    public void AddDirectoryAlone(string name, in FileStatus status)
    {
        AddOwnerAndMode(status);
        var before = notes?.Enter(ByteString.From(name).Span);
        Note("."u8, status, 0);
        notes?.Leave(before!.Value);
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private void AddDirectory(ListedDirectory directory, IgnoreRules excludes)
    {
        using var ahead = new DirectoriesAhead(directory.Entries, entry => List(
            FileCalls.Open(directory.Handle, entry.Name.Span, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow), entry.Path, entry.Below, excludes));
        foreach (var entry in directory.Entries)
        {
            Listed = Listed.With(entry.Status);
            Add(entry.Name.Span);
            AddEntry(directory.Handle, entry.Name.Span, entry.Status);
            if (entry.Status.IsDirectory)
            {
                using var child = ahead.Next(entry);
                var before = notes?.Enter(entry.Name.Span);
                AddDirectory(child, excludes);
                notes?.Leave(before!.Value);
                Add([Separator]);
            }
        }
    }

    /// <summary>Lists a directory, which it takes over, and reads the files that are not known yet.</summary>
    private ListedDirectory List(SafeFileHandle directory, string path, string below, IgnoreRules excludes)
    {
        try
        {
            cancellation.ThrowIfCancellationRequested();
            var entries = new TreeListing(source, excludes).Of(directory, path, below).ToList();
            ReadUnknown(directory, entries);
            return new ListedDirectory(directory, entries);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Reads what is not known yet on all processors; the digests are then remembered for the walk.</summary>
    private void ReadUnknown(SafeFileHandle directory, List<ListedEntry> entries)
    {
        const int TooFew = 8;
        var unknown = entries.FindAll(entry => entry.Status.IsRegular && digests.Known(entry.Status) is null);
        if (unknown.Count >= TooFew)
        {
            Parallel.ForEach(unknown, new ParallelOptions { CancellationToken = cancellation }, entry => digests.Of(directory, entry.Name.Span, entry.Status));
        }
    }

    private void AddEntry(SafeFileHandle directory, ReadOnlySpan<byte> name, in FileStatus status)
    {
        const int BlockSize = 512;
        var content = 0UL;
        Occupied += status.Blocks * BlockSize;
        AddOwnerAndMode(status);
        var file = status.IsRegular ? digests.Of(directory, name, status) : default;
        var attributes = status.IsRegular && !file.HasAttributes ? 0 : AddAttributes(directory, name);
        switch (status.Kind)
        {
            case FileKind.Regular:
                var digest = file.Digest;
                _hash.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<FileDigest>(in digest)));
                content = digest.A;
                break;
            case FileKind.SymbolicLink:
                var link = FileCalls.ReadLink(directory, name);
                Add(link.Span);
                content = notes is null ? 0 : Short(link.Span);
                break;
            case FileKind.CharacterDevice or FileKind.BlockDevice:
                Span<byte> device = stackalloc byte[8];
                BinaryPrimitives.WriteUInt32LittleEndian(device, status.NodeDevice.Major);
                BinaryPrimitives.WriteUInt32LittleEndian(device[4..], status.NodeDevice.Minor);
                _hash.Append(device);
                content = BinaryPrimitives.ReadUInt64LittleEndian(device);
                break;
            default:
                break;
        }

        Note(name, status, content ^ attributes);
    }

    private void AddOwnerAndMode(in FileStatus status)
    {
        Span<byte> bytes = stackalloc byte[12];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, status.RawMode);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], source.KeepsOwners ? status.UserId : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], source.KeepsOwners ? status.GroupId : 0);
        _hash.Append(bytes);
    }

    private void Note(ReadOnlySpan<byte> name, in FileStatus status, ulong content) =>
        notes?.Add(name, status.RawMode, source.KeepsOwners ? status.UserId : 0, source.KeepsOwners ? status.GroupId : 0, content);

    private static ulong Short(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(Sha256Hash.HashData(bytes));

    /// <summary>Adds extended attributes; gives a short digest of them for the notes, 0 for none.</summary>
    private ulong AddAttributes(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        var all = 0UL;
        foreach (var attribute in FileCalls.AttributeNames(directory, name))
        {
            if (ContentAttributes.Belongs(attribute.Span) && FileCalls.Attribute(directory, name, attribute.Span) is { } value)
            {
                Add(attribute.Span);
                Add(value);
                all ^= notes is null ? 0 : Short([.. attribute.Span, 0, .. value]);
            }
        }

        return all;
    }
}
