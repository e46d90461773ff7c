using Bld.Builder.Store;

namespace Bld.Builder.Layers;

/// <summary>The ustar header (POSIX.1-1988) and what was put on top of it: offsets, limits, numbers.</summary>
internal static class TarFormat
{
    internal const int BlockSize = 512;

    internal const int NameLength = 100;
    internal const int PrefixLength = 155;

    /// <summary>The largest number of 7 octal digits: ids, modes, device numbers.</summary>
    internal const long LargestShortNumber = 0x1FFFFF;

    /// <summary>The largest number of 11 octal digits: sizes and times.</summary>
    internal const long LargestLongNumber = 0x1FFFFFFFF;

    /// <summary>Where the fields of a header stand.</summary>
    internal static readonly Range Name = 0..100;
    internal static readonly Range Mode = 100..108;
    internal static readonly Range UserId = 108..116;
    internal static readonly Range GroupId = 116..124;
    internal static readonly Range Size = 124..136;
    internal static readonly Range ModifiedAt = 136..148;
    internal static readonly Range Checksum = 148..156;
    internal const int Kind = 156;
    internal static readonly Range LinkName = 157..257;
    internal static readonly Range Magic = 257..265;
    internal static readonly Range DeviceMajor = 329..337;
    internal static readonly Range DeviceMinor = 337..345;
    internal static readonly Range Prefix = 345..500;

    /// <summary>Bytes that fill the last block of a content of that length.</summary>
    internal static int Padding(long length) => (int)(-length & (BlockSize - 1));

    /// <summary>The unsigned sum of a header's bytes with spaces for the checksum, and the signed one that old programs wrote.</summary>
    internal static (long Unsigned, long Signed) Sum(ReadOnlySpan<byte> header)
    {
        long unsigned = 0;
        long signed = 0;
        for (var i = 0; i < BlockSize; i++)
        {
            var value = i is >= 148 and < 156 ? (byte)' ' : header[i];
            unsigned += value;
            signed += (sbyte)value;
        }

        return (unsigned, signed);
    }

    /// <summary>A number field: octal digits among spaces and NULs, or base 256 with the first bit set (GNU). Empty means 0.</summary>
    internal static bool TryReadNumber(ReadOnlySpan<byte> field, out long number)
    {
        number = 0;
        if (field[0] >= 0x80)
        {
            return TryReadBase256(field, out number);
        }

        field = field.TrimStart(" \0"u8);
        var end = field.IndexOfAny((byte)' ', (byte)0);
        foreach (var digit in end < 0 ? field : field[..end])
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return false;
            }

            number = (number << 3) | (uint)(digit - '0');
        }

        return true;
    }

    internal static BuildException Damaged(string what) => new($"the archive is damaged: {what}");

    // The first byte's low six bits begin the number, bit 6 is its sign (two's complement over the whole field).
    private static bool TryReadBase256(ReadOnlySpan<byte> field, out long number)
    {
        var negative = (field[0] & 0x40) != 0;
        number = negative ? -1 : 0;
        for (var i = 0; i < field.Length; i++)
        {
            if ((negative ? ~number : number) >> 55 != 0)
            {
                return false;
            }

            number = (number << 8) | (i > 0 ? field[i] : negative ? (byte)(field[0] | 0x80) : (byte)(field[0] & 0x3f));
        }

        return true;
    }
}
