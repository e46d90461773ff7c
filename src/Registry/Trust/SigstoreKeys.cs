using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Bld.Registry;

/// <summary>The public keys of a <c>sigstoreSigned</c> requirement.</summary>
internal sealed class SigstoreKeys
{
    private readonly List<string> _pems = [];

    /// <summary>Reads <c>keyPath</c>, <c>keyPaths</c>, <c>keyData</c> or <c>keyDatas</c>.</summary>
    /// <exception cref="RegistryException">There is none, or one can't be read.</exception>
    internal static SigstoreKeys Read(JsonObject requirement, string file)
    {
        var keys = new SigstoreKeys();
        string[] known = ["type", "keyPath", "keyPaths", "keyData", "keyDatas", "signedIdentity"];
        if (requirement.FirstOrDefault(each => !known.Contains(each.Key)).Key is { } unknown)
        {
            // What isn't understood must not be passed over: it may forbid what is asked for.
            throw new RegistryException($"the signature policy {file} asks for {unknown}, which is not supported here: use keys");
        }

        foreach (var path in Texts(requirement, "keyPath", "keyPaths"))
        {
            try
            {
                keys._pems.Add(File.ReadAllText(path));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new RegistryException($"the key {path} of the signature policy {file} can't be read: {exception.Message}", exception);
            }
        }

        keys._pems.AddRange(Texts(requirement, "keyData", "keyDatas").Select(static data => Encoding.UTF8.GetString(Convert.FromBase64String(data))));
        return keys._pems.Count > 0 ? keys : throw new RegistryException($"a sigstoreSigned requirement of {file} has no key");
    }

    /// <summary>Whether one of the keys has signed something.</summary>
    internal bool HaveSigned(byte[] payload, byte[] signature) => _pems.Exists(pem => HasSigned(pem, payload, signature));

    /// <summary>The texts of a key in its form for one and its form for several.</summary>
    internal static IEnumerable<string> Texts(JsonObject requirement, string one, string several)
    {
        if (TrustPolicy.Text(requirement[one]) is { } single)
        {
            yield return single;
        }

        foreach (var each in requirement[several] as JsonArray ?? [])
        {
            if (TrustPolicy.Text(each) is { } text)
            {
                yield return text;
            }
        }
    }

    private static bool HasSigned(string pem, byte[] payload, byte[] signature)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(pem);
            return key.VerifyData(payload, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new RegistryException($"a key of the signature policy can't be used: it must be an ECDSA key in PEM ({exception.Message})", exception);
        }
    }
}
