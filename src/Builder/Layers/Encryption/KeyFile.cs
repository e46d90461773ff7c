using System.Security.Cryptography;

using Bld.Builder.Store;

namespace Bld.Builder.Layers.Encryption;

/// <summary>Reads keys of RSA and of elliptic curves from files, in PEM or DER.</summary>
internal static class KeyFile
{
    /// <summary>A public key (X.509's SubjectPublicKeyInfo); null when the file holds none.</summary>
    public static AsymmetricAlgorithm? TryReadPublic(string path)
    {
        var pem = PemText.Read(File.ReadAllBytes(path), "PUBLIC KEY");
        return TryImport(key => key.ImportSubjectPublicKeyInfo(pem.Content, out _));
    }

    /// <summary>A private key: PKCS#8, PKCS#1 or SEC 1, maybe encrypted.</summary>
    /// <exception cref="BuildException">It is none, or its passphrase is missing or wrong.</exception>
    public static AsymmetricAlgorithm ReadPrivate(string path, byte[]? passphrase)
    {
        var pem = PemText.Read(File.ReadAllBytes(path), "PRIVATE KEY");
        if (!pem.IsEncrypted)
        {
            return TryImportPrivate(pem.Content)
                ?? throw DecryptionKey.Invalid(path, "it is no private key of RSA or of an elliptic curve in PEM or DER");
        }

        if (passphrase is null)
        {
            throw DecryptionKey.Invalid(path, "Missing password for encrypted private key: give it as FILE:pass=TEXT, FILE:file=FILE or FILE:fd=NUMBER");
        }

        // A file of one line mostly has an end of line that nobody means.
        return TryOpen(pem, passphrase) ?? (passphrase is [.. var line, (byte)'\n'] ? TryOpen(pem, line) : null)
            ?? throw DecryptionKey.Invalid(path, "Wrong password: could not decrypt private key");
    }

    private static AsymmetricAlgorithm? TryOpen(PemText pem, byte[] passphrase) =>
        pem.LegacyCipher is null ? TryImport(key => key.ImportEncryptedPkcs8PrivateKey(passphrase, pem.Content, out _))
        : LegacyCipher.TryDecrypt(pem.LegacyCipher, pem.Content, passphrase) is { } plain ? TryImportPrivate(plain)
        : null;

    private static AsymmetricAlgorithm? TryImportPrivate(byte[] der) =>
        TryImport(key => key.ImportPkcs8PrivateKey(der, out _)) ?? TryImport(key =>
        {
            if (key is RSA rsa)
            {
                rsa.ImportRSAPrivateKey(der, out _);
            }
            else
            {
                ((ECDiffieHellman)key).ImportECPrivateKey(der, out _);
            }
        });

    private static AsymmetricAlgorithm? TryImport(Action<AsymmetricAlgorithm> import) => TryImport(RSA.Create(), import) ?? TryImport(ECDiffieHellman.Create(), import);

    private static AsymmetricAlgorithm? TryImport(AsymmetricAlgorithm key, Action<AsymmetricAlgorithm> import)
    {
        try
        {
            import(key);
            return key;
        }
        catch (CryptographicException)
        {
            // It is a key of another kind, or none.
            key.Dispose();
            return null;
        }
    }
}
