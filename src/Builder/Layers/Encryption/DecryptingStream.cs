using System.Security.Cryptography;

using Bld.Builder.Store;

namespace Bld.Builder.Layers.Encryption;

/// <summary>
/// Reads a ciphertext deciphered. It can't end well unless the HMAC is right; what was read before its end is not to be believed yet.
/// </summary>
/// <param name="source">The ciphertext; closed with this stream.</param>
/// <param name="opened">What it is deciphered with.</param>
/// <param name="layer">The layer, for errors.</param>
internal sealed class DecryptingStream(Stream source, OpenedLayer opened, Registry.Digest layer) : ReadOnlyStream
{
    private readonly CounterCipher _cipher = new(opened.Secret.Key, opened.Secret.Nonce);
    private readonly IncrementalHash _hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, opened.Secret.Key);
    private bool _verified;

    /// <exception cref="BuildException">The ciphertext was changed after it was made.</exception>
    public override int Read(Span<byte> buffer)
    {
        var count = source.Read(buffer);
        if (count > 0)
        {
            _hmac.AppendData(buffer[..count]);
            _cipher.Apply(buffer[..count]);
        }
        else if (!buffer.IsEmpty)
        {
            Verify();
        }

        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
            _cipher.Dispose();
            _hmac.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Verify()
    {
        if (!_verified && !CryptographicOperations.FixedTimeEquals(_hmac.GetHashAndReset(), opened.Hmac))
        {
            throw new BuildException($"decrypting layer {layer}: its HMAC is wrong: the layer was changed or damaged after it was encrypted");
        }

        _verified = true;
    }
}
