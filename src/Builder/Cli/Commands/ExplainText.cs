using System.Globalization;
using System.Text;

using Bld.Builder.Engine.History;

namespace Bld.Builder.Cli.Commands;

/// <summary>A build's hits and misses as text.</summary>
internal static class ExplainText
{
    /// <summary>Every step with what it cost, and the reasons of the misses.</summary>
    public static string Of(BuildRecord record)
    {
        var text = new StringBuilder();
        var name = record.Names is [var first, ..] ? first : record.Image is { } id ? id[..12] : record.Dockerfile;
        text.Append(CultureInfo.InvariantCulture, $"{name}: built {record.Started.LocalDateTime:yyyy-MM-dd HH:mm:ss} in {Seconds(record.Milliseconds)}, {record.Outcome}\n");
        foreach (var stage in record.Steps.GroupBy(static step => step.Stage))
        {
            if (record.Stages.Count > 1)
            {
                text.Append(CultureInfo.InvariantCulture, $"\n[{stage.Key}/{record.Stages.Count}] {stage.First().StageName}\n");
            }

            foreach (var step in stage)
            {
                Append(text, step);
            }
        }

        return text.Append('\n').Append(Summary(record)).ToString();
    }

    /// <summary>How many steps were found, what the others cost, and what began it.</summary>
    public static string Summary(BuildRecord record)
    {
        var hits = record.Steps.Count(static step => step.Outcome == "hit");
        var misses = record.Steps.Where(static step => step.Reason is not null).ToList();
        if (misses.Count == 0)
        {
            return $"cache: all {hits} steps found\n";
        }

        var cost = misses.Sum(static step => step.Work);
        var text = $"cache: {hits} of {hits + misses.Count} steps found; the others took {Seconds(cost)}\n";
        var roots = misses.Where(static step => !step.Reason!.StartsWith("follows ")).ToList();
        return misses.Count > 1 && roots.Count > 0 ? $"{text}it began with step {roots[0].Number} of stage {roots[0].StageName}: {roots[0].Reason}\n" : text;
    }

    /// <summary>A time as people read it.</summary>
    public static string Seconds(double milliseconds) => milliseconds switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0} ms"),
        < 60_000 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000:0.0} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(milliseconds / 60_000):0} min {milliseconds % 60_000 / 1000:00} s"),
    };

    private static void Append(StringBuilder text, RecordedStep step)
    {
        var outcome = step.Outcome switch { "hit" => "cached", "miss" => "built", "failed" => "FAILED", "unfinished" => "stopped", _ => "" };
        var cost = step.Outcome is "miss" or "failed" ? Seconds(step.Work) : "";
        text.Append(CultureInfo.InvariantCulture, $"{step.Number,4}  {outcome,-7} {cost,9}  {Shorten(step.Text)}\n");
        if (step.Reason is { } reason)
        {
            text.Append(CultureInfo.InvariantCulture, $"{"",24}└ {reason}\n");
        }
    }

    private static string Shorten(string text)
    {
        const int Longest = 100;
        return text.Length <= Longest ? text : text[..(Longest - 1)] + "…";
    }
}
