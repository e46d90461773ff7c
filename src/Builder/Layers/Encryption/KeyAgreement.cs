using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Bld.Builder.Layers.Encryption;

/// <summary>
/// ECDH-ES+A256KW (RFC 7518, 4.6): sender and recipient get the same key from the own private and the other's public one, and a content's
/// key is wrapped with it.
/// </summary>
internal static class KeyAgreement
{
    public const string Algorithm = "ECDH-ES+A256KW";

    private const int KeyBits = 256;

    /// <summary>Wraps a content's key for a recipient.</summary>
    public static (JweHeader Header, byte[] Wrapped) Wrap(ECDiffieHellman recipient, byte[] key)
    {
        var curve = recipient.ExportParameters(includePrivateParameters: false).Curve;
        using var sender = ECDiffieHellman.Create(curve);
        var point = sender.ExportParameters(includePrivateParameters: false).Q;
        var header = new JweHeader
        {
            Algorithm = Algorithm,
            EphemeralKey = new JsonWebKey
            {
                Curve = NameOf(curve) ?? throw new CryptographicException("the key's curve is none of P-256, P-384 and P-521"),
                X = Base64Url.EncodeToString(point.X),
                Y = Base64Url.EncodeToString(point.Y),
            },
        };
        return (header, AesKeyWrap.Wrap(Derive(sender, recipient.PublicKey, header), key));
    }

    /// <summary>Unwraps a content's key; null when it isn't for this recipient.</summary>
    /// <exception cref="CryptographicException">The sender's key is no point of the curve.</exception>
    public static byte[]? TryUnwrap(ECDiffieHellman recipient, JweHeader header, byte[] wrapped)
    {
        var curve = recipient.ExportParameters(includePrivateParameters: false).Curve;
        if (header.EphemeralKey is not { } sender || sender.Curve != NameOf(curve))
        {
            return null;
        }

        using var other = ECDiffieHellman.Create(new ECParameters
        {
            Curve = curve,
            Q = new ECPoint { X = Base64.TryDecodeUrl(sender.X), Y = Base64.TryDecodeUrl(sender.Y) },
        });
        return AesKeyWrap.TryUnwrap(Derive(recipient, other.PublicKey, header), wrapped);
    }

    /// <summary>The Concat KDF (NIST SP 800-56A, 5.8.1): one round gives all that AES-256 needs.</summary>
    private static byte[] Derive(ECDiffieHellman own, ECDiffieHellmanPublicKey other, JweHeader header) => own.DeriveKeyFromHash(
        other,
        HashAlgorithmName.SHA256,
        [0, 0, 0, 1],
        [
            .. WithLength(Encoding.ASCII.GetBytes(Algorithm)),
            .. WithLength(Base64.TryDecodeUrl(header.Sender) ?? []),
            .. WithLength(Base64.TryDecodeUrl(header.Recipient) ?? []),
            .. Number(KeyBits),
        ]);

    private static byte[] WithLength(byte[] bytes) => [.. Number(bytes.Length), .. bytes];

    private static byte[] Number(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }

    private static string? NameOf(ECCurve curve) => curve.Oid?.Value switch
    {
        "1.2.840.10045.3.1.7" => "P-256",
        "1.3.132.0.34" => "P-384",
        "1.3.132.0.35" => "P-521",
        _ => null,
    };
}
