using System.Globalization;
using System.Text;
using System.Text.Unicode;

using Bld.Runtime.Linux;

namespace Bld.Builder.Layers;

/// <summary>The PAX records (POSIX.1-2001, "pax Interchange Format") that an entry needs beyond ustar.</summary>
internal static class PaxWriter
{
    internal const string AttributePrefix = "SCHILY.xattr.";

    /// <summary>All records of an entry, encoded; empty when ustar holds it.</summary>
    internal static ReadOnlySpan<byte> RecordsFor(TarEntry entry)
    {
        if (entry.Attributes.Count == 0
            && TarWriter.FitsUstar(entry.Name.Span, out _)
            && entry.LinkName.Length <= TarFormat.NameLength
            && entry.Size <= TarFormat.LargestLongNumber
            && entry.ModifiedAt.Seconds is >= 0 and <= TarFormat.LargestLongNumber
            && entry.UserId <= TarFormat.LargestShortNumber
            && entry.GroupId <= TarFormat.LargestShortNumber
            && entry.Device.Major <= TarFormat.LargestShortNumber
            && entry.Device.Minor <= TarFormat.LargestShortNumber)
        {
            return default;
        }

        return Encode(Collect(entry));
    }

    private static List<(ByteString Key, ByteString Value)> Collect(TarEntry entry)
    {
        var records = new List<(ByteString Key, ByteString Value)>();
        AddText(records, "path", entry.Name, TarWriter.FitsUstar(entry.Name.Span, out _));
        AddText(records, "linkpath", entry.LinkName, entry.LinkName.Length <= TarFormat.NameLength);
        AddNumber(records, "size", entry.Size, TarFormat.LargestLongNumber);
        AddNumber(records, "mtime", entry.ModifiedAt.Seconds, TarFormat.LargestLongNumber);
        AddNumber(records, "uid", entry.UserId, TarFormat.LargestShortNumber);
        AddNumber(records, "gid", entry.GroupId, TarFormat.LargestShortNumber);
        AddNumber(records, "SCHILY.devmajor", entry.Device.Major, TarFormat.LargestShortNumber);
        AddNumber(records, "SCHILY.devminor", entry.Device.Minor, TarFormat.LargestShortNumber);
        foreach (var attribute in entry.Attributes)
        {
            records.Add((ByteString.Adopt([.. Encoding.ASCII.GetBytes(AttributePrefix), .. attribute.Name.Span]), attribute.Value));
        }

        records.Sort(static (left, right) => left.Key.CompareTo(right.Key));
        return records;
    }

    private static void AddText(List<(ByteString Key, ByteString Value)> records, string key, ByteString value, bool fits)
    {
        if (fits)
        {
            return;
        }

        var charset = ByteString.From("hdrcharset");
        if (!Utf8.IsValid(value.Span) && !records.Exists(record => record.Key == charset))
        {
            records.Add((charset, ByteString.From("BINARY")));
        }

        records.Add((ByteString.From(key), value));
    }

    private static void AddNumber(List<(ByteString Key, ByteString Value)> records, string key, long number, long largest)
    {
        if (number < 0 || number > largest)
        {
            records.Add((ByteString.From(key), ByteString.From(number.ToString(CultureInfo.InvariantCulture))));
        }
    }

    private static byte[] Encode(List<(ByteString Key, ByteString Value)> records)
    {
        var bytes = new List<byte>();
        foreach (var (key, value) in records)
        {
            // "LENGTH KEY=VALUE\n", where the length counts its own digits.
            var rest = key.Length + value.Length + 3;
            var length = rest + Digits(rest);
            length = rest + Digits(length);
            bytes.AddRange(Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture)));
            bytes.Add((byte)' ');
            bytes.AddRange(key.Span);
            bytes.Add((byte)'=');
            bytes.AddRange(value.Span);
            bytes.Add((byte)'\n');
        }

        return [.. bytes];
    }

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;
}
