using System.Buffers.Binary;
using System.Text;

namespace Bld.Runtime.Cgroups.Systemd;

/// <summary>Writes values as D-Bus lays them out (D-Bus specification, Marshaling), little end first.</summary>
internal sealed class BusWriter
{
    private const int StructAlignment = 8;
    private readonly List<byte> _bytes = [];

    /// <summary>What was written.</summary>
    internal byte[] ToArray() => [.. _bytes];

    internal BusWriter Byte(byte value)
    {
        _bytes.Add(value);
        return this;
    }

    internal BusWriter UInt32(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Aligned(bytes);
    }

    internal BusWriter UInt64(ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Aligned(bytes);
    }

    /// <summary>BOOLEAN: a number of four bytes.</summary>
    internal BusWriter Boolean(bool value) => UInt32(value ? 1u : 0);

    /// <summary>STRING and OBJECT_PATH.</summary>
    internal BusWriter Text(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        UInt32((uint)bytes.Length);
        _bytes.AddRange(bytes);
        return Byte(0);
    }

    /// <summary>SIGNATURE; before a value it makes a VARIANT of it.</summary>
    internal BusWriter Signature(string value)
    {
        Byte((byte)value.Length);
        _bytes.AddRange(Encoding.ASCII.GetBytes(value));
        return Byte(0);
    }

    /// <summary>ARRAY: its length counts from the first element on, not what aligns that.</summary>
    internal BusWriter Array(int alignment, Action<BusWriter> elements)
    {
        UInt32(0);
        var length = _bytes.Count - sizeof(uint);
        Align(alignment);
        var start = _bytes.Count;
        elements(this);
        BinaryPrimitives.WriteUInt32LittleEndian(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes)[length..], (uint)(_bytes.Count - start));
        return this;
    }

    /// <summary>The beginning of a STRUCT or DICT_ENTRY.</summary>
    internal BusWriter Struct()
    {
        Align(StructAlignment);
        return this;
    }

    internal BusWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>A number lies at a multiple of its length.</summary>
    private BusWriter Aligned(ReadOnlySpan<byte> number)
    {
        Align(number.Length);
        return Bytes(number);
    }

    private void Align(int alignment)
    {
        while (_bytes.Count % alignment != 0)
        {
            _bytes.Add(0);
        }
    }
}
