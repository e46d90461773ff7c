using Bld.Runtime.Linux;

namespace Bld.Builder.Layers;

/// <summary>
/// Writes a tarball so that equal entries give equal bytes. The rules, all of them:
/// <list type="bullet">
/// <item>ustar wherever it can hold the entry: names up to 100 bytes, or split at the last slash that leaves at most 155 before it.</item>
/// <item>A PAX header in front only for what ustar can't hold, with records in byte order of their keywords: long names and link
/// texts, sizes and times beyond 11 octal digits, times before 1970, ids and device numbers beyond 7, extended attributes
/// (<c>SCHILY.xattr.</c>, values as they are). Names that are not UTF-8 are announced by <c>hdrcharset=BINARY</c> there.</item>
/// <item>Times are whole seconds, rounded down, as other builders write them; only modification times.</item>
/// <item>No user and group names, no host facts, the PAX header itself named by a constant; two zero blocks at the end.</item>
/// </list>
/// </summary>
internal sealed class TarWriter(LayerSink sink)
{
    /// <summary>Writes an entry's headers; a file's content of exactly <see cref="TarEntry.Size"/> bytes must follow.</summary>
    internal void WriteHeader(TarEntry entry)
    {
        var records = PaxWriter.RecordsFor(entry);
        if (records.Length > 0)
        {
            WriteBlock(new TarEntry { Kind = TarKind.None, Name = ByteString.From("././@PaxHeader"), Size = records.Length }, (byte)'x');
            sink.Write(records);
            Pad(records.Length);
        }

        WriteBlock(entry, (byte)entry.Kind);
    }

    /// <summary>Fills the last block after a content of that length.</summary>
    internal void Pad(long length) => sink.WriteZeros(TarFormat.Padding(length));

    /// <summary>Ends the tarball.</summary>
    internal void End() => sink.WriteZeros(2 * TarFormat.BlockSize);

    /// <summary>Whether ustar can hold the name, and the length of what goes to its prefix (0: nothing).</summary>
    internal static bool FitsUstar(ReadOnlySpan<byte> name, out int prefix)
    {
        prefix = 0;
        if (name.Length <= TarFormat.NameLength)
        {
            return true;
        }

        // The last byte stays with the name: a directory's slash at the end splits nothing.
        var slash = name[..Math.Min(name.Length - 1, TarFormat.PrefixLength + 1)].LastIndexOf((byte)'/');
        if (slash <= 0 || name.Length - slash - 1 > TarFormat.NameLength)
        {
            return false;
        }

        prefix = slash;
        return true;
    }

    private void WriteBlock(TarEntry entry, byte kind)
    {
        Span<byte> header = stackalloc byte[TarFormat.BlockSize];
        header.Clear();
        var name = entry.Name.Span;
        if (FitsUstar(name, out var prefix) && prefix > 0)
        {
            name[..prefix].CopyTo(header[TarFormat.Prefix]);
            name = name[(prefix + 1)..];
        }

        CopyCut(name, header[TarFormat.Name]);
        CopyCut(entry.LinkName.Span, header[TarFormat.LinkName]);
        WriteNumber(header[TarFormat.Mode], entry.Mode);
        WriteNumber(header[TarFormat.UserId], entry.UserId);
        WriteNumber(header[TarFormat.GroupId], entry.GroupId);
        WriteNumber(header[TarFormat.Size], entry.Size);
        WriteNumber(header[TarFormat.ModifiedAt], entry.ModifiedAt.Seconds);
        WriteNumber(header[TarFormat.DeviceMajor], entry.Device.Major);
        WriteNumber(header[TarFormat.DeviceMinor], entry.Device.Minor);
        header[TarFormat.Kind] = kind;
        "ustar\0"u8.CopyTo(header[TarFormat.Magic]);
        "00"u8.CopyTo(header[TarFormat.Magic][6..]);
        WriteNumber(header[TarFormat.Checksum][..7], TarFormat.Sum(header).Unsigned);
        header[TarFormat.Checksum][7] = (byte)' ';
        sink.Write(header);
    }

    private static void CopyCut(ReadOnlySpan<byte> text, Span<byte> field) => text[..Math.Min(text.Length, field.Length)].CopyTo(field);

    // Octal digits and a NUL. What doesn't fit is 0 here, and its true value is in the PAX header.
    private static void WriteNumber(Span<byte> field, long number)
    {
        var digits = field.Length - 1;
        if (number < 0 || number >> (3 * digits) != 0)
        {
            number = 0;
        }

        for (var i = digits - 1; i >= 0; i--)
        {
            field[i] = (byte)('0' + (number & 7));
            number >>= 3;
        }
    }
}
