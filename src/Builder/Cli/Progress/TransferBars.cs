using System.Diagnostics;
using System.Globalization;
using System.Text;

using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Progress;

/// <summary>Blobs on their way, as bars with bytes and rates.</summary>
internal sealed class TransferBars
{
    private const int MostBars = 8;
    private readonly List<(string Id, long Began, Transfer Last)> _moving = [];

    /// <summary>Takes news of a blob; gives a line that stays when it has arrived and was worth one.</summary>
    public StyledLine? Take(Transfer transfer)
    {
        const long WorthALine = 1 << 20;
        var at = _moving.FindIndex(each => each.Id == transfer.Id);
        var began = at >= 0 ? _moving[at].Began : transfer.Began > 0 ? transfer.Began : Stopwatch.GetTimestamp();
        if (!transfer.IsFinished)
        {
            if (at < 0)
            {
                _moving.Add((transfer.Id, began, transfer));
            }
            else
            {
                _moving[at] = (transfer.Id, began, transfer);
            }

            return null;
        }

        if (at >= 0)
        {
            _moving.RemoveAt(at);
        }

        var elapsed = Stopwatch.GetElapsedTime(began);
        return transfer.Done < WorthALine
            ? null
            : new StyledLine(LineStyle.Good, $"✓ {Name(transfer)} {Bytes(transfer.Done)}", $"{Rate(transfer.Done, elapsed)}  {RunningBuild.Time(elapsed)}");
    }

    /// <summary>A line each, for a terminal of that width.</summary>
    public List<StyledLine> Lines(int columns)
    {
        const int NarrowestBar = 10;
        var lines = new List<StyledLine>();
        foreach (var (_, began, last) in _moving.Take(MostBars))
        {
            var text = last.Total > 0 ? $"{Bytes(last.Done)} / {Bytes(last.Total)}" : Bytes(last.Done);
            var right = $"{text}  {Rate(last.Done, Stopwatch.GetElapsedTime(began))}";
            var room = columns - Name(last).Length - right.Length - 6;
            var bar = last.Total > 0 && room >= NarrowestBar ? $" {Bar(last.Done, last.Total, Math.Min(room, 30))}" : "";
            lines.Add(new StyledLine(LineStyle.Busy, $"▸ {Name(last)}{bar}", right));
        }

        return lines;
    }

    /// <summary>A number of bytes as people read it: three digits and a decimal unit.</summary>
    public static string Bytes(long count)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        var value = (double)count;
        var unit = 0;
        while (value >= 999.5 && unit < units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value.ToString(unit == 0 || value >= 100 ? "0" : "0.0", CultureInfo.InvariantCulture)} {units[unit]}");
    }

    private static string Rate(long bytes, TimeSpan elapsed) =>
        elapsed.TotalSeconds < 0.2 ? "" : $"{Bytes((long)(bytes / elapsed.TotalSeconds))}/s";

    private static string Bar(long done, long total, int width)
    {
        const int Eighths = 8;
        var filled = (int)Math.Clamp(done * width * Eighths / total, 0, (long)width * Eighths);
        var bar = new StringBuilder().Append('█', filled / Eighths);
        if (filled % Eighths > 0)
        {
            bar.Append((char)(0x2590 - (filled % Eighths)));
        }

        return bar.Append('░', width - bar.Length).ToString();
    }

    private static string Name(Transfer transfer)
    {
        const int ShortId = 12;
        if (transfer.IsCopy)
        {
            return $"copy {transfer.Id}";
        }

        var hex = transfer.Id[(transfer.Id.IndexOf(':') + 1)..];
        return $"{(transfer.IsPush ? "push" : "pull")} {(hex.Length > ShortId ? hex[..ShortId] : hex)}";
    }
}
