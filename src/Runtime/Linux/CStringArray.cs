using System.Runtime.InteropServices;

namespace Bld.Runtime.Linux;

/// <summary>An argv or environment in memory that the garbage collector does not move.</summary>
internal sealed unsafe class CStringArray : IDisposable
{
    private readonly byte** _pointers;

    internal CStringArray(IReadOnlyList<byte[]> values)
    {
        var text = 0;
        foreach (var value in values)
        {
            text += value.Length + 1;
        }

        var head = (values.Count + 1) * sizeof(byte*);
        _pointers = (byte**)NativeMemory.Alloc((nuint)(head + text));
        var next = (byte*)_pointers + head;
        for (var i = 0; i < values.Count; i++)
        {
            _pointers[i] = next;
            values[i].CopyTo(new Span<byte>(next, values[i].Length));
            next += values[i].Length;
            *next++ = 0;
        }

        _pointers[values.Count] = null;
    }

    internal byte** Pointers => _pointers;

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.Free(_pointers);
}
