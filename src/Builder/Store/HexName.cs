namespace Bld.Builder.Store;

/// <summary>Random names: 16 lower-case hex digits, so 64 bits that no two processes choose twice.</summary>
internal static class HexName
{
    internal const int Length = 16;

    internal static string Create()
    {
        // A Guid's bytes come from the kernel without loading OpenSSL; 64 of its random bits are kept, its version bits are not.
        Span<byte> bytes = stackalloc byte[16];
        Guid.NewGuid().TryWriteBytes(bytes);
        return Convert.ToHexStringLower(bytes[..6]) + Convert.ToHexStringLower(bytes.Slice(10, 2));
    }

    internal static bool IsValid(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiHexDigitLower(c))
            {
                return false;
            }
        }

        return text.Length == Length;
    }
}
