namespace Bld.Builder.Layers.Chunked;

/// <summary>
/// Where a file is cut into chunks: by a rolling hash of its bytes, so that what two versions of a file have in common is cut alike
/// although it moved. Chunks have 320 KiB on average.
/// </summary>
internal sealed class ChunkBorders
{
    /// <summary>No chunk is smaller, unless the file ends.</summary>
    public const int Smallest = 64 << 10;

    /// <summary>No chunk is larger.</summary>
    public const int Largest = 1 << 20;

    // A byte has left the hash when 64 followed it.
    private const int Window = 64;
    private const ulong Mask = ~(ulong.MaxValue >> 18);
    private static readonly ulong[] Gear = MakeGear();
    private ulong _hash;
    private int _length;

    /// <summary>How many of the bytes belong to the present chunk when it ends within or behind them; -1 when it goes on.</summary>
    public int Find(ReadOnlySpan<byte> bytes)
    {
        var end = Math.Min(bytes.Length, Largest - _length);
        for (var i = Math.Max(0, Smallest - Window - _length); i < end; i++)
        {
            _hash = (_hash << 1) + Gear[bytes[i]];
            if ((_hash & Mask) == 0 && _length + i + 1 >= Smallest)
            {
                return i + 1;
            }
        }

        _length += end;
        return _length == Largest ? end : -1;
    }

    /// <summary>Begins a chunk.</summary>
    public void Reset() => (_hash, _length) = (0, 0);

    // splitmix64: what it gives depends on nothing.
    private static ulong[] MakeGear()
    {
        var gear = new ulong[256];
        for (var i = 0; i < gear.Length; i++)
        {
            var value = ((ulong)i + 1) * 0x9E3779B97F4A7C15;
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            gear[i] = value ^ (value >> 31);
        }

        return gear;
    }
}
