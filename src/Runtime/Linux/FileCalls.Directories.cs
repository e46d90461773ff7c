using System.Buffers;
using System.Buffers.Binary;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>Reading directories.</summary>
public static unsafe partial class FileCalls
{
    /// <summary>All names of a directory opened for reading, without <c>.</c> and <c>..</c>, sorted byte by byte.</summary>
    public static List<DirectoryEntry> ReadDirectory(SafeFileHandle directory)
    {
        var entries = new List<DirectoryEntry>();
        var buffer = ArrayPool<byte>.Shared.Rent(32768);
        try
        {
            fixed (byte* b = buffer)
            {
                nint length;
                while ((length = Libc.getdents64(directory, b, (nuint)buffer.Length)) > 0)
                {
                    Collect(buffer.AsSpan(0, (int)length), entries);
                }

                if (length < 0)
                {
                    throw Failed("getdents64", default, LastError());
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        entries.Sort(static (left, right) => left.Name.CompareTo(right.Name));
        return entries;
    }

    /// <summary>
    /// Removes a name and everything below it, never following a link; a name that is not there is fine.
    /// </summary>
    public static void RemoveTree(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        switch (TryUnlink(directory, name))
        {
            case Errno.None or Errno.ENOENT:
                return;
            case Errno.EISDIR or Errno.EPERM:
                break;
            case var errno:
                throw Failed("unlink", name, errno);
        }

        const OpenFlags DirectoryItself = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
        var opened = TryOpen(directory, name, DirectoryItself, 0, out var child);
        if (opened == Errno.EACCES)
        {
            // An unprivileged owner of a directory without permission bits (overlay's work/work) may still give them back.
            ChangeMode(directory, name, 0x1C0);
            opened = TryOpen(directory, name, DirectoryItself, 0, out child);
        }

        Check("open", name, opened);
        using (child)
        {
            foreach (var entry in ReadDirectory(child))
            {
                RemoveTree(child, entry.Name.Span);
            }
        }

        if (TryRemoveDirectory(directory, name) is var removed and not (Errno.None or Errno.ENOENT))
        {
            throw Failed("rmdir", name, removed);
        }
    }

    // struct linux_dirent64: u64 inode, s64 offset, u16 length of the record, u8 type, name with NUL.
    private static void Collect(ReadOnlySpan<byte> records, List<DirectoryEntry> entries)
    {
        const int NameOffset = 19;
        while (!records.IsEmpty)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(records[16..]);
            var name = records[NameOffset..length];
            name = name[..name.IndexOf((byte)0)];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                // DT_* is the kind's S_IFMT bits shifted right by 12.
                var kind = (FileKind)(records[18] << 12);
                entries.Add(new DirectoryEntry(new ByteString(name), kind, BinaryPrimitives.ReadUInt64LittleEndian(records)));
            }

            records = records[length..];
        }
    }
}
