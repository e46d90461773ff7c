using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

using Bld.Json;

namespace Bld.Builder.Layers.Encryption;

/// <summary>
/// A JWE in its JSON serialization (RFC 7516, 7.2) whose content is enciphered by A256GCM. With one recipient it is itself the recipient
/// (flattened); with several each is a message of a header and a wrapped key.
/// </summary>
internal sealed class JweMessage : IJsonRecord<JweMessage>
{
    private const string ContentCipher = "A256GCM";
    private const int TagSize = 16;
    private const int NonceSize = 12;
    private const int KeySize = 32;

    private string? Protected { get; init; }

    private JweHeader? Header { get; init; }

    private string? EncryptedKey { get; init; }

    private IReadOnlyList<JweMessage>? Recipients { get; init; }

    private string? Nonce { get; init; }

    private string? Ciphertext { get; init; }

    private string? Tag { get; init; }

    /// <summary>Enciphers something for one recipient.</summary>
    /// <param name="payload">It.</param>
    /// <param name="wrap">Wraps the key of the content, and says how in the header.</param>
    public static JweMessage Create(byte[] payload, Func<byte[], (JweHeader Header, byte[] Wrapped)> wrap)
    {
        var key = RandomNumberGenerator.GetBytes(KeySize);
        var (header, wrapped) = wrap(key);
        header.ContentCipher = ContentCipher;
        var protectedText = Base64Url.EncodeToString(header.ToJson());
        var nonce = RandomNumberGenerator.GetBytes(NonceSize);
        var (ciphertext, tag) = (new byte[payload.Length], new byte[TagSize]);
        using var gcm = new AesGcm(key, TagSize);
        gcm.Encrypt(nonce, payload, ciphertext, tag, Encoding.ASCII.GetBytes(protectedText));
        return new JweMessage
        {
            Protected = protectedText,
            EncryptedKey = Base64Url.EncodeToString(wrapped),
            Nonce = Base64Url.EncodeToString(nonce),
            Ciphertext = Base64Url.EncodeToString(ciphertext),
            Tag = Base64Url.EncodeToString(tag),
        };
    }

    /// <summary>What it holds; null when it is for none that <paramref name="unwrap"/> knows.</summary>
    /// <param name="unwrap">Unwraps the key of the content; null when it can't.</param>
    /// <exception cref="JsonException">The message is broken.</exception>
    public byte[]? TryOpen(Func<JweHeader, byte[], byte[]?> unwrap)
    {
        var shared = Protected is null ? new JweHeader() : JsonMembers.Parse<JweHeader>(Bytes(Protected));
        if (shared.ContentCipher != ContentCipher || shared.Extensions is not null || shared.Compression is not null)
        {
            throw new JsonException($"a wrapped key's content is enciphered by \"{shared.ContentCipher}\", but only {ContentCipher} without extensions is known");
        }

        foreach (var recipient in Recipients ?? [this])
        {
            var header = recipient.Header is { Algorithm: not null } own ? own : shared;
            if (recipient.EncryptedKey is { } wrapped && unwrap(header, Bytes(wrapped)) is { Length: KeySize } key && TryDecipher(key) is { } payload)
            {
                return payload;
            }
        }

        return null;
    }

    private byte[]? TryDecipher(byte[] key)
    {
        var (nonce, ciphertext, tag) = (Bytes(Nonce), Bytes(Ciphertext), Bytes(Tag));
        if (nonce.Length != NonceSize || tag.Length != TagSize)
        {
            throw new JsonException("a wrapped key has no nonce or tag of the right length");
        }

        var payload = new byte[ciphertext.Length];
        using var gcm = new AesGcm(key, TagSize);
        try
        {
            gcm.Decrypt(nonce, ciphertext, tag, payload, Encoding.ASCII.GetBytes(Protected ?? ""));
            return payload;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static byte[] Bytes(string? text) => Base64.TryDecodeUrl(text) ?? throw new JsonException("a part of a wrapped key is missing or no base64url");

    static JweMessage IJsonRecord<JweMessage>.Read(JsonMembers json) => new()
    {
        Protected = json.Text("protected"),
        Header = json.Object<JweHeader>("header"),
        EncryptedKey = json.Text("encrypted_key"),
        Recipients = json.Objects<JweMessage>("recipients"),
        Nonce = json.Text("iv"),
        Ciphertext = json.Text("ciphertext"),
        Tag = json.Text("tag"),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("protected", Protected);
        json.Text("encrypted_key", EncryptedKey);
        json.Text("iv", Nonce);
        json.Text("ciphertext", Ciphertext);
        json.Text("tag", Tag);
    }
}
