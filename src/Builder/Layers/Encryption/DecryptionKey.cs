using System.Security.Cryptography;

using Bld.Builder.Store;

namespace Bld.Builder.Layers.Encryption;

/// <summary>The private key of somebody who may read encrypted layers.</summary>
internal sealed class DecryptionKey
{
    private readonly AsymmetricAlgorithm _key;

    private DecryptionKey(AsymmetricAlgorithm key) => _key = key;

    /// <summary>
    /// Reads a key that <c>--decryption-key FILE[:PASSPHRASE]</c> names; the passphrase may be <c>pass=TEXT</c>, <c>file=FILE</c> or
    /// <c>fd=NUMBER</c>, too.
    /// </summary>
    /// <exception cref="BuildException">It can't be read.</exception>
    public static DecryptionKey Read(string text)
    {
        var colon = text.IndexOf(':');
        var path = colon < 0 ? text : text[..colon];
        if (path == "provider")
        {
            throw Invalid(path, "key providers are not supported: give a file with a private key, or decrypt by skopeo copy first");
        }

        return new DecryptionKey(KeyFile.ReadPrivate(path, colon < 0 ? null : Passphrase.Read(path, text[(colon + 1)..])));
    }

    /// <summary>What a message for its holder says; null for messages to others.</summary>
    public byte[]? TryUnwrap(JweMessage message) => message.TryOpen(TryUnwrapKey);

    /// <summary>The error that a key can't be used.</summary>
    public static BuildException Invalid(string path, string why) => new($"--decryption-key {path}: invalid decryption keys: {why}");

    private byte[]? TryUnwrapKey(JweHeader header, byte[] wrapped)
    {
        try
        {
            return (_key, header.Algorithm) switch
            {
                (RSA rsa, RecipientKey.RsaAlgorithm) => rsa.Decrypt(wrapped, RSAEncryptionPadding.OaepSHA1),
                (ECDiffieHellman curve, KeyAgreement.Algorithm) => KeyAgreement.TryUnwrap(curve, header, wrapped),
                _ => null,
            };
        }
        catch (CryptographicException)
        {
            // It was wrapped for somebody else, whose key has the same form.
            return null;
        }
    }
}
