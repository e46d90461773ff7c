using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Bld.Registry;

/// <summary>
/// A content digest, <c>sha256:</c> and 64 lower-case hex digits (OCI image-spec, "Digests"); sha512 is understood too.
/// The default value is no digest and has no text.
/// </summary>
public readonly record struct Digest
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly string? _text;

    private Digest(string text) => _text = text;

    /// <summary><c>sha256</c> or <c>sha512</c>.</summary>
    public string Algorithm => Text[..Text.IndexOf(':', StringComparison.Ordinal)];

    /// <summary>What computes it.</summary>
    /// <exception cref="RegistryException">Nothing here does: what can't be verified must not pass for verified.</exception>
    internal HashAlgorithmName HashName => Algorithm switch
    {
        "sha256" => HashAlgorithmName.SHA256,
        "sha512" => HashAlgorithmName.SHA512,
        _ => throw new RegistryException($"{Text} can't be verified: nothing here computes {Algorithm}"),
    };

    /// <summary>What follows the colon.</summary>
    public string Hex => Text[(Text.IndexOf(':', StringComparison.Ordinal) + 1)..];

    private string Text => _text ?? throw new InvalidOperationException("a digest that was never set");

    /// <summary>The digest that a text spells.</summary>
    /// <exception cref="FormatException">It spells none.</exception>
    public static Digest Parse(string text) =>
        TryParse(text, out var digest) ? digest : throw new FormatException($"'{text}' is not a digest");

    /// <inheritdoc cref="Parse"/>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        var valid = text is not null
            && ((text.StartsWith("sha256:", StringComparison.Ordinal) && text.Length == 7 + 64)
                || (text.StartsWith("sha512:", StringComparison.Ordinal) && text.Length == 7 + 128))
            && !text.AsSpan(7).ContainsAnyExcept(HexDigits);
        digest = valid ? new Digest(text!) : default;
        return valid;
    }

    /// <summary>The digest whose 32 bytes somebody has computed.</summary>
    public static Digest FromSha256(ReadOnlySpan<byte> hash) => new("sha256:" + Convert.ToHexStringLower(hash));

    /// <summary>SHA-256 of some bytes.</summary>
    public static Digest Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[32];
        Sha256Hash.HashData(content, hash);
        return FromSha256(hash);
    }

    /// <summary>The digest of some bytes by the algorithm of this one, to be compared with it.</summary>
    internal Digest OfSameKind(ReadOnlySpan<byte> content) =>
        HashName == HashAlgorithmName.SHA256 ? Of(content) : new($"{Algorithm}:{Convert.ToHexStringLower(CryptographicOperations.HashData(HashName, content))}");

    /// <inheritdoc/>
    public override string ToString() => Text;
}
