using System.Buffers;
using System.Globalization;

namespace Bld.Dockerfile;

/// <summary>Durations as Go's time package reads and shows them: <c>1h30m</c>, <c>1.5s</c>, <c>100ms</c>. In nanoseconds here.</summary>
public static class GoDuration
{
    private const long Microsecond = 1_000;
    private const long Millisecond = 1_000_000;
    private const long Second = 1_000_000_000;
    private const int LongestNumber = 24;

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

        var total = rest.IsEmpty ? throw Invalid(text) : 0m;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            var number = digits < 0 ? rest : rest[..digits];
            rest = rest[number.Length..];
            var unit = rest[..(rest.IndexOfAny(NumberCharacters) is var next and >= 0 ? next : rest.Length)];
            rest = rest[unit.Length..];
            if (number.Length > LongestNumber
                || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
                || amount > long.MaxValue)
            {
                throw Invalid(text);
            }

            total += amount * Unit(unit, text);
        }

        return total <= long.MaxValue ? (long)(negative ? -total : total) : throw Invalid(text);
    }

    /// <summary>Nanoseconds as Go shows them: <c>1m30s</c>, <c>1.5ms</c>, <c>0s</c>.</summary>
    public static string Format(long duration)
    {
        var sign = duration < 0 ? "-" : "";
        var rest = Math.Abs((decimal)duration);
        switch (rest)
        {
            case 0:
                return "0s";
            case < Microsecond:
                return $"{sign}{Number(rest)}ns";
            case < Millisecond:
                return $"{sign}{Number(rest / Microsecond)}µs";
            case < Second:
                return $"{sign}{Number(rest / Millisecond)}ms";
        }

        var minutes = decimal.Floor(rest / Second / 60);
        var seconds = $"{Number((rest / Second) - (minutes * 60))}s";
        var hours = decimal.Floor(minutes / 60);
        return (minutes, hours) switch
        {
            (0, _) => sign + seconds,
            (_, 0) => $"{sign}{Number(minutes)}m{seconds}",
            _ => $"{sign}{Number(hours)}h{Number(minutes % 60)}m{seconds}",
        };
    }

    private static string Number(decimal number) => number.ToString("0.#########", CultureInfo.InvariantCulture);

    private static DockerfileException Invalid(string text) => new($"time: invalid duration {GoText.Quote(text)}");

    private static decimal Unit(ReadOnlySpan<char> unit, string text) => unit switch
    {
        "ns" => 1m,
        "us" or "µs" or "μs" => Microsecond,
        "ms" => Millisecond,
        "s" => Second,
        "m" => 60m * Second,
        "h" => 3600m * Second,
        "" => throw new DockerfileException($"time: missing unit in duration {GoText.Quote(text)}"),
        _ => throw new DockerfileException($"time: unknown unit \"{unit}\" in duration {GoText.Quote(text)}"),
    };
}
