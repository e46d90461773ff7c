using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Bld.Builder.Layers.Encryption;

/// <summary>AES block by block, for the modes that .NET has not: what is enciphered with it never has two blocks alike.</summary>
[SuppressMessage("Security", "CA5358", Justification = "the modes are made of it")]
internal static class BareAes
{
    public static ICryptoTransform Encryptor(byte[] key)
    {
        using var aes = Create(key);
        return aes.CreateEncryptor();
    }

    public static ICryptoTransform Decryptor(byte[] key)
    {
        using var aes = Create(key);
        return aes.CreateDecryptor();
    }

    private static Aes Create(byte[] key)
    {
        var aes = Aes.Create();
        aes.Mode = CipherMode.ECB;
        aes.Padding = PaddingMode.None;
        aes.Key = key;
        return aes;
    }
}
