using System.Globalization;
using System.Net;
using System.Text;

using Bld.Builder.Cli.Progress;
using Bld.Builder.Engine.Inspection;

namespace Bld.Builder.Cli.Report;

/// <summary>
/// An image's files as nested rectangles, as big as they are (the squarified layout of Bruls, Huizing and van Wijk), coloured by the
/// layer that carries them.
/// </summary>
internal sealed class Treemap
{
    private const double Width = 1000;
    private const double Height = 520;
    private const double Header = 15;
    private const double Smallest = 220;
    private const int Colours = 8;
    private readonly StringBuilder _svg = new();

    /// <summary>The drawing; empty when there is nothing to draw.</summary>
    public static string Draw(FileNode root)
    {
        var total = root.Total();
        if (total == 0)
        {
            return "";
        }

        var map = new Treemap();
        map._svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"map\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"Sizes by directory\">");
        map.Fill(root, "", new Box(0, 0, Width, Height), 0);
        return map._svg.Append("</svg>").ToString();
    }

    private void Fill(FileNode directory, string path, Box box, int depth)
    {
        var items = (directory.Children?.Values ?? Enumerable.Empty<FileNode>())
            .Select(child => (Node: child, Area: (double)child.Total())).Where(static item => item.Area > 0).OrderByDescending(static item => item.Area).ToList();
        var total = items.Sum(static item => item.Area);
        var scale = total > 0 ? box.Width * box.Height / total : 0;
        var at = 0;
        while (at < items.Count && box.Width > 1 && box.Height > 1)
        {
            var count = RowLength(items, at, box, scale);
            box = Row(items, at, count, box, scale, path, depth);
            at += count;
        }
    }

    /// <summary>How many items make the next row with the best shapes.</summary>
    private static int RowLength(List<(FileNode Node, double Area)> items, int at, Box box, double scale)
    {
        var side = Math.Min(box.Width, box.Height);
        double sum = 0, best = double.MaxValue;
        var count = 0;
        for (var i = at; i < items.Count; i++)
        {
            sum += items[i].Area * scale;
            var thickness = sum / side;
            var biggest = items[at].Area * scale / thickness;
            var smallest = items[i].Area * scale / thickness;
            var worst = Math.Max(Math.Max(biggest / thickness, thickness / biggest), Math.Max(smallest / thickness, thickness / smallest));
            if (worst > best)
            {
                break;
            }

            best = worst;
            count++;
        }

        return Math.Max(1, count);
    }

    private Box Row(List<(FileNode Node, double Area)> items, int at, int count, Box box, double scale, string path, int depth)
    {
        var sum = items.Skip(at).Take(count).Sum(static item => item.Area) * scale;
        var isTall = box.Height <= box.Width;
        var thickness = sum / (isTall ? box.Height : box.Width);
        double offset = 0;
        for (var i = at; i < at + count; i++)
        {
            var length = items[i].Area * scale / Math.Max(thickness, 1e-9);
            Cell(items[i].Node, path, isTall ? new Box(box.X, box.Y + offset, thickness, length) : new Box(box.X + offset, box.Y, length, thickness), depth);
            offset += length;
        }

        return isTall ? new Box(box.X + thickness, box.Y, box.Width - thickness, box.Height) : new Box(box.X, box.Y + thickness, box.Width, box.Height - thickness);
    }

    private void Cell(FileNode node, string path, Box box, int depth)
    {
        const double Gap = 1;
        const int Deepest = 7;
        var below = $"{path}/{node.Name}";
        var inner = new Box(box.X + Gap, box.Y + Gap + Header, box.Width - (2 * Gap), box.Height - (2 * Gap) - Header);
        var opens = node.Children is not null && depth < Deepest && inner.Width > 12 && inner.Height > 12 && inner.Width * inner.Height > Smallest;
        if (box.Width < 1.5 || box.Height < 1.5)
        {
            return;
        }

        _svg.Append(CultureInfo.InvariantCulture, $"<g><title>{WebUtility.HtmlEncode(below)} · {TransferBars.Bytes(node.Total())}</title>");
        _svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"{(opens ? "dir" : $"c{Layer(node) % Colours}")}\" x=\"{box.X:0.#}\" y=\"{box.Y:0.#}\" width=\"{Math.Max(0.5, box.Width - Gap):0.#}\" height=\"{Math.Max(0.5, box.Height - Gap):0.#}\" rx=\"1.5\"/>");
        Label(node, box, opens);
        _svg.Append("</g>");
        if (opens)
        {
            Fill(node, below, inner, depth + 1);
        }
    }

    private void Label(FileNode node, Box box, bool isDirectory)
    {
        const double CharacterWidth = 6.1;
        var room = (int)((box.Width - 8) / CharacterWidth);
        if (room < 3 || box.Height < Header)
        {
            return;
        }

        var size = $" {TransferBars.Bytes(node.Total())}";
        var name = isDirectory ? node.Name + "/" : node.Name;
        var shown = name.Length > room ? name[..(room - 1)] + "…" : name;
        var withSize = isDirectory && shown.Length + size.Length <= room ? $"<tspan class=\"dim\">{WebUtility.HtmlEncode(size)}</tspan>" : "";
        _svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{box.X + 4:0.#}\" y=\"{box.Y + 11:0.#}\">{WebUtility.HtmlEncode(shown)}{withSize}</text>");
        if (!isDirectory && box.Height > 2 * Header && size.Length < room)
        {
            _svg.Append(CultureInfo.InvariantCulture, $"<text class=\"dim\" x=\"{box.X + 4:0.#}\" y=\"{box.Y + 24:0.#}\">{TransferBars.Bytes(node.Total())}</text>");
        }
    }

    /// <summary>The layer that carries most of what is at and below a name.</summary>
    private static int Layer(FileNode node)
    {
        if (node.Children is null)
        {
            return node.Layer;
        }

        var sums = new Dictionary<int, long> { [node.Layer] = 0 };
        foreach (var (_, below) in node.Descendants(""))
        {
            sums[below.Layer] = sums.GetValueOrDefault(below.Layer) + below.Bytes;
        }

        return sums.MaxBy(static sum => sum.Value).Key;
    }

    private readonly record struct Box(double X, double Y, double Width, double Height);
}
