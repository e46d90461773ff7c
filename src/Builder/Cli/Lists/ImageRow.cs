using Bld.Builder.Cli.Templates;
using Bld.Builder.Engine.Images;
using Bld.Builder.Store;

namespace Bld.Builder.Cli.Lists;

/// <summary>One line of <c>bld images</c>: an image under one of its names.</summary>
/// <param name="Image">The image.</param>
/// <param name="Name">The name; null for an image without one.</param>
internal sealed record ImageRow(StoredImage Image, string? Name)
{
    private const int ShortId = 12;
    private const string None = "<none>";

    /// <summary>What heads the columns of a table.</summary>
    public static GoMap Headings { get; } = new GoMap()
        .Add("ID", "IMAGE ID").Add("Name", "REPOSITORY").Add("Tag", "TAG").Add("Digest", "DIGEST").Add("CreatedAt", "CREATED")
        .Add("CreatedAtRaw", "CREATED").Add("Size", "SIZE").Add("ReadOnly", "READONLY").Add("History", "HISTORY");

    /// <summary>The lines of images, in their order.</summary>
    public static IEnumerable<ImageRow> Of(IEnumerable<StoredImage> images) =>
        images.SelectMany(static image => image.Names.Count == 0
            ? [new ImageRow(image, null)]
            : image.Names.Select(name => new ImageRow(image, name)));

    /// <summary>The id as lists show it.</summary>
    public static string Id(StoredImage image, bool whole) => whole ? "sha256:" + image.Id : image.Id[..ShortId];

    /// <summary>The fields that templates use.</summary>
    public GoStruct ToStruct(DateTimeOffset now, bool whole)
    {
        var (repository, tag) = Name is null ? (None, None) : ImageNames.SplitTag(Name);
        return new GoStruct("main.imageOutputParams")
            .Add("Tag", tag ?? None)
            .Add("ID", Id(Image, whole))
            .Add("Name", repository)
            .Add("Digest", Image.ManifestDigest.ToString())
            .Add("Created", Image.Created?.ToUnixTimeSeconds() ?? 0)
            .Add("CreatedAt", Image.Created is { } created ? HumanUnits.Age(created, now) : "")
            .Add("Size", HumanUnits.Size(Image.Size))
            .Add("CreatedAtRaw", Image.Created is { } time ? GoTime.From(time) : GoTime.Zero)
            .Add("ReadOnly", false)
            .Add("History", History());
    }

    // As Buildah: the name that the line shows is left out only where it is the latest.
    private string History()
    {
        var names = Image.History.Skip(Image.History is [var latest, ..] && latest == Name ? 1 : 0);
        return string.Join(", ", names) is { Length: > 0 } text ? text : None;
    }

    /// <summary>The object of <c>--json</c>.</summary>
    public static GoStruct ToJson(StoredImage image, DateTimeOffset now, bool whole) => new GoStruct("main.jsonImage")
        .Add("id", Id(image, whole))
        .Add("names", GoValues.Texts(image.Names.Count > 0 ? image.Names : null))
        .Add("digest", image.ManifestDigest.ToString())
        .Add("createdat", image.Created is { } created ? HumanUnits.Age(created, now) : "")
        .Add("size", HumanUnits.Size(image.Size))
        .Add("created", image.Created?.ToUnixTimeSeconds() ?? 0)
        .Add("createdatraw", image.Created is { } time ? GoTime.From(time) : GoTime.Zero)
        .Add("readonly", false)
        .Add("history", GoList.Nil);
}
