using System.Text.Json.Nodes;

namespace Bld.Registry;

/// <summary>
/// GPG signatures of the older kind: files in a place of their own (<see cref="Lookaside"/>), made by the program gpg with the user's keys and
/// checked by it with only the policy's.
/// </summary>
public static class SimpleSigning
{
    private const string FileScheme = "file://";
    private const int MostSignatures = 128;
    private const int LargestSignature = 1 << 20;

    /// <summary>Whether one of the requirement's keys has signed the image, or the list that it was chosen from.</summary>
    internal static async Task<bool> AnyIsGoodAsync(
        RegistrySource source, IReadOnlyList<RawManifest> documents, JsonObject requirement, string file, CancellationToken cancellation)
    {
        var keys = SigstoreKeys.Texts(requirement, "keyPath", "keyPaths").ToList();
        keys.AddRange(SigstoreKeys.Texts(requirement, "keyData", "keyDatas").Select(static data => "data:" + data));
        if (TrustPolicy.Text(requirement["keyType"]) != "GPGKeys" || keys.Count == 0)
        {
            throw new RegistryException($"a signedBy requirement of {file} must have the keyType GPGKeys and a key");
        }

        var place = Lookaside.Of(source.Name, isWritten: false);
        using var home = new GpgHome(keys, file);
        foreach (var document in documents)
        {
            for (var i = 1; i <= MostSignatures; i++)
            {
                if (await ReadAsync(Place(place, source.Name, document.Digest, i), cancellation) is not { } signature)
                {
                    break;
                }

                if (home.Open(signature) is { } payload && SignaturePayload.SpeaksOf(payload, source.Name, documents))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Refuses a key that can't sign, before anything is made to be signed.</summary>
    /// <param name="key">Fingerprint of a key of the user's keyring, or what else gpg knows it by.</param>
    /// <exception cref="RegistryException">The keyring has no such secret key.</exception>
    public static void CheckKey(string key) => Gpg.CheckSecretKey(key);

    /// <summary>Signs an image, or a list with its images, and puts the signatures beside those that are there.</summary>
    /// <param name="client">The image's repository, with the name that is signed.</param>
    /// <param name="digest">Digest of the manifest or list.</param>
    /// <param name="key">Whose signature it is, as for <see cref="CheckKey"/>.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="RegistryException">It can't be signed, or a signature can't be kept.</exception>
    public static void Sign(RegistryClient client, Digest digest, string key, CancellationToken cancellation)
    {
        var place = Lookaside.Of(client.Name, isWritten: true);
        if (!place.StartsWith(FileScheme, StringComparison.Ordinal))
        {
            throw new RegistryException($"the signature of {client.Name} can't be written to {place}: name a directory as lookaside-staging in registries.d, such as {FileScheme}/var/lib/containers/sigstore");
        }

        var written = client.GetManifestAsync(digest.ToString(), cancellation).GetAwaiter().GetResult();
        IReadOnlyList<Descriptor> members = MediaTypes.IsIndex(written.MediaType) ? ImageIndex.Parse(written.Content).Manifests : [];
        foreach (var each in members.Select(static member => member.Digest).Prepend(digest))
        {
            Keep(place, client.Name, each, Gpg.Sign(key, SignaturePayload.Create(client.Name, each, "atomic container signature")));
        }
    }

    private static void Keep(string place, RegistryName name, Digest digest, byte[] signature)
    {
        string PathOf(int number) => Place(place, name, digest, number)[FileScheme.Length..];
        var directory = Path.GetDirectoryName(PathOf(1))!;
        Directory.CreateDirectory(directory);
        var temporary = $"{directory}/{Guid.NewGuid():N}";
        File.WriteAllBytes(temporary, signature);
        for (var number = 1; ; number++)
        {
            try
            {
                File.Move(temporary, PathOf(number), overwrite: false);
                return;
            }
            catch (IOException) when (File.Exists(PathOf(number)))
            {
                // It is another's.
            }
        }
    }

    private static string Place(string lookaside, RegistryName name, Digest digest, int number) =>
        $"{lookaside}/{name.Repository}@{digest.Algorithm}={digest.Hex}/signature-{number}";

    private static async Task<byte[]?> ReadAsync(string url, CancellationToken cancellation)
    {
        if (url.StartsWith(FileScheme, StringComparison.Ordinal))
        {
            var file = url[FileScheme.Length..];
            return File.Exists(file) && new FileInfo(file).Length <= LargestSignature ? await File.ReadAllBytesAsync(file, cancellation) : null;
        }

        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30), MaxResponseContentBufferSize = LargestSignature };
        using var response = await http.GetAsync(new Uri(url), cancellation);
        return response.StatusCode is System.Net.HttpStatusCode.NotFound ? null
            : response.IsSuccessStatusCode ? await response.Content.ReadAsByteArrayAsync(cancellation)
            : throw new RegistryException($"cannot read the signature {url}: {(int)response.StatusCode} {response.ReasonPhrase}");
    }
}
