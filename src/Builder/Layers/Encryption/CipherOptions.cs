using System.Text.Json;

using Bld.Json;

namespace Bld.Builder.Layers.Encryption;

/// <summary>What a cipher needs besides its key; empty where everybody may read it.</summary>
internal sealed class CipherOptions : IJsonRecord<CipherOptions>
{
    /// <summary>Base64.</summary>
    public string? Nonce { get; init; }

    static CipherOptions IJsonRecord<CipherOptions>.Read(JsonMembers json) => new() { Nonce = json.Text("nonce") };

    void IJsonWritable.Write(Utf8JsonWriter json) => json.Text("nonce", Nonce);
}
