using Bld.Runtime.Linux;

namespace Bld.Builder.Layers;

/// <summary>Making an entry of a header and the extra headers before it.</summary>
internal sealed partial class TarReader
{
    /// <summary>Nothing that a file system holds today is larger: 8 EiB less one would only serve to break us.</summary>
    private const long LargestFile = 1L << 50;

    private TarEntry ReadEntry(ReadOnlySpan<byte> header, PaxRecords records, ByteString? longName, ByteString? longLink)
    {
        var name = records.Bytes("GNU.sparse.name") ?? records.Bytes("path") ?? longName ?? NameIn(header);
        var kind = KindOf(header[TarFormat.Kind], name);
        var length = records.Number("size") ?? NumberIn(header, TarFormat.Size, "size");
        var entry = new TarEntry
        {
            Kind = kind,
            Name = name,
            LinkName = records.Bytes("linkpath") ?? longLink ?? CutAtNul(header[TarFormat.LinkName]),
            Mode = (uint)NumberIn(header, TarFormat.Mode, "mode") & 0xFFF,
            UserId = IdOf(records.Number("uid") ?? NumberIn(header, TarFormat.UserId, "user id"), name),
            GroupId = IdOf(records.Number("gid") ?? NumberIn(header, TarFormat.GroupId, "group id"), name),
            ModifiedAt = records.Time("mtime") ?? new FileTime(NumberIn(header, TarFormat.ModifiedAt, "time"), 0),
            Device = kind is TarKind.CharacterDevice or TarKind.BlockDevice ? DeviceIn(header, records) : default,
            Attributes = records.Attributes(),
            Size = kind == TarKind.File ? length : 0,
        };

        // Links and the like have no content whatever their size says (POSIX: links may carry the target's); old tars of directories neither.
        Begin(entry, kind == TarKind.File ? length : 0);
        entry = kind == TarKind.File ? WithExtents(entry, header, records) : entry;
        if (entry.Size is < 0 or > LargestFile)
        {
            throw TarFormat.Damaged($"'{name}' says that it is {entry.Size} bytes long");
        }

        return entry;
    }

    private static ByteString NameIn(ReadOnlySpan<byte> header)
    {
        var name = CutAtNul(header[TarFormat.Name]);

        // GNU's own magic ("ustar  ") has times where ustar has the prefix, and star's ("tar\0" at the end) has them behind 131 bytes.
        if (!header[TarFormat.Magic].StartsWith("ustar\0"u8))
        {
            return name;
        }

        var prefix = header[TarFormat.Prefix];
        prefix = header[508..512].SequenceEqual("tar\0"u8) ? prefix[..131] : prefix;
        var before = CutAtNul(prefix);
        return before.IsEmpty ? name : ByteString.Join(before.Span, name.Span);
    }

    private static TarKind KindOf(byte flag, ByteString name) => flag switch
    {
        // v7 had no directories but names that end in a slash; '7' was to be a contiguous file.
        0 or (byte)'0' or (byte)'7' when name.Span.EndsWith("/"u8) => TarKind.Directory,
        0 or (byte)'0' or (byte)'7' or (byte)'S' => TarKind.File,
        >= (byte)'1' and <= (byte)'6' => (TarKind)flag,
        (byte)'D' => TarKind.Directory,
        _ => throw TarFormat.Damaged($"'{name}' is of the unknown kind '{(char)flag}'"),
    };

    private static uint IdOf(long id, ByteString name) =>
        id is >= 0 and < uint.MaxValue ? (uint)id : throw TarFormat.Damaged($"'{name}' belongs to the id {id}, which Linux doesn't have");

    private (uint Major, uint Minor) DeviceIn(ReadOnlySpan<byte> header, PaxRecords records) =>
        ((uint)(records.Number("SCHILY.devmajor") ?? NumberIn(header, TarFormat.DeviceMajor, "device number")),
            (uint)(records.Number("SCHILY.devminor") ?? NumberIn(header, TarFormat.DeviceMinor, "device number")));
}
