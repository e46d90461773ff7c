using System.Text;
using System.Text.Json;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Templates;
using Bld.Builder.Engine.Containers;
using Bld.Json;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld containers</c>.</summary>
internal sealed class ContainersCommand : Command
{
    private const int ShortId = 12;

    public override IReadOnlyList<string> Names => ["containers", "list", "ls", "ps"];

    public override string Summary => "List the working containers";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("all", FlagKind.Boolean, "accepted: all containers are bld's own", 'a'),
        new("filter", FlagKind.List, "only some: id=…, name=… or ancestor=IMAGE", 'f'),
        new("format", FlagKind.Text, "print each by a Go template, such as {{.ContainerID}} {{.ContainerName}}"),
        new("json", FlagKind.Boolean, "print JSON"),
        new("noheading", FlagKind.Boolean, "leave out the heading", 'n'),
        new("notruncate", FlagKind.Boolean, "print whole ids and names"),
        new("quiet", FlagKind.Boolean, "print only ids", 'q'),
    ];

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count > 0)
        {
            throw new UsageException("'bld containers' does not accept arguments");
        }

        if (line.Flags.Boolean("quiet") && line.Flags.Text("format") is { Length: > 0 })
        {
            throw new UsageException("quiet and format are mutually exclusive");
        }

        using var session = Session.Open(line.Flags);
        var filter = new ContainerFilter(line.Flags.Pairs("filter"), session);
        var containers = session.Containers.List().Where(filter.Accepts).ToList();
        LongText.Write(
            line.Flags.Boolean("json") ? Json(containers)
            : line.Flags.Boolean("quiet") ? string.Concat(containers.Select(static container => container.Id + "\n"))
            : line.Flags.Text("format") is { Length: > 0 } format ? TemplateTable.Render(format, containers.Select(Fields), Headings)
            : Table(containers, line.Flags.Boolean("notruncate"), !line.Flags.Boolean("noheading")));
        return 0;
    }

    private static readonly GoMap Headings = new GoMap()
        .Add("ContainerID", "CONTAINER ID").Add("Builder", "BUILDER").Add("ImageID", "IMAGE ID").Add("ImageName", "IMAGE NAME")
        .Add("ContainerName", "CONTAINER NAME");

    private static GoStruct Fields(ContainerSummary container) => new GoStruct("main.containerOutputParams")
        .Add("ContainerID", container.Id)
        .Add("Builder", "   *")
        .Add("ImageID", container.ImageId)
        .Add("ImageName", ImageName(container))
        .Add("ContainerName", container.Name);

    private static string ImageName(ContainerSummary container) => container.Image.Length > 0 ? container.Image : "scratch";

    private static string Table(List<ContainerSummary> containers, bool whole, bool heading)
    {
        var rows = containers.Select(container => Row(Id(container.Id, whole), "   *", Id(container.ImageId, whole), ImageName(container), container.Name, whole));
        return string.Concat(heading ? rows.Prepend(Row("CONTAINER ID", "BUILDER", "IMAGE ID", "IMAGE NAME", "CONTAINER NAME", whole)) : rows);
    }

    private static string Row(string id, string builder, string imageId, string image, string name, bool whole)
    {
        const int WholeId = 64;
        const int ShortName = 32;
        var width = whole ? WholeId : ShortId;
        image = whole || image.Length <= ShortName ? image : $"{image.AsSpan(0, ShortName - 3)}...";
        return $"{id.PadRight(width)} {(whole ? "" : " ")}{builder,-8} {imageId.PadRight(width)} {image,-32} {name}\n";
    }

    private static string Id(string id, bool whole) => whole || id.Length < ShortId ? id : id[..ShortId];

    private static readonly JsonWriterOptions ForPeople = new() { Indented = true, IndentSize = 4 };

    private static string Json(List<ContainerSummary> containers)
    {
        var entries = containers.ConvertAll(static container =>
            new ContainerEntry(container.Id, true, container.ImageId, ImageName(container), container.Name));
        return (entries.Count == 0 ? "null" : Encoding.UTF8.GetString(entries.ToJson(ForPeople))) + "\n";
    }
}

/// <summary>A container as <c>containers --json</c> shows it.</summary>
internal sealed record ContainerEntry(string Id, bool Builder, string ImageId, string ImageName, string ContainerName) : IJsonWritable
{
    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("id", Id);
        json.Flag("builder", Builder);
        json.Text("imageid", ImageId);
        json.Text("imagename", ImageName);
        json.Text("containername", ContainerName);
    }
}
