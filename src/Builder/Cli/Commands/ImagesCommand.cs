using System.Text;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Lists;
using Bld.Builder.Cli.Templates;
using Bld.Builder.Store;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld images</c>. One read of the index, whatever there is.</summary>
internal sealed class ImagesCommand : Command
{
    public override IReadOnlyList<string> Names => ["images"];

    public override string Summary => "List the images of the store";

    public override string Usage => "[IMAGE]";

    public override IReadOnlyList<string> Examples =>
        ["bld images", "bld images --json", "bld images --filter dangling=true -q", "bld images --format '{{.ID}} {{.Name}}:{{.Tag}}'"];

    public override IReadOnlyList<Flag> Flags =>
    [
        new("all", FlagKind.Boolean, "accepted without effect: no step leaves an image that would be hidden otherwise", 'a'),
        new("digests", FlagKind.Boolean, "show the manifests' digests"),
        new("filter", FlagKind.List, "show only what KEY=VALUE or KEY!=VALUE admits: after, before, containers, dangling, digest, id, intermediate, label, manifest, readonly, reference, since, until", 'f'),
        new("format", FlagKind.Text, "Go template for a line, or json; \"table …\" gives columns with headings"),
        new("history", FlagKind.Boolean, "show the names that images had, the latest first"),
        new("json", FlagKind.Boolean, "print JSON"),
        new("no-trunc", FlagKind.Boolean, "print whole ids", Aliases: ["notruncate"]),
        new("noheading", FlagKind.Boolean, "leave out the headings", 'n'),
        new("quiet", FlagKind.Boolean, "print only ids, each once", 'q'),
    ];

    public override int Run(CommandLine line)
    {
        var flags = line.Flags;
        if (line.Arguments.Count > 1)
        {
            throw new UsageException("'bld images' requires at most 1 argument");
        }

        if (flags.Boolean("quiet") && flags.Text("format") is { Length: > 0 })
        {
            throw new UsageException("quiet and format are mutually exclusive");
        }

        if (flags.Boolean("all") && line.Arguments.Count > 0)
        {
            throw new UsageException("when using the --all switch, you may not pass any images names or IDs");
        }

        using var session = Session.Open(flags);
        LongText.Write(Text(Wanted(session, line), flags));
        return 0;
    }

    private static List<StoredImage> Wanted(Session session, CommandLine line)
    {
        var filters = ImageFilters.Parse(session, line.Flags.Pairs("filter"));
        IEnumerable<StoredImage> images = line.Arguments is [var name] ? [session.Image(name)] : session.Images.List();
        return [.. images.Where(filters.Admit).OrderByDescending(static image => image.Created)];
    }

    private static string Text(List<StoredImage> images, ParsedFlags flags)
    {
        var now = DateTimeOffset.UtcNow;
        var whole = flags.Boolean("no-trunc");
        var format = flags.Text("format") is { Length: > 0 } given ? given : null;
        if (flags.Boolean("json") || format == "json")
        {
            return GoJson.Write(new GoList([.. images.Select(image => ImageRow.ToJson(image, now, whole))]), indented: true) + "\n";
        }

        if (flags.Boolean("quiet"))
        {
            var ids = new StringBuilder();
            foreach (var id in images.Select(image => ImageRow.Id(image, whole)).Distinct(StringComparer.Ordinal))
            {
                ids.Append(id).Append('\n');
            }

            return ids.ToString();
        }

        var rows = ImageRow.Of(images).Select(row => row.ToStruct(now, whole));
        return TemplateTable.Render(format ?? Columns(flags), rows, ImageRow.Headings, !flags.Boolean("noheading"));
    }

    private static string Columns(ParsedFlags flags) =>
        "table {{.Name}}\t{{.Tag}}\t" + (flags.Boolean("digests") ? "{{.Digest}}\t" : "") + "{{.ID}}\t{{.CreatedAt}}\t{{.Size}}"
        + (flags.Boolean("history") ? "\t{{.History}}" : "");
}
