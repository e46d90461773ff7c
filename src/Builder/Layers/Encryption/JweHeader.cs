using System.Text.Json;

using Bld.Json;

namespace Bld.Builder.Layers.Encryption;

/// <summary>How a JWE's key is wrapped and its content enciphered (RFC 7516, 4.1; RFC 7518, 4.6.1).</summary>
internal sealed class JweHeader : IJsonRecord<JweHeader>
{
    /// <summary>How the key is wrapped: <c>alg</c>.</summary>
    public string? Algorithm { get; init; }

    /// <summary>How the content is enciphered: <c>enc</c>.</summary>
    public string? ContentCipher { get; set; }

    /// <summary>The sender's key that was made for this message alone: <c>epk</c>.</summary>
    public JsonWebKey? EphemeralKey { get; init; }

    /// <summary>Base64url of what the sender says about himself: <c>apu</c>.</summary>
    public string? Sender { get; init; }

    /// <summary>Base64url of what the sender says about the recipient: <c>apv</c>.</summary>
    public string? Recipient { get; init; }

    /// <summary>What it can't be read without: <c>crit</c>.</summary>
    public IReadOnlyList<string>? Extensions { get; init; }

    /// <summary>How the content is compressed: <c>zip</c>.</summary>
    public string? Compression { get; init; }

    static JweHeader IJsonRecord<JweHeader>.Read(JsonMembers json) => new()
    {
        Algorithm = json.Text("alg"),
        ContentCipher = json.Text("enc"),
        EphemeralKey = json.Object<JsonWebKey>("epk"),
        Sender = json.Text("apu"),
        Recipient = json.Text("apv"),
        Extensions = json.Texts("crit"),
        Compression = json.Text("zip"),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("alg", Algorithm);
        json.Text("enc", ContentCipher);
        json.Object("epk", EphemeralKey);
        json.Text("apu", Sender);
        json.Text("apv", Recipient);
        json.Texts("crit", Extensions);
        json.Text("zip", Compression);
    }
}

/// <summary>A public point of an elliptic curve (RFC 7518, 6.2.1).</summary>
internal sealed class JsonWebKey : IJsonRecord<JsonWebKey>
{
    /// <summary><c>EC</c>.</summary>
    public string Type { get; init; } = "EC";

    /// <summary>The curve's name, such as <c>P-256</c>.</summary>
    public required string Curve { get; init; }

    /// <summary>Base64url of a coordinate.</summary>
    public required string X { get; init; }

    /// <inheritdoc cref="X"/>
    public required string Y { get; init; }

    static JsonWebKey IJsonRecord<JsonWebKey>.Read(JsonMembers json) => new()
    {
        Type = json.RequiredText("kty"),
        Curve = json.RequiredText("crv"),
        X = json.RequiredText("x"),
        Y = json.RequiredText("y"),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("kty", Type);
        json.Text("crv", Curve);
        json.Text("x", X);
        json.Text("y", Y);
    }
}
