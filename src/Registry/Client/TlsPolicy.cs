using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Bld.Registry;

/// <summary>Which certificates a server may show, and which one this client shows (containers-certs.d(5)).</summary>
public sealed class TlsPolicy : IDisposable
{
    private readonly bool _verifies;
    private readonly X509Certificate2Collection _authorities = [];
    private readonly X509CertificateCollection _own = [];

    /// <summary>For servers that are no registries: only what the options say.</summary>
    public TlsPolicy(RegistryOptions options)
        : this(options, [])
    {
    }

    internal TlsPolicy(RegistryName name, RegistryOptions options)
        : this(options, UsualDirectories(name.Host)) => AllowsPlain = !(options.VerifiesTls ?? !name.IsLoopback);

    private TlsPolicy(RegistryOptions options, IEnumerable<string> usual)
    {
        _verifies = options.VerifiesTls ?? true;
        foreach (var directory in options.CertificateDirectory is { } given ? [given] : usual)
        {
            if (Directory.Exists(directory))
            {
                Load(directory);
                break;
            }
        }
    }

    /// <summary>Whether plain HTTP will do.</summary>
    internal bool AllowsPlain { get; }

    /// <summary>Whether the other side has shown a certificate, so speaks TLS.</summary>
    internal bool SawCertificate { get; private set; }

    /// <summary>What was wrong with it, and what to do.</summary>
    public string? Complaint { get; private set; }

    public SslClientAuthenticationOptions ToClientOptions() => new()
    {
        RemoteCertificateValidationCallback = Accepts,
        ClientCertificates = _own.Count > 0 ? _own : null,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var certificate in _authorities.Concat(_own.OfType<X509Certificate2>()))
        {
            certificate.Dispose();
        }
    }

    private bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        SawCertificate = true;
        if (errors == SslPolicyErrors.None || !_verifies)
        {
            return true;
        }

        if (errors == SslPolicyErrors.RemoteCertificateChainErrors && _authorities.Count > 0 && certificate is X509Certificate2 shown)
        {
            using var own = new X509Chain();
            own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            own.ChainPolicy.CustomTrustStore.AddRange(_authorities);
            own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            {
                own.ChainPolicy.ExtraStore.Add(element.Certificate);
            }

            if (own.Build(shown))
            {
                return true;
            }
        }

        var what = errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            ? "its certificate is for another name"
            : "its certificate was not signed by an authority that this machine trusts, or is out of date";
        Complaint = $"{what}; give its authority's certificate by --cert-dir, or trust it blindly by --tls-verify=false";
        return false;
    }

    private static IEnumerable<string> UsualDirectories(string host)
    {
        if (!Privilege.IsRoot)
        {
            yield return $"{Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)}/.config/containers/certs.d/{host}";
        }

        yield return $"/etc/containers/certs.d/{host}";
        yield return $"/etc/docker/certs.d/{host}";
    }

    private void Load(string directory)
    {
        foreach (var file in Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal))
        {
            try
            {
                if (file.EndsWith(".crt", StringComparison.Ordinal))
                {
                    _authorities.ImportFromPemFile(file);
                }
                else if (file.EndsWith(".cert", StringComparison.Ordinal))
                {
                    _own.Add(X509Certificate2.CreateFromPemFile(file, Path.ChangeExtension(file, ".key")));
                }
            }
            catch (Exception exception) when (exception is System.Security.Cryptography.CryptographicException or IOException or UnauthorizedAccessException)
            {
                throw new RegistryException($"cannot read the certificate {file}: {exception.Message}", exception);
            }
        }
    }
}
