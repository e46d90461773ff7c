using System.Text;

namespace Bld.Builder.Layers.Encryption;

/// <summary>A key as a file has it: in PEM (RFC 7468), with OpenSSL's older headers (RFC 1421) or without, or bare DER.</summary>
internal sealed class PemText
{
    private const string Begin = "-----BEGIN ";
    private const string CipherHeader = "DEK-Info:";

    private PemText(byte[] content) => Content = content;

    /// <summary>The DER, or what it was encrypted to.</summary>
    public byte[] Content { get; }

    /// <summary>Whether a passphrase is needed.</summary>
    public bool IsEncrypted { get; private init; }

    /// <summary>Cipher and salt of OpenSSL's older way of encrypting; null for PKCS#8's.</summary>
    public string? LegacyCipher { get; private init; }

    /// <summary>Reads the first text whose label ends so; bytes without any are DER.</summary>
    public static PemText Read(byte[] file, string label)
    {
        var lines = Encoding.Latin1.GetString(file).Split('\n', StringSplitOptions.TrimEntries);
        var start = Array.FindIndex(lines, line => line.StartsWith(Begin) && line.EndsWith($"{label}-----"));
        var end = start < 0 ? -1 : Array.FindIndex(lines, start + 1, static line => line.StartsWith("-----END "));
        if (end < 0)
        {
            return new PemText(file);
        }

        var body = lines[(start + 1)..end];
        var cipher = body.FirstOrDefault(static line => line.StartsWith(CipherHeader))?[CipherHeader.Length..].Trim();
        return new PemText(Base64.TryDecode(string.Concat(body.Where(static line => !line.Contains(':')))) ?? [])
        {
            IsEncrypted = cipher is not null || lines[start].StartsWith($"{Begin}ENCRYPTED "),
            LegacyCipher = cipher,
        };
    }
}
