using System.Globalization;
using System.Text;

using Bld.Runtime.Linux;

namespace Bld.Builder.Layers;

/// <summary>The records of PAX headers: keywords with values that override a header's fields. Later ones win; an empty value takes back.</summary>
internal sealed class PaxRecords
{
    /// <summary>Real entries have a handful; beyond this somebody wants to fill our memory.</summary>
    private const int MostRecords = 4096;

    private readonly Dictionary<string, byte[]> _values;
    private readonly List<string> _sparse = [];

    internal PaxRecords() => _values = new(StringComparer.Ordinal);

    /// <summary>A copy of the global records, for one entry's own to be added.</summary>
    internal PaxRecords(PaxRecords global) =>
        _values = global._values.Count == 0 ? new(StringComparer.Ordinal) : new(global._values, StringComparer.Ordinal);

    /// <summary>The values of <c>GNU.sparse.offset</c> and <c>.numbytes</c> in their order (sparse format 0.0 repeats them).</summary>
    internal IReadOnlyList<string> SparseNumbers => _sparse;

    internal bool Has(string key) => _values.ContainsKey(key);

    /// <summary>A value's bytes; null when there is none.</summary>
    internal ByteString? Bytes(string key) => _values.TryGetValue(key, out var value) ? ByteString.Adopt(value) : null;

    /// <summary>A value as text; null when there is none.</summary>
    internal string? Text(string key) => _values.TryGetValue(key, out var value) ? Encoding.Latin1.GetString(value) : null;

    /// <summary>A value as a whole number; null when there is none.</summary>
    internal long? Number(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw TarFormat.Damaged($"the PAX record {key} has the value '{text}', which is no number");
    }

    /// <summary>A time with a fraction of any length; null when there is none.</summary>
    internal FileTime? Time(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        var point = text.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? text : text[..point];
        var fraction = point < 0 ? "" : text[(point + 1)..];
        if (!long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)
            || fraction.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            throw TarFormat.Damaged($"the PAX record {key} has the value '{text}', which is no time");
        }

        var nanoseconds = fraction.Length == 0 ? 0 : uint.Parse(fraction.PadRight(9, '0')[..9], NumberStyles.None, CultureInfo.InvariantCulture);

        // "-1.25" is 1.25 seconds before 1970; a kernel's time counts its nanoseconds forwards.
        return whole.StartsWith('-') && nanoseconds > 0 ? new FileTime(seconds - 1, 1_000_000_000 - nanoseconds) : new FileTime(seconds, nanoseconds);
    }

    /// <summary>All extended attributes.</summary>
    internal IReadOnlyList<TarAttribute> Attributes()
    {
        List<TarAttribute>? attributes = null;
        foreach (var (key, value) in _values)
        {
            if (key.StartsWith(PaxWriter.AttributePrefix, StringComparison.Ordinal))
            {
                var name = ByteString.Adopt(Encoding.Latin1.GetBytes(key[PaxWriter.AttributePrefix.Length..]));
                (attributes ??= []).Add(new TarAttribute(name, ByteString.Adopt(value)));
            }
        }

        attributes?.Sort(static (left, right) => left.Name.CompareTo(right.Name));
        return attributes ?? (IReadOnlyList<TarAttribute>)[];
    }

    /// <summary>Takes the records of one header: each <c>LENGTH KEY=VALUE\n</c>.</summary>
    internal void Add(ReadOnlySpan<byte> content)
    {
        // What follows the last record is padding of sloppy writers.
        while (!content.IsEmpty && content[0] != 0)
        {
            var space = content.IndexOf((byte)' ');
            if (space is <= 0 or > 7
                || !int.TryParse(content[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= space + 1 || length > content.Length || content[length - 1] != (byte)'\n')
            {
                throw TarFormat.Damaged("a PAX record's length doesn't fit its content");
            }

            AddRecord(content[(space + 1)..(length - 1)]);
            content = content[length..];
        }
    }

    private void AddRecord(ReadOnlySpan<byte> record)
    {
        var equals = record.IndexOf((byte)'=');
        if (equals <= 0)
        {
            throw TarFormat.Damaged("a PAX record has no keyword");
        }

        // Latin-1 keeps every byte of an attribute's name.
        var key = Encoding.Latin1.GetString(record[..equals]);
        var value = record[(equals + 1)..];
        if (key is "GNU.sparse.offset" or "GNU.sparse.numbytes")
        {
            _sparse.Add(Encoding.Latin1.GetString(value));
        }
        else if (value.IsEmpty && !key.StartsWith(PaxWriter.AttributePrefix, StringComparison.Ordinal))
        {
            _values.Remove(key);
        }
        else
        {
            _values[key] = value.ToArray();
        }

        if (_values.Count > MostRecords)
        {
            throw TarFormat.Damaged($"more than {MostRecords} PAX records for one entry");
        }
    }
}
