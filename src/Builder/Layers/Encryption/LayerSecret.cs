using System.Security.Cryptography;
using System.Text.Json;

using Bld.Json;

namespace Bld.Builder.Layers.Encryption;

/// <summary>What one layer is enciphered with.</summary>
/// <param name="key">32 bytes.</param>
/// <param name="nonce">16 bytes.</param>
internal sealed class LayerSecret(byte[] key, byte[] nonce)
{
    private const int KeySize = 32;
    private const int NonceSize = 16;

    /// <summary>AES' key and the HMAC's.</summary>
    public byte[] Key => key;

    /// <summary>The first counter.</summary>
    public byte[] Nonce => nonce;

    /// <summary>A secret for one layer.</summary>
    public static LayerSecret Create() => new(RandomNumberGenerator.GetBytes(KeySize), RandomNumberGenerator.GetBytes(NonceSize));

    /// <summary>Reads what was wrapped.</summary>
    /// <exception cref="JsonException">It is no secret.</exception>
    public static LayerSecret Parse(byte[] json) => JsonMembers.Parse<WrappedSecret>(json) is var wrapped
        && Base64.TryDecode(wrapped.Key) is { Length: KeySize } key && Base64.TryDecode(wrapped.Options?.Nonce) is { Length: NonceSize } nonce
        ? new LayerSecret(key, nonce)
        : throw new JsonException("the key or the nonce is missing or has not the length that it must have");

    /// <summary>What is wrapped.</summary>
    /// <param name="digest">The digest of what was enciphered.</param>
    public byte[] ToJson(Registry.Digest digest) => new WrappedSecret
    {
        Key = Convert.ToBase64String(Key),
        Digest = digest.ToString(),
        Options = new CipherOptions { Nonce = Convert.ToBase64String(Nonce) },
    }.ToJson();
}
