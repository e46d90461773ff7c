using System.Buffers.Binary;

namespace Bld.Builder.Layers.Encryption;

/// <summary>AES Key Wrap (RFC 3394), which .NET has not.</summary>
internal static class AesKeyWrap
{
    private const int HalfBlock = 8;
    private const int Rounds = 6;
    private const ulong Check = 0xA6A6A6A6A6A6A6A6;

    /// <summary>Wraps a key whose length is a multiple of eight.</summary>
    public static byte[] Wrap(byte[] wrapping, ReadOnlySpan<byte> key)
    {
        using var cipher = BareAes.Encryptor(wrapping);
        var wrapped = new byte[HalfBlock + key.Length];
        key.CopyTo(wrapped.AsSpan(HalfBlock));
        var count = key.Length / HalfBlock;
        var check = Check;
        var block = new byte[2 * HalfBlock];
        for (var step = 1; step <= Rounds * count; step++)
        {
            var part = wrapped.AsSpan(HalfBlock * (1 + ((step - 1) % count)), HalfBlock);
            BinaryPrimitives.WriteUInt64BigEndian(block, check);
            part.CopyTo(block.AsSpan(HalfBlock));
            cipher.TransformBlock(block, 0, block.Length, block, 0);
            check = BinaryPrimitives.ReadUInt64BigEndian(block) ^ (ulong)step;
            block.AsSpan(HalfBlock).CopyTo(part);
        }

        BinaryPrimitives.WriteUInt64BigEndian(wrapped, check);
        return wrapped;
    }

    /// <summary>Unwraps a key; null when it wasn't wrapped with this one.</summary>
    public static byte[]? TryUnwrap(byte[] wrapping, ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.Length < 3 * HalfBlock || wrapped.Length % HalfBlock != 0)
        {
            return null;
        }

        using var cipher = BareAes.Decryptor(wrapping);
        var key = wrapped[HalfBlock..].ToArray();
        var count = key.Length / HalfBlock;
        var check = BinaryPrimitives.ReadUInt64BigEndian(wrapped);
        var block = new byte[2 * HalfBlock];
        for (var step = Rounds * count; step > 0; step--)
        {
            var part = key.AsSpan(HalfBlock * ((step - 1) % count), HalfBlock);
            BinaryPrimitives.WriteUInt64BigEndian(block, check ^ (ulong)step);
            part.CopyTo(block.AsSpan(HalfBlock));
            cipher.TransformBlock(block, 0, block.Length, block, 0);
            check = BinaryPrimitives.ReadUInt64BigEndian(block);
            block.AsSpan(HalfBlock).CopyTo(part);
        }

        return check == Check ? key : null;
    }
}
