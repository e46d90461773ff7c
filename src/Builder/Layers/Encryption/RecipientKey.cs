using System.Security.Cryptography;

using Bld.Builder.Store;

namespace Bld.Builder.Layers.Encryption;

/// <summary>The public key of somebody who may read an encrypted layer.</summary>
internal sealed class RecipientKey
{
    /// <summary>How keys are wrapped for RSA (RFC 7518, 4.3).</summary>
    public const string RsaAlgorithm = "RSA-OAEP";

    private readonly AsymmetricAlgorithm _key;

    private RecipientKey(AsymmetricAlgorithm key) => _key = key;

    /// <summary>Reads a key that <c>--encryption-key PROTOCOL:FILE</c> names.</summary>
    /// <exception cref="BuildException">The protocol is another than jwe, or the file holds no public key.</exception>
    public static RecipientKey Read(string text)
    {
        var colon = text.IndexOf(':');
        if (colon <= 0)
        {
            throw Invalid(text, "Invalid recipient format: it must be jwe:FILE with a public key");
        }

        var (protocol, path) = (text[..colon], text[(colon + 1)..]);
        if (protocol != "jwe")
        {
            throw Invalid(text, protocol is "pkcs7" or "pgp" or "pkcs11" or "provider"
                ? $"the protocol {protocol} is not supported: give jwe:FILE with a public key, or encrypt by skopeo copy"
                : "Provided protocol not recognized: give jwe:FILE with a public key");
        }

        var key = KeyFile.TryReadPublic(path)
            ?? throw Invalid(text, "File provided is not a public key: it must be of RSA or of a curve P-256, P-384 or P-521, as openssl pkey -pubout writes it");
        return new RecipientKey(key);
    }

    /// <summary>Enciphers something for its holder.</summary>
    public JweMessage Wrap(byte[] payload) => JweMessage.Create(payload, WrapKey);

    private (JweHeader Header, byte[] Wrapped) WrapKey(byte[] key) => _key is RSA rsa
        ? (new JweHeader { Algorithm = RsaAlgorithm }, rsa.Encrypt(key, RSAEncryptionPadding.OaepSHA1))
        : KeyAgreement.Wrap((ECDiffieHellman)_key, key);

    private static BuildException Invalid(string text, string why) => new($"--encryption-key {text}: invalid encryption keys: {why}");
}
