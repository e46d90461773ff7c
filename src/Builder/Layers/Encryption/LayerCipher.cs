using System.Text.Json;

using Bld.Json;

namespace Bld.Builder.Layers.Encryption;

/// <summary>What everybody may know of how a layer is enciphered.</summary>
internal sealed class LayerCipher : IJsonRecord<LayerCipher>
{
    /// <summary>The only cipher that there is.</summary>
    public const string Aes256Ctr = "AES_256_CTR_HMAC_SHA256";

    public string? Name { get; init; }

    /// <summary>Base64 of the ciphertext's HMAC.</summary>
    public string? Hmac { get; init; }

    public CipherOptions? Options { get; init; }

    static LayerCipher IJsonRecord<LayerCipher>.Read(JsonMembers json) => new()
    {
        Name = json.Text("cipher"),
        Hmac = json.Text("hmac"),
        Options = json.Object<CipherOptions>("cipheroptions"),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("cipher", Name);
        json.Text("hmac", Hmac);
        json.Object("cipheroptions", Options);
    }
}
