using System.Security.Cryptography;

namespace Bld.Registry;

/// <summary>Signatures that lie beside their image in the registry, under the tag <c>sha256-….sig</c>, as cosign puts them there.</summary>
public static class SigstoreSignatures
{
    private const string PayloadType = "application/vnd.dev.cosign.simplesigning.v1+json";
    private const string SignatureKey = "dev.cosignproject.cosign/signature";

    /// <summary>Whether one of the keys has signed the image, or the list that it was chosen from.</summary>
    internal static async Task<bool> AnyIsGoodAsync(
        RegistrySource source, IReadOnlyList<RawManifest> documents, SigstoreKeys keys, CancellationToken cancellation)
    {
        foreach (var document in documents)
        {
            foreach (var layer in (await FindAsync(source.Client, document.Digest, cancellation))?.Layers ?? [])
            {
                if (layer.MediaType != PayloadType || layer.Annotations?.GetValueOrDefault(SignatureKey) is not { } encoded || !IsBase64(encoded, out var signature))
                {
                    continue;
                }

                var payload = await Documents.ReadAsync(source, layer, cancellation);
                if (keys.HaveSigned(payload, signature) && SignaturePayload.SpeaksOf(payload, source.Name, documents))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Signs an image and puts the signature beside it.</summary>
    /// <param name="client">The image's repository.</param>
    /// <param name="digest">The digest of its manifest or list.</param>
    /// <param name="key">The signer's key.</param>
    /// <param name="cancellation">Stops it.</param>
    public static void Sign(RegistryClient client, Digest digest, SigningKey key, CancellationToken cancellation) =>
        SignAsync(client, digest, key, cancellation).GetAwaiter().GetResult();

    private static async Task SignAsync(RegistryClient client, Digest digest, SigningKey key, CancellationToken cancellation)
    {
        var payload = SignaturePayload.Create(client.Name, digest, "cosign container image signature");
        var layer = new Descriptor
        {
            MediaType = PayloadType,
            Digest = Digest.Of(payload),
            Size = payload.Length,
            Annotations = new(StringComparer.Ordinal) { [SignatureKey] = Convert.ToBase64String(key.Sign(payload)) },
        };

        // Others' signatures of the image stay.
        var known = await FindAsync(client, digest, cancellation);
        var layers = (known?.Layers ?? []).Where(each => each.Digest != layer.Digest).Append(layer).ToList();
        var config = new ImageConfig
        {
            Architecture = "",
            Os = "",
            RootFs = new RootFs { DiffIds = [.. layers.Select(static each => new DiffId(each.Digest))] },
        }.ToJson();
        var configDescriptor = new Descriptor { MediaType = MediaTypes.OciConfig, Digest = Digest.Of(config), Size = config.Length };
        await client.UploadAsync(layer, () => new MemoryStream(payload), cancellation);
        await client.UploadAsync(configDescriptor, () => new MemoryStream(config), cancellation);
        var manifest = new ImageManifest { MediaType = MediaTypes.OciManifest, Config = configDescriptor, Layers = layers };
        await client.PutManifestAsync(Tag(digest), new RawManifest(manifest.ToJson(), MediaTypes.OciManifest), cancellation);
    }

    private static async Task<ImageManifest?> FindAsync(RegistryClient client, Digest digest, CancellationToken cancellation)
    {
        try
        {
            var raw = await client.GetManifestAsync(Tag(digest), cancellation);
            return MediaTypes.IsManifest(raw.MediaType) ? ImageManifest.Parse(raw.Content) : null;
        }
        catch (RegistryException exception) when (exception.Status is System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private static string Tag(Digest digest) => $"{digest.Algorithm}-{digest.Hex}.sig";

    private static bool IsBase64(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length];
        var isGood = Convert.TryFromBase64String(text, bytes, out var count);
        bytes = bytes[..count];
        return isGood;
    }
}

/// <summary>A private key that images are signed with.</summary>
public sealed class SigningKey : IDisposable
{
    private readonly ECDsa _key;

    private SigningKey(ECDsa key) => _key = key;

    /// <summary>Reads an ECDSA key in PEM; an encrypted one is opened with <c>COSIGN_PASSWORD</c>.</summary>
    /// <exception cref="RegistryException">It can't be read.</exception>
    public static SigningKey Read(string path)
    {
        var key = ECDsa.Create();
        try
        {
            var pem = File.ReadAllText(path);
            if (pem.Contains("ENCRYPTED COSIGN", StringComparison.Ordinal) || pem.Contains("ENCRYPTED SIGSTORE", StringComparison.Ordinal))
            {
                throw new RegistryException($"the key {path} is encrypted in cosign's own way, which is not supported: give an ECDSA key in PEM (PKCS#8), such as openssl makes");
            }

            if (pem.Contains("BEGIN ENCRYPTED PRIVATE KEY", StringComparison.Ordinal))
            {
                key.ImportFromEncryptedPem(pem, Environment.GetEnvironmentVariable("COSIGN_PASSWORD") ?? "");
            }
            else
            {
                key.ImportFromPem(pem);
            }

            return new SigningKey(key);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new RegistryException($"cannot read a signing key from {path}: it must be an ECDSA key in PEM ({exception.Message})", exception);
        }
    }

    /// <summary>Signs something.</summary>
    internal byte[] Sign(byte[] payload) => _key.SignData(payload, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
