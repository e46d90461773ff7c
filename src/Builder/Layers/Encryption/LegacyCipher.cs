using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Bld.Builder.Layers.Encryption;

/// <summary>
/// How OpenSSL encrypted private keys before PKCS#8, and still does with <c>-traditional</c>: the only way that Go, so Buildah, opens.
/// </summary>
internal static class LegacyCipher
{
    private const int SaltSize = 8;

    /// <summary>Decrypts a key; null when the passphrase is wrong or the cipher isn't known.</summary>
    /// <param name="cipher">Name and first block, as <c>AES-256-CBC,HEX</c>.</param>
    /// <param name="content">The ciphertext.</param>
    /// <param name="passphrase">The passphrase.</param>
    [SuppressMessage("Security", "CA5350", Justification = "keys that are there are encrypted so")]
    public static byte[]? TryDecrypt(string cipher, byte[] content, byte[] passphrase)
    {
        if (cipher.Split(',') is not [var name, var hex])
        {
            return null;
        }

        var isTripleDes = name == "DES-EDE3-CBC";
        var keySize = name switch { "AES-128-CBC" => 16, "AES-192-CBC" or "DES-EDE3-CBC" => 24, "AES-256-CBC" => 32, _ => 0 };
        using SymmetricAlgorithm algorithm = isTripleDes ? TripleDES.Create() : Aes.Create();
        try
        {
            var first = Convert.FromHexString(hex);
            using var decryptor = algorithm.CreateDecryptor(DeriveKey(passphrase, first.AsSpan(0, SaltSize), keySize), first);
            return decryptor.TransformFinalBlock(content, 0, content.Length);
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    [SuppressMessage("Security", "CA5351", Justification = "keys that are there are encrypted so")]
    private static byte[] DeriveKey(byte[] passphrase, ReadOnlySpan<byte> salt, int size)
    {
        byte[] key = [];
        byte[] last = [];
        while (key.Length < size)
        {
            last = MD5.HashData([.. last, .. passphrase, .. salt]);
            key = [.. key, .. last];
        }

        return key[..size];
    }
}
