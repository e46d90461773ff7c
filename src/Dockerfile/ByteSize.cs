using System.Buffers;
using System.Globalization;

namespace Bld.Dockerfile;

/// <summary>Sizes in bytes with 1024-based units: <c>64m</c>, <c>1.5G</c>, <c>100KiB</c>.</summary>
public static class ByteSize
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>The number of bytes.</summary>
    /// <exception cref="DockerfileException">The text is no size.</exception>
    public static long Parse(string text)
    {
        var digits = text.AsSpan().IndexOfAnyExcept(NumberCharacters);
        var number = digits < 0 ? text : text[..digits];
        var unit = digits < 0 ? "" : text[digits..].Trim().ToLowerInvariant();
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
        {
            throw new DockerfileException($"invalid size: '{text}'");
        }

        var power = unit switch
        {
            "" or "b" => 0,
            "k" or "kb" or "kib" => 1,
            "m" or "mb" or "mib" => 2,
            "g" or "gb" or "gib" => 3,
            "t" or "tb" or "tib" => 4,
            _ => throw new DockerfileException($"invalid size: '{text}'"),
        };
        for (; power > 0; power--)
        {
            amount *= 1024;
        }

        return amount <= long.MaxValue ? (long)amount : throw new DockerfileException($"invalid size: '{text}'");
    }
}
