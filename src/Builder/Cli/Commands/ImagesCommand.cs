using System.Globalization;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Store;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld images</c>.</summary>
internal sealed class ImagesCommand : Command
{
    private const int ShortId = 12;

    public override IReadOnlyList<string> Names => ["images"];

    public override string Summary => "List the images of the store";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("quiet", FlagKind.Boolean, "print only ids", 'q'),
        new("noheading", FlagKind.Boolean, "leave out the heading", 'n'),
        new("no-trunc", FlagKind.Boolean, "print whole ids"),
    ];

    public override int Run(CommandLine line)
    {
        using var session = Session.Open(line.Flags);
        var images = session.Images.List().OrderByDescending(static image => image.Created).ToList();
        var whole = line.Flags.Boolean("no-trunc");
        if (line.Flags.Boolean("quiet"))
        {
            foreach (var id in images.Select(image => Id(image, whole)).Distinct())
            {
                Console.Out.Write(id + "\n");
            }

            return 0;
        }

        var rows = new List<string[]>();
        if (!line.Flags.Boolean("noheading"))
        {
            rows.Add(["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"]);
        }

        foreach (var image in images)
        {
            foreach (var name in image.Names.DefaultIfEmpty("<none>:<none>"))
            {
                var colon = name.LastIndexOf(':');
                rows.Add([name[..colon], name[(colon + 1)..], Id(image, whole), Age(image.Created), Size(image.Size)]);
            }
        }

        Console.Out.Write(Columns(rows));
        return 0;
    }

    private static string Id(StoredImage image, bool whole) => whole ? "sha256:" + image.Id : image.Id[..ShortId];

    private static string Columns(List<string[]> rows)
    {
        const int Gap = 3;
        var widths = rows.Count == 0 ? [] : Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length) + Gap).ToArray();
        return string.Concat(rows.Select(row =>
            string.Concat(row.Select((cell, column) => column == row.Length - 1 ? cell : cell.PadRight(widths[column]))) + "\n"));
    }

    private static string Age(DateTimeOffset? created)
    {
        if (created is not { } time)
        {
            return "";
        }

        var age = DateTimeOffset.UtcNow - time;
        return age.TotalSeconds < 60 ? $"{(int)age.TotalSeconds} seconds ago"
            : age.TotalMinutes < 60 ? $"{(int)age.TotalMinutes} minutes ago"
            : age.TotalHours < 48 ? $"{(int)age.TotalHours} hours ago"
            : age.TotalDays < 14 ? $"{(int)age.TotalDays} days ago"
            : age.TotalDays < 730 ? $"{(int)(age.TotalDays / 30)} months ago"
            : $"{(int)(age.TotalDays / 365)} years ago";
    }

    private static string Size(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        var size = (double)bytes;
        var unit = 0;
        for (; size >= 1000 && unit < units.Length - 1; unit++)
        {
            size /= 1000;
        }

        return size.ToString(size < 10 ? "0.##" : size < 100 ? "0.#" : "0", CultureInfo.InvariantCulture) + " " + units[unit];
    }
}
