using System.Globalization;

namespace Bld.Builder.Layers;

/// <summary>
/// Sparse files, in the four ways that GNU tar has stored them (its manual, "Storing Sparse Files"): old GNU headers, PAX 0.0 with
/// repeated records, 0.1 with one list, 1.0 with the list in front of the content.
/// </summary>
internal sealed partial class TarReader
{
    private const int MostExtents = 1 << 20;

    private TarEntry WithExtents(TarEntry entry, ReadOnlySpan<byte> header, PaxRecords records)
    {
        List<long>? numbers = null;
        var size = records.Number("GNU.sparse.realsize") ?? records.Number("GNU.sparse.size") ?? entry.Size;
        if (header[TarFormat.Kind] == (byte)'S')
        {
            // The header lives in the buffer, and reading its extensions moves that.
            size = NumberIn(header, 483..495, "size");
            numbers = ReadOldNumbers(header.ToArray(), entry);
        }
        else if (records.Text("GNU.sparse.major") == "1")
        {
            numbers = ReadLeadingNumbers(entry);
        }
        else if (records.Text("GNU.sparse.map") is { } map)
        {
            numbers = [.. map.Split(',').Select(number => ParseNumber(number, entry))];
        }
        else if (records.SparseNumbers.Count > 0)
        {
            numbers = [.. records.SparseNumbers.Select(number => ParseNumber(number, entry))];
        }

        if (numbers is null)
        {
            return entry;
        }

        return _entry = entry with { Size = size, Extents = CheckExtents(numbers, size, entry) };
    }

    private List<long> ReadOldNumbers(byte[] header, TarEntry entry)
    {
        var numbers = new List<long>();
        CollectOld(header.AsSpan(386, 4 * 24), numbers);
        var extended = header[482] != 0;
        while (extended)
        {
            if (!Ensure(TarFormat.BlockSize) || numbers.Count > 2 * MostExtents)
            {
                throw TarFormat.Damaged($"the map of the sparse file '{entry.Name}' has no end");
            }

            var block = _buffer.AsSpan(_start, TarFormat.BlockSize);
            _start += TarFormat.BlockSize;
            _position += TarFormat.BlockSize;
            CollectOld(block[..(21 * 24)], numbers);
            extended = block[504] != 0;
        }

        return numbers;
    }

    private void CollectOld(ReadOnlySpan<byte> fields, List<long> numbers)
    {
        for (; !fields.IsEmpty && fields[0] != 0; fields = fields[24..])
        {
            numbers.Add(NumberIn(fields, 0..12, "offset"));
            numbers.Add(NumberIn(fields, 12..24, "length"));
        }
    }

    // 1.0: decimal lines, the first their number of pairs, padded to whole blocks; they count as content.
    private List<long> ReadLeadingNumbers(TarEntry entry)
    {
        var numbers = new List<long>();
        var wanted = 1L;
        var number = -1L;
        for (var consumed = 0; numbers.Count < wanted || consumed % TarFormat.BlockSize != 0; consumed++)
        {
            if (_remaining == 0 || (_start == _end && !Fill()))
            {
                throw TarFormat.Damaged($"the map of the sparse file '{entry.Name}' is cut off");
            }

            var c = _buffer[_start++];
            _position++;
            _remaining--;
            if (numbers.Count == wanted)
            {
                continue;
            }

            if (c == (byte)'\n' && number >= 0)
            {
                numbers.Add(number);
                wanted = numbers.Count == 1 ? 1 + (2 * number) : wanted;
                number = -1;
            }
            else if (char.IsAsciiDigit((char)c) && number < LargestFile && wanted <= 2 * MostExtents)
            {
                number = (Math.Max(number, 0) * 10) + (c - '0');
            }
            else
            {
                throw TarFormat.Damaged($"the map of the sparse file '{entry.Name}' can't be read");
            }
        }

        numbers.RemoveAt(0);
        return numbers;
    }

    private List<TarExtent> CheckExtents(List<long> numbers, long size, TarEntry entry)
    {
        var extents = new List<TarExtent>(numbers.Count / 2);
        long end = 0;
        long data = 0;
        for (var i = 0; i + 1 < numbers.Count; i += 2)
        {
            var (offset, length) = (numbers[i], numbers[i + 1]);
            if (offset < end || length < 0 || offset > size || length > size - offset)
            {
                throw TarFormat.Damaged($"the map of the sparse file '{entry.Name}' contradicts itself");
            }

            end = offset + length;
            data += length;
            if (length > 0)
            {
                extents.Add(new TarExtent(offset, length));
            }
        }

        return data == _remaining && numbers.Count % 2 == 0
            ? extents
            : throw TarFormat.Damaged($"the map of the sparse file '{entry.Name}' speaks of {data} bytes where {_remaining} are stored");
    }

    private static long ParseNumber(string text, TarEntry entry) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw TarFormat.Damaged($"the map of the sparse file '{entry.Name}' can't be read");
}
