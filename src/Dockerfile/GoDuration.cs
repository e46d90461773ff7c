using System.Buffers;
using System.Globalization;

namespace Bld.Dockerfile;

/// <summary>Durations as Go's time.ParseDuration reads them: <c>1h30m</c>, <c>1.5s</c>, <c>100ms</c>.</summary>
public static class GoDuration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>The duration in nanoseconds.</summary>
    /// <exception cref="DockerfileException">The text is none.</exception>
    public static long Parse(string text)
    {
        var rest = text.AsSpan();
        var negative = rest.StartsWith("-");
        rest = negative || rest.StartsWith("+") ? rest[1..] : rest;
        if (rest.SequenceEqual("0"))
        {
            return 0;
        }

        var total = 0m;
        var any = false;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            var number = digits < 0 ? rest : rest[..digits];
            rest = rest[number.Length..];
            var unitLength = rest.IndexOfAny(NumberCharacters) is var next and >= 0 ? next : rest.Length;
            if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
            {
                throw new DockerfileException($"time: invalid duration \"{text}\"");
            }

            total += amount * Unit(rest[..unitLength], text);
            rest = rest[unitLength..];
            any = true;
        }

        return !any || total > long.MaxValue
            ? throw new DockerfileException($"time: invalid duration \"{text}\"")
            : (long)(negative ? -total : total);
    }

    private static decimal Unit(ReadOnlySpan<char> unit, string text) => unit switch
    {
        "ns" => 1m,
        "us" or "µs" or "μs" => 1_000m,
        "ms" => 1_000_000m,
        "s" => 1_000_000_000m,
        "m" => 60_000_000_000m,
        "h" => 3_600_000_000_000m,
        "" => throw new DockerfileException($"time: missing unit in duration \"{text}\""),
        _ => throw new DockerfileException($"time: unknown unit \"{unit}\" in duration \"{text}\""),
    };
}
