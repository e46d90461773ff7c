using System.Buffers;
using System.Diagnostics.CodeAnalysis;

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

    /// <inheritdoc/>
    public override string ToString() => Text;
}
