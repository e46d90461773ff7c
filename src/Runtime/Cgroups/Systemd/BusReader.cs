using System.Buffers.Binary;
using System.Text;

namespace Bld.Runtime.Cgroups.Systemd;

/// <summary>Reads what <see cref="BusWriter"/> writes, from the beginning of a message or of its body.</summary>
/// <param name="bytes">The bytes, which come from outside: what leads out of them is an <see cref="InvalidDataException"/>.</param>
internal sealed class BusReader(ReadOnlyMemory<byte> bytes)
{
    private int _position;

    internal bool IsAtEnd => _position >= bytes.Length;

    internal byte Byte() => Take(1)[0];

    internal uint UInt32()
    {
        Align(sizeof(uint));
        return BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));
    }

    internal string Text()
    {
        var text = Encoding.UTF8.GetString(Take((int)Math.Min(UInt32(), int.MaxValue)));
        Take(1);
        return text;
    }

    internal string Signature()
    {
        var text = Encoding.ASCII.GetString(Take(Byte()));
        Take(1);
        return text;
    }

    internal void Align(int alignment) => Take((alignment - (_position % alignment)) % alignment);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > bytes.Length - _position)
        {
            throw new InvalidDataException("a message of systemd ends before its time");
        }

        var taken = bytes.Span.Slice(_position, count);
        _position += count;
        return taken;
    }
}
