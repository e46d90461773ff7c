using System.Security.Cryptography;

namespace Bld.Builder.Layers.Encryption;

/// <summary>Writes what it is given enciphered, and authenticates that.</summary>
/// <param name="target">Gets the ciphertext; stays open.</param>
/// <param name="secret">What it is enciphered with.</param>
internal sealed class EncryptingStream(Stream target, LayerSecret secret) : WriteOnlyStream
{
    private readonly CounterCipher _cipher = new(secret.Key, secret.Nonce);
    private readonly IncrementalHash _hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret.Key);
    private readonly byte[] _buffer = new byte[64 * 1024];

    /// <summary>The HMAC-SHA256 of the ciphertext, when all is written.</summary>
    public byte[] Finish() => _hmac.GetHashAndReset();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var piece = _buffer.AsSpan(0, Math.Min(buffer.Length, _buffer.Length));
            buffer[..piece.Length].CopyTo(piece);
            _cipher.Apply(piece);
            _hmac.AppendData(piece);
            target.Write(piece);
            buffer = buffer[piece.Length..];
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _cipher.Dispose();
            _hmac.Dispose();
        }

        base.Dispose(disposing);
    }
}
