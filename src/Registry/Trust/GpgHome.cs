namespace Bld.Registry;

/// <summary>A home for gpg with nothing but the keys of a signature policy.</summary>
internal sealed class GpgHome : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("bld-gpg-").FullName;

    internal GpgHome(IEnumerable<string> keys, string policy)
    {
        try
        {
            foreach (var key in keys)
            {
                var bytes = key.StartsWith("data:", StringComparison.Ordinal) ? Convert.FromBase64String(key[5..]) : File.ReadAllBytes(key);
                if (Run(["--import"], bytes, out _).Code != 0)
                {
                    throw new RegistryException($"gpg can't read a key of the signature policy {policy}");
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What is signed; null when the signature isn't good.</summary>
    internal byte[]? Open(byte[] signature)
    {
        var (code, status) = Run(["--status-fd", "2", "--decrypt"], signature, out var payload);
        return code == 0 && IsGood(status) ? payload : null;
    }

    // VALIDSIG alone is said of expired and revoked keys too (gnupg, doc/DETAILS).
    private static bool IsGood(string status)
    {
        const string Prefix = "[GNUPG:] ";
        var words = status.Split('\n').Where(static line => line.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(static line => line[Prefix.Length..].Split(' ')[0]).ToList();
        return words.Contains("GOODSIG") && words.Contains("VALIDSIG")
            && !words.Exists(static word => word is "EXPSIG" or "EXPKEYSIG" or "REVKEYSIG" or "BADSIG" or "ERRSIG");
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_path, recursive: true);

    private (int Code, string Said) Run(string[] arguments, byte[] input, out byte[] output) =>
        Gpg.Run(["--homedir", _path, "--no-autostart", "--trust-model", "always", .. arguments], input, out output);
}
