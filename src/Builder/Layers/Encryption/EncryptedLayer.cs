using System.Text.Json;

using Bld.Builder.Store;
using Bld.Json;
using Bld.Registry;

namespace Bld.Builder.Layers.Encryption;

/// <summary>
/// Encrypted layers as ocicrypt, and so Buildah, Podman, skopeo and containerd have them: a media type that says so, and annotations that
/// hold the layer's secret, wrapped for everybody who may read it.
/// </summary>
internal static class EncryptedLayer
{
    private const string Prefix = "org.opencontainers.image.enc.";
    private const string WrappedKeys = Prefix + "keys.";
    private const string JweKeys = WrappedKeys + "jwe";
    private const string PublicOptions = Prefix + "pubopts";

    /// <summary>Describes the ciphertext of a layer.</summary>
    /// <param name="plain">The layer as it was enciphered.</param>
    /// <param name="digest">The ciphertext's digest; its length is the layer's.</param>
    /// <param name="secret">What it was enciphered with.</param>
    /// <param name="hmac">The ciphertext's HMAC.</param>
    /// <param name="recipients">Who may read it.</param>
    public static Descriptor Describe(Descriptor plain, Digest digest, LayerSecret secret, byte[] hmac, IReadOnlyList<RecipientKey> recipients)
    {
        var cipher = new LayerCipher { Name = LayerCipher.Aes256Ctr, Hmac = Convert.ToBase64String(hmac), Options = new CipherOptions() };
        var payload = secret.ToJson(plain.Digest);
        return plain with
        {
            MediaType = plain.MediaType + MediaTypes.Encrypted,
            Digest = digest,
            Annotations = new(plain.Annotations ?? [], StringComparer.Ordinal)
            {
                [JweKeys] = string.Join(',', recipients.Select(each => Convert.ToBase64String(each.Wrap(payload).ToJson()))),
                [PublicOptions] = Convert.ToBase64String(cipher.ToJson()),
            },
        };
    }

    /// <summary>Describes what an encrypted layer holds.</summary>
    public static Descriptor DescribePlain(Descriptor encrypted, Digest digest, long size)
    {
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in encrypted.Annotations ?? [])
        {
            if (!name.StartsWith(Prefix))
            {
                annotations.Add(name, value);
            }
        }

        return encrypted with
        {
            MediaType = MediaTypes.Plain(encrypted.MediaType),
            Digest = digest,
            Size = size,
            Urls = null,
            Annotations = annotations.Count > 0 ? annotations : null,
        };
    }

    /// <summary>Unwraps an encrypted layer's secret.</summary>
    /// <exception cref="BuildException">None of the keys does, or the layer's annotations are broken.</exception>
    public static OpenedLayer Open(Descriptor layer, IReadOnlyList<DecryptionKey> keys)
    {
        if (layer.Annotations?.GetValueOrDefault(JweKeys) is not { Length: > 0 } wrapped)
        {
            throw Failure(layer, layer.Annotations?.Keys.FirstOrDefault(static name => name.StartsWith(WrappedKeys)) is { } other
                ? $"its key is wrapped by {other[WrappedKeys.Length..]}, but only jwe can be opened: decrypt it by skopeo copy --decryption-key first"
                : "it has no annotation with its key");
        }

        if (keys.Count == 0)
        {
            throw Failure(layer, "missing private key needed for decryption: give it by --decryption-key FILE");
        }

        try
        {
            // Whoever adds a reader appends a message for him.
            foreach (var part in wrapped.Split(','))
            {
                var message = JsonMembers.Parse<JweMessage>(Base64.TryDecode(part) ?? throw new JsonException("a key is no base64"));
                if (keys.Select(key => key.TryUnwrap(message)).FirstOrDefault(static payload => payload is not null) is { } payload)
                {
                    return new OpenedLayer(LayerSecret.Parse(payload), ReadHmac(layer));
                }
            }
        }
        catch (JsonException exception)
        {
            throw Failure(layer, $"its annotations are damaged: {exception.Message}");
        }

        throw Failure(layer, "none of the private keys could be used for decryption: it was encrypted for others than --decryption-key names");
    }

    private static byte[] ReadHmac(Descriptor layer)
    {
        var encoded = Base64.TryDecode(layer.Annotations!.GetValueOrDefault(PublicOptions)) ?? throw new JsonException($"\"{PublicOptions}\" is missing or no base64");
        var cipher = JsonMembers.Parse<LayerCipher>(encoded);
        return cipher.Name != LayerCipher.Aes256Ctr
            ? throw new JsonException($"the cipher is \"{cipher.Name}\", but only {LayerCipher.Aes256Ctr} is known")
            : Base64.TryDecode(cipher.Hmac) ?? throw new JsonException("\"hmac\" is missing or no base64");
    }

    private static BuildException Failure(Descriptor layer, string why) => new($"decrypting layer {layer.Digest}: {why}");
}
