namespace Bld.Builder.Layers.Encryption;

/// <summary>An encrypted layer whose secret was unwrapped.</summary>
/// <param name="secret">What it is enciphered with.</param>
/// <param name="hmac">What its ciphertext must authenticate to.</param>
internal sealed class OpenedLayer(LayerSecret secret, byte[] hmac)
{
    /// <summary>What it is enciphered with.</summary>
    public LayerSecret Secret => secret;

    /// <summary>What its ciphertext must authenticate to.</summary>
    public byte[] Hmac => hmac;
}
