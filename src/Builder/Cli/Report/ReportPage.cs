using System.Globalization;
using System.Net;
using System.Text;

using Bld.Builder.Cli.Commands;
using Bld.Builder.Cli.Progress;
using Bld.Builder.Engine.History;
using Bld.Builder.Engine.Inspection;

namespace Bld.Builder.Cli.Report;

/// <summary>One page about a build that can be kept, mailed and printed: no scripts, nothing that is fetched.</summary>
/// <param name="record">The build.</param>
/// <param name="contents">What is in its image; null when there is none.</param>
/// <param name="reproduced">What is known of steps that ran again with an unchanged key.</param>
internal sealed class ReportPage(BuildRecord record, ImageContents? contents, IReadOnlyList<Reproduction> reproduced)
{
    private const int MostFiles = 15;
    private readonly StringBuilder _html = new();

    /// <summary>The page.</summary>
    public string Write()
    {
        var title = record.Names is [var first, ..] ? first : record.Image is { } id ? id[..12] : record.Dockerfile;
        _html.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{Text(title)} · build report</title><style>{ReportStyle.Css}</style><body>");
        Head(title);
        Steps();
        if (contents is not null)
        {
            Layers(contents);
            Files(contents);
        }

        Warnings();
        Environment();
        _html.Append(CultureInfo.InvariantCulture, $"<footer>Written by bld {ThisAssembly.Version}. Build {Text(record.Id)}.</footer></body></html>\n");
        return _html.ToString();
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private void Head(string title)
    {
        var (word, style) = record.Outcome switch { "succeeded" => ("", ""), "failed" => (" failed", "bad"), _ => (" was interrupted", "warn") };
        _html.Append(CultureInfo.InvariantCulture, $"<h1>{Text(title)}<span class=\"{style}\">{word}</span></h1><p class=\"sub\">{record.Started.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC · {Text(record.Platform)} · {Text(record.Dockerfile)}");
        _html.Append(record.Image is { } id ? $" · <code>sha256:{id}</code></p>" : "</p>");
        if (record.Error is { } error)
        {
            _html.Append($"<pre class=\"bad\">{Text(error)}</pre>");
        }

        var hits = record.Steps.Count(static step => step.Outcome == "hit");
        var misses = record.Steps.Where(static step => step.Reason is not null).ToList();
        _html.Append("<dl class=\"facts\">");
        Fact("Time", ExplainText.Seconds(record.Milliseconds), $"{record.Stages.Count} {Plural(record.Stages.Count, "stage")}, {record.Jobs} at once");
        Fact("Cached", $"{hits} of {hits + misses.Count}", misses.Count == 0 ? "nothing had to run" : $"the others took {ExplainText.Seconds(misses.Sum(static step => step.Work))}");
        if (contents is not null)
        {
            var visible = contents.Root.Total();
            var wasted = contents.Wasted.Sum(static file => file.Bytes);
            Fact("Image", TransferBars.Bytes(visible + wasted), $"{contents.Layers.Count} {Plural(contents.Layers.Count, "layer")}");
            Fact("Wasted", TransferBars.Bytes(wasted), wasted == 0 ? "no file is carried in vain" : $"{100.0 * wasted / Math.Max(1, visible + wasted):0.#} % of the image");
        }

        Fact("Warnings", $"{record.Warnings.Count}", "");
        _html.Append("</dl>");
    }

    private void Fact(string name, string value, string note) => _html.Append($"<div><dt>{name}</dt><dd>{Text(value)}<small>{Text(note)}</small></dd></div>");

    private void Steps()
    {
        const int Ticks = 4;
        var whole = Math.Max(1, record.Milliseconds);
        var critical = CriticalPath.Of(record).ToHashSet();
        _html.Append("<h2>Steps</h2><table class=\"steps\"><tr><th><th>Instruction<th><th class=\"n\">Took<th><div class=\"axis\">");
        for (var i = 0; i <= Ticks; i++)
        {
            _html.Append($"<span>{ExplainText.Seconds(whole * i / Ticks)}</span>");
        }

        _html.Append("</div></tr>");
        foreach (var stage in record.Steps.GroupBy(static step => step.Stage))
        {
            if (record.Stages.Count > 1)
            {
                _html.Append(CultureInfo.InvariantCulture, $"<tr class=\"stage\"><td colspan=\"5\">Stage {Text(stage.First().StageName)}</tr>");
            }

            foreach (var step in stage)
            {
                Step(step, whole, critical.Contains(step) && step.Work > whole / 200);
            }
        }

        _html.Append("</table><p class=\"key\"><span><b style=\"background:var(--miss)\"></b>ran</span><span><b style=\"background:var(--hit)\"></b>cached</span><span><b style=\"background:var(--wait)\"></b>waited, or read what it depends on</span><span><b style=\"background:var(--crit);height:3px;vertical-align:3px\"></b>on the critical path: only these make the build quicker</span></p>");
    }

    private void Step(RecordedStep step, double whole, bool isCritical)
    {
        var tag = step.Outcome switch { "hit" => "<span class=\"tag hit\">cached</span>", "miss" => "<span class=\"tag miss\">ran</span>", "failed" => "<span class=\"tag failed\">failed</span>", "unfinished" => "stopped", _ => "" };
        var waited = Math.Max(0, step.Milliseconds - step.Work);
        _html.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"n dim\">{step.Number}<td class=\"i\">{Text(step.Text)}");
        if (step.Reason is { } reason)
        {
            _html.Append($"<div class=\"why\">{Text(reason)}</div>");
        }

        _html.Append(CultureInfo.InvariantCulture, $"<td>{tag}<td class=\"n\">{(step.Outcome is "config" or "base" && step.Work < 1 ? "" : ExplainText.Seconds(step.Work))}<td class=\"t\"><div class=\"bar\">");
        if (waited > whole / 500)
        {
            Bar("w", step.Start, waited, whole);
        }

        if (step.Outcome is not ("config" or "base") || step.Work > whole / 500)
        {
            Bar($"{step.Outcome}{(isCritical ? " crit" : "")}", step.Start + waited, step.Work, whole);
        }

        _html.Append("</div></tr>");
    }

    private void Bar(string style, double from, double length, double whole) =>
        _html.Append(CultureInfo.InvariantCulture, $"<i class=\"{style}\" style=\"left:{Math.Min(99.5, 100 * from / whole):0.##}%;width:{Math.Clamp(100 * length / whole, 0, 100 - Math.Min(99.5, 100 * from / whole)):0.##}%\"></i>");

    private void Layers(ImageContents image)
    {
        var biggest = Math.Max(1, image.Layers.Select(static layer => layer.Bytes).DefaultIfEmpty().Max());
        var made = new Dictionary<string, string>();
        foreach (var step in record.Steps.Where(static step => step.Snapshot is not null))
        {
            made[step.Snapshot!] = step.Text;
        }

        _html.Append("<h2>Layers</h2><table><tr><th><th>Instruction<th class=\"n\">Added<th class=\"n\">Changed<th class=\"n\">Removed<th class=\"n\">Bytes<th></tr>");
        for (var i = 0; i < image.Layers.Count; i++)
        {
            var layer = image.Layers[i];
            _html.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"n dim\">{i + 1}<td class=\"i\"><b class=\"c{i % 8}\" style=\"display:inline-block;width:9px;height:9px;border-radius:2px;margin-right:7px\"></b>{Text(LayersCommand.Shorten(made.GetValueOrDefault(layer.Snapshot) ?? layer.CreatedBy))}<td class=\"n\">{layer.Count(ChangeKind.Added)}<td class=\"n\">{layer.Count(ChangeKind.Changed)}<td class=\"n\">{layer.Count(ChangeKind.Removed)}<td class=\"n\">{TransferBars.Bytes(layer.Bytes)}<td style=\"width:16%\"><div class=\"share\" style=\"width:{100.0 * layer.Bytes / biggest:0.#}%\"></div></tr>");
        }

        _html.Append("</table>");
        if (Treemap.Draw(image.Root) is { Length: > 0 } map)
        {
            _html.Append("<h2>What takes the room</h2>").Append(map).Append("<p class=\"why\">Each rectangle is a file or directory, as big as its bytes, in the colour of the layer that carries it.</p>");
        }
    }

    private void Files(ImageContents image)
    {
        _html.Append("<div class=\"two\"><section><h2>Biggest files</h2><table>");
        foreach (var (path, node) in image.Root.Descendants("").Where(static each => each.Node.Bytes > 0).OrderByDescending(static each => each.Node.Bytes).Take(MostFiles))
        {
            _html.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"n\">{TransferBars.Bytes(node.Bytes)}<td class=\"i\">{Text(path)}<td class=\"n dim\">layer {node.Layer + 1}</tr>");
        }

        _html.Append("</table></section><section><h2>Wasted bytes</h2>");
        if (image.Wasted.Count == 0)
        {
            _html.Append("<p class=\"good\">No layer carries a file that a later one writes again or removes.</p>");
        }
        else
        {
            _html.Append("<table>");
            foreach (var file in image.Wasted.OrderByDescending(static file => file.Bytes).Take(MostFiles))
            {
                _html.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"n\">{TransferBars.Bytes(file.Bytes)}<td class=\"i\">{Text(file.Path)}<td class=\"n dim\">layer {file.Layer + 1}, hidden by {file.By + 1}</tr>");
            }

            _html.Append("</table>");
        }

        _html.Append("</section></div>");
    }

    private void Warnings()
    {
        if (record.Warnings.Count == 0)
        {
            return;
        }

        _html.Append("<h2>Warnings</h2>");
        var lines = record.Source.Split('\n');
        foreach (var warning in record.Warnings)
        {
            _html.Append($"<p class=\"warn\">{Text(warning)}</p>");
            if (LineOf(warning) is { } line && line <= lines.Length)
            {
                _html.Append("<pre>");
                for (var i = Math.Max(1, line - 2); i <= Math.Min(lines.Length, line + 2); i++)
                {
                    var text = string.Create(CultureInfo.InvariantCulture, $"{i,4}  {Text(lines[i - 1].TrimEnd('\r'))}");
                    _html.Append(i == line ? $"<mark>{text}</mark>\n" : text + "\n");
                }

                _html.Append("</pre>");
            }
        }
    }

    /// <summary>The line that a check's warning ends with: <c>(line 3)</c>.</summary>
    private static int? LineOf(string warning)
    {
        const string Mark = "(line ";
        var at = warning.LastIndexOf(Mark, StringComparison.Ordinal);
        return at >= 0 && int.TryParse(warning.AsSpan(at + Mark.Length).TrimEnd(')'), NumberStyles.None, CultureInfo.InvariantCulture, out var line) ? line : null;
    }

    private void Environment()
    {
        var again = reproduced.Count == 0 ? "no step ran again with unchanged inputs, so nothing can be said; --no-cache makes all of them run"
            : reproduced.All(static each => each.IsSame) ? $"all {reproduced.Count} steps that ran again with unchanged inputs made the same layer, byte for byte"
            : $"{reproduced.Count(static each => !each.IsSame)} of {reproduced.Count} steps that ran again with unchanged inputs made another layer";
        var time = record.Epoch is { } epoch ? $"{DateTimeOffset.FromUnixTimeSeconds(epoch).UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC for everything (given)" : "the clock's: set SOURCE_DATE_EPOCH or --timestamp for the same image elsewhere";
        _html.Append(CultureInfo.InvariantCulture, $"<h2>Environment and reproducibility</h2><table><tr><td>Host<td>{Text(record.Host)}</tr><tr><td>Platform<td>{Text(record.Platform)}</tr><tr><td>Times in the image<td>{Text(time)}</tr><tr><td>Run again<td>{Text(again)}</tr>");
        foreach (var each in reproduced.Where(static each => !each.IsSame).Take(MostFiles))
        {
            _html.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"bad\">differs<td class=\"i\">{Text(each.Step.Text)}<div class=\"why\">{Text(each.How)}</div></tr>");
        }

        _html.Append("</table>");
    }

    private static string Plural(int count, string word) => count == 1 ? word : word + "s";
}
