using System.Buffers;
using System.Security.Cryptography;

namespace Bld.Registry;

/// <summary>
/// SHA-256 (FIPS 180-4) of bytes that come in parts. The system's OpenSSL hashes several times as fast as <see cref="Sha256Blocks"/>, but
/// loading it costs as much as hashing some hundred kilobytes without it, and most commands hash less. So a process hashes its first
/// <see cref="Allowance"/> bytes by itself, and has OpenSSL do whatever is beyond (docs/decisions/0046-openssl-when-it-pays.md).
/// </summary>
public sealed class Sha256Hash : IDisposable
{
    /// <summary>Length of a hash, in bytes.</summary>
    public const int Size = 32;

    private const int Allowance = 256 * 1024;

    private static int s_hashed;

    private ArrayBufferWriter<byte>? _early;
    private IncrementalHash? _hash;

    /// <summary>The hash of some bytes.</summary>
    public static byte[] HashData(ReadOnlySpan<byte> content)
    {
        var hash = new byte[Size];
        HashData(content, hash);
        return hash;
    }

    /// <inheritdoc cref="HashData(ReadOnlySpan{byte})"/>
    /// <param name="content">The bytes.</param>
    /// <param name="hash">Where it goes, at least <see cref="Size"/> bytes.</param>
    public static void HashData(ReadOnlySpan<byte> content, Span<byte> hash)
    {
        if (IsAllowed(content.Length))
        {
            Sha256Blocks.HashData(content, hash);
        }
        else
        {
            SHA256.HashData(content, hash);
        }
    }

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_hash is null && IsAllowed(bytes.Length))
        {
            (_early ??= new()).Write(bytes);
        }
        else
        {
            OpenSsl().AppendData(bytes);
        }
    }

    /// <summary>The hash of all that was added; the next bytes begin another.</summary>
    public byte[] GetHashAndReset()
    {
        if (_hash is not null)
        {
            return _hash.GetHashAndReset();
        }

        var hash = new byte[Size];
        Sha256Blocks.HashData(_early is null ? [] : _early.WrittenSpan, hash);
        _early?.ResetWrittenCount();
        return hash;
    }

    /// <inheritdoc/>
    public void Dispose() => _hash?.Dispose();

    // What is too much by itself is not counted: the sum stays far from where it would turn negative.
    private static bool IsAllowed(int count) => count <= Allowance && s_hashed <= Allowance && Interlocked.Add(ref s_hashed, count) <= Allowance;

    private IncrementalHash OpenSsl()
    {
        if (_hash is null)
        {
            _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            if (_early is not null)
            {
                _hash.AppendData(_early.WrittenSpan);
                _early = null;
            }
        }

        return _hash;
    }
}
