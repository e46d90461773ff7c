using System.Diagnostics;
using System.Text.Json.Nodes;

using Bld.Registry.Configuration;

namespace Bld.Registry;

/// <summary>
/// GPG signatures of the older kind: files in a place of their own that registries.d names (containers-registries.d(5)), checked by the
/// program gpg with only the policy's keys.
/// </summary>
internal static class SimpleSigning
{
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

        if (LookasideOf(source.Name) is not { } place)
        {
            return false;
        }

        using var home = new GpgHome(keys, file);
        foreach (var document in documents)
        {
            for (var i = 1; i <= MostSignatures; i++)
            {
                var where = $"{place}/{source.Name.Repository}@{document.Digest.Algorithm}={document.Digest.Hex}/signature-{i}";
                if (await ReadAsync(where, cancellation) is not { } signature)
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

    /// <summary>Where registries.d says that signatures of an image lie.</summary>
    private static string? LookasideOf(RegistryName name)
    {
        (int Length, string? Place) best = (-1, null);
        foreach (var file in ConfigurationFiles.Folders().Select(static folder => $"{folder}/registries.d").Where(Directory.Exists)
            .Take(1).SelectMany(static folder => Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal)))
        {
            foreach (var (scope, place) in LookasideFile.Read(file))
            {
                var text = name.ToString();
                var matches = scope.Length == 0 || text == scope || text.StartsWith(scope + "/", StringComparison.Ordinal) || text.StartsWith(scope + ":", StringComparison.Ordinal);
                best = matches && scope.Length > best.Length ? (scope.Length, place) : best;
            }
        }

        return best.Place?.TrimEnd('/');
    }

    private static async Task<byte[]?> ReadAsync(string url, CancellationToken cancellation)
    {
        if (url.StartsWith("file://", StringComparison.Ordinal))
        {
            return File.Exists(url[7..]) ? await File.ReadAllBytesAsync(url[7..], cancellation) : null;
        }

        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30), MaxResponseContentBufferSize = LargestSignature };
        using var response = await http.GetAsync(new Uri(url), cancellation);
        return response.StatusCode is System.Net.HttpStatusCode.NotFound ? null
            : response.IsSuccessStatusCode ? await response.Content.ReadAsByteArrayAsync(cancellation)
            : throw new RegistryException($"cannot read the signature {url}: {(int)response.StatusCode} {response.ReasonPhrase}");
    }

    /// <summary>A home for gpg with nothing but the policy's keys.</summary>
    private sealed class GpgHome : IDisposable
    {
        private readonly string _path = Directory.CreateTempSubdirectory("bld-gpg-").FullName;

        internal GpgHome(IEnumerable<string> keys, string policy)
        {
            foreach (var key in keys)
            {
                var bytes = key.StartsWith("data:", StringComparison.Ordinal) ? Convert.FromBase64String(key[5..]) : File.ReadAllBytes(key);
                if (Run(["--import"], bytes, out _) is var (code, _) && code != 0)
                {
                    Dispose();
                    throw new RegistryException($"gpg can't read a key of the signature policy {policy}");
                }
            }
        }

        /// <summary>What is signed; null when the signature isn't good.</summary>
        internal byte[]? Open(byte[] signature)
        {
            var (code, status) = Run(["--status-fd", "2", "--decrypt"], signature, out var payload);
            return code == 0 && status.Contains("[GNUPG:] VALIDSIG ", StringComparison.Ordinal) ? payload : null;
        }

        public void Dispose() => Directory.Delete(_path, recursive: true);

        private (int Code, string Status) Run(string[] arguments, byte[] input, out byte[] output)
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(
                    "gpg", ["--homedir", _path, "--batch", "--no-tty", "--no-autostart", "--trust-model", "always", .. arguments])
                {
                    UseShellExecute = false,
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                })!;
                var status = process.StandardError.ReadToEndAsync();
                process.StandardInput.BaseStream.Write(input);
                process.StandardInput.Close();
                using var content = new MemoryStream();
                process.StandardOutput.BaseStream.CopyTo(content);
                process.WaitForExit();
                output = content.ToArray();
                return (process.ExitCode, status.GetAwaiter().GetResult());
            }
            catch (System.ComponentModel.Win32Exception exception)
            {
                throw new RegistryException("the signature policy asks for a GPG signature, and the program gpg can't be run: install gnupg", exception);
            }
        }
    }
}
