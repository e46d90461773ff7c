using System.Text.Json;

using Bld.Json;

namespace Bld.Builder.Layers.Encryption;

/// <summary>A <see cref="LayerSecret"/> as an encrypted layer carries it, wrapped for each of those who may read it.</summary>
internal sealed class WrappedSecret : IJsonRecord<WrappedSecret>
{
    /// <summary>Base64.</summary>
    public string? Key { get; init; }

    /// <summary>
    /// The digest of what was enciphered. For others: some write that of the layer before it was compressed for its way, so a reader can't
    /// hold a layer to it, and has the diff id.
    /// </summary>
    public string? Digest { get; init; }

    public CipherOptions? Options { get; init; }

    static WrappedSecret IJsonRecord<WrappedSecret>.Read(JsonMembers json) => new()
    {
        Key = json.Text("symkey"),
        Digest = json.Text("digest"),
        Options = json.Object<CipherOptions>("cipheroptions"),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("symkey", Key);
        json.Text("digest", Digest);
        json.Object("cipheroptions", Options);
    }
}
