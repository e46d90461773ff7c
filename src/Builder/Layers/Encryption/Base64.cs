using System.Buffers.Text;

namespace Bld.Builder.Layers.Encryption;

/// <summary>Base64 of strangers: null for what is none.</summary>
internal static class Base64
{
    public static byte[]? TryDecode(string? text)
    {
        var bytes = new byte[(text ?? "").Length];
        return text is not null && Convert.TryFromBase64String(text, bytes, out var count) ? bytes[..count] : null;
    }

    /// <summary>The URL's alphabet without padding (RFC 7515, 2).</summary>
    public static byte[]? TryDecodeUrl(string? text)
    {
        var bytes = new byte[(text ?? "").Length];
        return text is not null && Base64Url.TryDecodeFromChars(text, bytes, out var count) ? bytes[..count] : null;
    }
}
