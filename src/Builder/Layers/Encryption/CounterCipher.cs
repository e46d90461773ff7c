using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Bld.Builder.Layers.Encryption;

/// <summary>
/// AES-256 in counter mode (NIST SP 800-38A, 6.5), which .NET has not: counters are enciphered a batch at a time, and bytes are XORed with
/// what that gives. The same does both ways.
/// </summary>
/// <param name="key">32 bytes.</param>
/// <param name="nonce">The first counter: 16 bytes, the highest first.</param>
internal sealed class CounterCipher(byte[] key, ReadOnlySpan<byte> nonce) : IDisposable
{
    private const int BlockSize = 16;
    private const int BatchSize = 64 * 1024;

    private readonly ICryptoTransform _cipher = BareAes.Encryptor(key);
    private readonly byte[] _counters = new byte[BatchSize];
    private readonly byte[] _mask = new byte[BatchSize];
    private UInt128 _counter = BinaryPrimitives.ReadUInt128BigEndian(nonce);
    private int _used = BatchSize;

    /// <summary>Enciphers or deciphers the next bytes in place.</summary>
    public void Apply(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_used == BatchSize)
            {
                Refill();
            }

            var count = Math.Min(bytes.Length, BatchSize - _used);
            Xor(bytes[..count], _mask.AsSpan(_used, count));
            _used += count;
            bytes = bytes[count..];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _cipher.Dispose();

    private void Refill()
    {
        for (var at = 0; at < BatchSize; at += BlockSize)
        {
            BinaryPrimitives.WriteUInt128BigEndian(_counters.AsSpan(at), _counter++);
        }

        _cipher.TransformBlock(_counters, 0, BatchSize, _mask, 0);
        _used = 0;
    }

    private static void Xor(Span<byte> bytes, ReadOnlySpan<byte> mask)
    {
        var wide = MemoryMarshal.Cast<byte, Vector<byte>>(bytes);
        var wideMask = MemoryMarshal.Cast<byte, Vector<byte>>(mask);
        for (var i = 0; i < wide.Length; i++)
        {
            wide[i] ^= wideMask[i];
        }

        for (var i = wide.Length * Vector<byte>.Count; i < bytes.Length; i++)
        {
            bytes[i] ^= mask[i];
        }
    }
}
