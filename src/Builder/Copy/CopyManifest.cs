using System.Buffers.Binary;
using System.Runtime.InteropServices;

using Bld.Builder.Context;
using Bld.Runtime.Linux;

namespace Bld.Builder.Copy;

/// <summary>What a copy wrote at a path: digest of the content, and the metadata that two names of one inode must share.</summary>
internal readonly record struct CopiedFile(FileDigest Content, uint User, uint Group, uint Mode, FileTime ModifiedAt);

/// <summary>
/// A list of the plain files that a copy wrote, kept beside its snapshot, so that the next copy of nearly the same tree can give the
/// unchanged ones a second name instead of writing them again. In the order in which the tree is walked, so it is read along with the
/// next walk.
/// </summary>
internal static class CopyManifest
{
    /// <summary>Its name beside the snapshot's files. Lists called "copied" may name a path twice.</summary>
    public const string FileName = "copied-once";

    private const int FixedSize = 2 + 32 + 4 + 4 + 4 + 8 + 4;

    /// <summary>Collects the list.</summary>
    internal sealed class Writer
    {
        private byte[] _bytes = new byte[1 << 16];
        private int _length;

        /// <summary>How many files were added.</summary>
        public int Count { get; private set; }

        /// <summary>The list so far.</summary>
        public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

        /// <summary>Adds a file.</summary>
        public void Add(ReadOnlySpan<byte> path, in CopiedFile file)
        {
            var size = FixedSize + path.Length;
            if (_length + size > _bytes.Length)
            {
                Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + size));
            }

            var entry = _bytes.AsSpan(_length, size);
            BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)path.Length);
            MemoryMarshal.Write(entry[2..], file.Content);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[34..], file.User);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[38..], file.Group);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[42..], file.Mode);
            BinaryPrimitives.WriteInt64LittleEndian(entry[46..], file.ModifiedAt.Seconds);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[54..], file.ModifiedAt.Nanoseconds);
            path.CopyTo(entry[FixedSize..]);
            _length += size;
            Count++;
        }
    }

    /// <summary>Reads a list along with a walk.</summary>
    internal sealed class Reader(byte[] bytes)
    {
        private int _position;

        /// <summary>The entry of a path; paths are asked for in the order of the walk. One that was passed is never found again.</summary>
        public bool TryFind(ReadOnlySpan<byte> path, out CopiedFile file)
        {
            file = default;
            // The walk of a tree is not the byte order of whole paths, so a gap is searched for ahead, and only moved over when found.
            for (var at = _position; at + FixedSize <= bytes.Length;)
            {
                var entry = bytes.AsSpan(at);
                var length = BinaryPrimitives.ReadUInt16LittleEndian(entry);
                if (entry.Length < FixedSize + length)
                {
                    return false;
                }

                var next = at + FixedSize + length;
                if (path.SequenceEqual(entry.Slice(FixedSize, length)))
                {
                    file = Read(entry);
                    _position = next;
                    return true;
                }

                if (at - _position > MostAhead)
                {
                    return false;
                }

                at = next;
            }

            return false;
        }

        private static CopiedFile Read(ReadOnlySpan<byte> entry) => new(
            MemoryMarshal.Read<FileDigest>(entry[2..]),
            BinaryPrimitives.ReadUInt32LittleEndian(entry[34..]),
            BinaryPrimitives.ReadUInt32LittleEndian(entry[38..]),
            BinaryPrimitives.ReadUInt32LittleEndian(entry[42..]),
            new FileTime(BinaryPrimitives.ReadInt64LittleEndian(entry[46..]), BinaryPrimitives.ReadUInt32LittleEndian(entry[54..])));

        // A few thousand names that have gone, or come, between two builds.
        private const int MostAhead = 1 << 18;
    }
}
