using System.Security.Cryptography;

using Bld.Builder.Store;

namespace Bld.Builder.Context;

/// <summary>What <c>ADD --checksum=ALGORITHM:HEX</c> says of a file.</summary>
internal sealed record SourceChecksum(HashAlgorithmName Algorithm, string Text)
{
    /// <summary>Reads one, of sha256, sha384 or sha512.</summary>
    /// <exception cref="BuildException">It is none.</exception>
    public static SourceChecksum Parse(string text)
    {
        var colon = text.IndexOf(':');
        if (colon <= 0 || colon == text.Length - 1)
        {
            throw new BuildException($"invalid checksum digest format: \"{text}\" must be sha256: and 64 hex digits");
        }

        var (algorithm, digits) = text[..colon] switch
        {
            "sha256" => (HashAlgorithmName.SHA256, 64),
            "sha384" => (HashAlgorithmName.SHA384, 96),
            "sha512" => (HashAlgorithmName.SHA512, 128),
            var other => throw new BuildException($"unsupported digest algorithm \"{other}\": use sha256, sha384 or sha512"),
        };
        var hex = text.AsSpan(colon + 1);
        return hex.Length != digits ? throw new BuildException($"invalid checksum digest length: \"{text}\" has {hex.Length} digits, not {digits}")
            : !text[(colon + 1)..].All(char.IsAsciiHexDigitLower) ? throw new BuildException($"invalid checksum digest format: \"{text}\" has characters that are no lower-case hex digits")
            : new SourceChecksum(algorithm, text);
    }
}
