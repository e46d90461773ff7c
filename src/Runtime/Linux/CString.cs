namespace Bld.Runtime.Linux;

/// <summary>Bytes with the NUL that the kernel wants behind them, on the stack where they fit.</summary>
internal ref struct CString
{
    /// <summary>A stack buffer that holds every path the kernel accepts in one piece.</summary>
    internal const int StackSize = 512;

    private readonly Span<byte> _bytes;

    /// <param name="text">The bytes; one of them being NUL would cut the name short, so that is refused.</param>
    /// <param name="buffer">A stackalloc'ed buffer, used when the text fits.</param>
    internal CString(ReadOnlySpan<byte> text, Span<byte> buffer)
    {
        if (text.Contains((byte)0))
        {
            throw new ArgumentException("a file name contains a NUL byte", nameof(text));
        }

        _bytes = text.Length < buffer.Length ? buffer[..(text.Length + 1)] : new byte[text.Length + 1];
        text.CopyTo(_bytes);
        _bytes[text.Length] = 0;
    }

    internal readonly ref readonly byte GetPinnableReference() => ref _bytes[0];
}
