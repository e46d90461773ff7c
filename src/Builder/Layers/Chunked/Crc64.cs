using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Bld.Builder.Layers.Chunked;

/// <summary>The CRC-64 of ISO 3309, which tar-split keeps of each file; eight bytes at a time.</summary>
internal static class Crc64
{
    private const ulong Polynomial = 0xD800000000000000;
    private static readonly ulong[][] Tables = MakeTables();

    /// <summary>The sum of some bytes and of those before them.</summary>
    /// <param name="sum">The sum of those before; 0 for none.</param>
    /// <param name="bytes">The bytes.</param>
    public static ulong Append(ulong sum, ReadOnlySpan<byte> bytes)
    {
        sum = ~sum;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            sum ^= BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
            sum = Tables[7][(byte)sum] ^ Tables[6][(byte)(sum >> 8)] ^ Tables[5][(byte)(sum >> 16)] ^ Tables[4][(byte)(sum >> 24)]
                ^ Tables[3][(byte)(sum >> 32)] ^ Tables[2][(byte)(sum >> 40)] ^ Tables[1][(byte)(sum >> 48)] ^ Tables[0][sum >> 56];
        }

        foreach (var value in bytes[(bytes.Length & ~7)..])
        {
            sum = Tables[0][(byte)sum ^ value] ^ (sum >> 8);
        }

        return ~sum;
    }

    // Tables[n][v]: what the byte v does to the sum when n more bytes follow it.
    private static ulong[][] MakeTables()
    {
        var tables = new ulong[8][];
        for (var n = 0; n < tables.Length; n++)
        {
            tables[n] = new ulong[256];
            for (var value = 0; value < 256; value++)
            {
                tables[n][value] = n > 0 ? tables[0][(byte)tables[n - 1][value]] ^ (tables[n - 1][value] >> 8) : OfByte((ulong)value);
            }
        }

        return tables;
    }

    private static ulong OfByte(ulong value)
    {
        for (var bit = 0; bit < 8; bit++)
        {
            value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ Polynomial;
        }

        return value;
    }
}
