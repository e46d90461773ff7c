using System.Buffers.Binary;
using System.Text;

namespace Bld.Runtime.Init;

/// <summary>
/// Writes or reads a plan's fields: the same <c>Exchange</c> method serves both ways, so they cannot drift apart.
/// Plain bytes instead of JSON, because init has no millisecond to spend on a parser.
/// </summary>
internal sealed class PlanCodec
{
    private readonly bool _reading;
    private byte[] _bytes;
    private int _position;

    /// <summary>A codec that writes.</summary>
    internal PlanCodec() => _bytes = new byte[16384];

    /// <summary>A codec that reads.</summary>
    internal PlanCodec(byte[] bytes)
    {
        _bytes = bytes;
        _reading = true;
    }

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _position);

    internal void Number(ref ulong value)
    {
        var place = Place(8);
        if (_reading)
        {
            value = BinaryPrimitives.ReadUInt64LittleEndian(place);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(place, value);
        }
    }

    internal void Number(ref int value)
    {
        var place = Place(4);
        if (_reading)
        {
            value = BinaryPrimitives.ReadInt32LittleEndian(place);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(place, value);
        }
    }

    internal void Number(ref uint value)
    {
        var signed = (int)value;
        Number(ref signed);
        value = (uint)signed;
    }

    internal void Flag(ref bool value)
    {
        var number = value ? 1 : 0;
        Number(ref number);
        value = number != 0;
    }

    /// <summary>Bytes with their length; empty and missing are the same.</summary>
    internal void Bytes(ref byte[] value)
    {
        var length = value.Length;
        Number(ref length);
        var place = Place(length);
        if (_reading)
        {
            value = place.ToArray();
        }
        else
        {
            value.CopyTo(place);
        }
    }

    internal void Text(ref string value)
    {
        var bytes = _reading ? [] : Encoding.UTF8.GetBytes(value);
        Bytes(ref bytes);
        value = _reading ? Encoding.UTF8.GetString(bytes) : value;
    }

    internal void Strings(ref byte[][] values)
    {
        var count = values.Length;
        Number(ref count);
        values = _reading ? new byte[count][] : values;
        for (var i = 0; i < count; i++)
        {
            values[i] ??= [];
            Bytes(ref values[i]);
        }
    }

    internal void Numbers(ref uint[] values)
    {
        var count = values.Length;
        Number(ref count);
        values = _reading ? new uint[count] : values;
        for (var i = 0; i < count; i++)
        {
            Number(ref values[i]);
        }
    }

    internal void List<T>(ref T[] values)
        where T : class, IPlanPart, new()
    {
        var count = values.Length;
        Number(ref count);
        values = _reading ? new T[count] : values;
        for (var i = 0; i < count; i++)
        {
            values[i] ??= new T();
            values[i].Exchange(this);
        }
    }

    private Span<byte> Place(int length)
    {
        if (_position + length > _bytes.Length)
        {
            if (_reading)
            {
                throw new InvalidDataException("the plan for init is cut short");
            }

            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _position + length));
        }

        _position += length;
        return _bytes.AsSpan(_position - length, length);
    }
}

/// <summary>A part of the plan that goes through a <see cref="PlanCodec"/>.</summary>
internal interface IPlanPart
{
    /// <summary>Writes or reads every field, always in the same order.</summary>
    void Exchange(PlanCodec codec);
}
