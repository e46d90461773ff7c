using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Lists;
using Bld.Builder.Cli.Templates;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld history</c>: how an image came to be, the last step first, as <c>docker history</c> shows it.</summary>
internal sealed class HistoryCommand : Command
{
    private const int ShortText = 45;
    private const string Missing = "<missing>";

    private static readonly GoMap Headings = new GoMap()
        .Add("ID", "IMAGE").Add("CreatedSince", "CREATED").Add("CreatedAt", "CREATED AT").Add("CreatedBy", "CREATED BY").Add("Size", "SIZE")
        .Add("Comment", "COMMENT");

    public override IReadOnlyList<string> Names => ["history"];

    public override string Summary => "Show the steps that made an image";

    public override string Usage => "IMAGE";

    public override IReadOnlyList<string> Examples => ["bld history localhost/app", "bld history --no-trunc --format '{{.CreatedBy}}' localhost/app"];

    public override IReadOnlyList<Flag> Flags =>
    [
        new("format", FlagKind.Text, "Go template for a line, or json; \"table …\" gives columns with headings"),
        new("human", FlagKind.Boolean, "ages and sizes for people (default true)", 'H'),
        new("no-trunc", FlagKind.Boolean, "print everything in full"),
        new("quiet", FlagKind.Boolean, "print only ids", 'q'),
    ];

    public override bool StopsAtArgument => false;

    public override int Run(CommandLine line)
    {
        var name = line.Arguments is [var only] ? only : throw new UsageException("bld history takes one argument, the image");
        using var session = Session.Open(line.Flags);
        var image = session.Image(name);
        if (image.IsIndex)
        {
            throw new BuildException($"{name} is a list of images and has no history of its own; name one of its images by its digest");
        }

        var rows = Rows(session, image, line.Flags);
        Console.Out.Write(line.Flags.Boolean("quiet")
            ? TemplateTable.Render("{{.ID}}", rows, Headings)
            : line.Flags.Text("format") is "json"
                ? GoJson.Write(new GoList(rows), indented: true) + "\n"
                : TemplateTable.Render(line.Flags.Text("format") ?? "table {{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}", rows, Headings));
        return 0;
    }

    private static List<object?> Rows(Session session, StoredImage image, ParsedFlags flags)
    {
        var layers = ImageManifest.Parse(session.Images.ReadManifest(image)).Layers;
        var history = ImageConfig.Parse(session.Images.ReadConfig(image)).History ?? [];
        var whole = flags.Boolean("no-trunc");
        var human = flags.Boolean("human", otherwise: true);
        var rows = new List<object?>();
        var layer = layers.Count;
        for (var i = history.Count - 1; i >= 0; i--)
        {
            var entry = history[i];
            // The last layer belongs to the last entry that has one, and so on downwards.
            var size = entry.EmptyLayer || layer == 0 ? 0 : layers[--layer].Size;
            var id = i == history.Count - 1 ? ImageRow.Id(image, whole) : Missing;
            rows.Add(Row(id, entry, size, whole, human));
        }

        return rows;
    }

    private static GoStruct Row(string id, HistoryEntry entry, long size, bool whole, bool human)
    {
        var text = entry.CreatedBy ?? "";
        var created = entry.Created is { } time ? GoTime.From(time) : GoTime.Zero;
        return new GoStruct("historyRow")
            .Add("ID", "id", id)
            .Add("CreatedAt", "created", created)
            .Add("CreatedSince", null, entry.Created is null ? "" : human ? HumanUnits.Age(entry.Created.Value, DateTimeOffset.UtcNow) : created.Text)
            .Add("CreatedBy", "createdBy", whole || text.Length <= ShortText ? text : text[..(ShortText - 1)] + "…")
            .Add("Size", "size", human ? HumanUnits.Size(size) : size)
            .Add("Comment", "comment", entry.Comment ?? "");
    }
}
