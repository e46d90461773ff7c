using System.Globalization;

namespace Bld.Builder.Cli.Lists;

/// <summary>Ages and sizes as container tools show them.</summary>
internal static class HumanUnits
{
    private static readonly string[] Units = ["B", "KB", "MB", "GB", "TB"];

    /// <summary>How long ago something was: <c>3 weeks ago</c>.</summary>
    public static string Age(DateTimeOffset then, DateTimeOffset now) => Duration(now - then) + " ago";

    /// <summary>A size in powers of 1000 with three digits: <c>2.45 KB</c>.</summary>
    public static string Size(long bytes)
    {
        const int Step = 1000;
        var size = (double)bytes;
        var unit = 0;
        for (; size >= Step && unit < Units.Length - 1; unit++)
        {
            size /= Step;
        }

        return $"{ThreeDigits(size)} {Units[unit]}";
    }

    private static string Duration(TimeSpan age) => age switch
    {
        { TotalSeconds: < 1 } => "Less than a second",
        { TotalSeconds: < 2 } => "1 second",
        { TotalSeconds: < 60 } => $"{(int)age.TotalSeconds} seconds",
        { TotalMinutes: < 2 } => "About a minute",
        { TotalMinutes: < 60 } => $"{(int)age.TotalMinutes} minutes",
        { TotalHours: < 1.5 } => "About an hour",
        { TotalHours: < 48 } => $"{(int)Math.Round(age.TotalHours, MidpointRounding.AwayFromZero)} hours",
        { TotalDays: < 14 } => $"{(int)age.TotalHours / 24} days",
        { TotalDays: < 60 } => $"{(int)age.TotalHours / 24 / 7} weeks",
        { TotalDays: < 730 } => $"{(int)age.TotalHours / 24 / 30} months",
        _ => $"{(int)age.TotalHours / 24 / 365} years",
    };

    // C's %.3g: what rounds to 1000 has an exponent.
    private static string ThreeDigits(double size)
    {
        const double RoundsUp = 999.5;
        var format = size switch { >= RoundsUp => "0.##e+00", >= 99.95 => "0", >= 9.995 => "0.#", _ => "0.##" };
        return size.ToString(format, CultureInfo.InvariantCulture);
    }
}
