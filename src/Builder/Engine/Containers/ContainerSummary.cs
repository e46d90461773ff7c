using System.Text.Json;

using Bld.Json;

namespace Bld.Builder.Engine.Containers;

/// <summary>What lists show of a working container; the beginning of <c>container.json</c>.</summary>
internal record ContainerSummary : IJsonRecord<ContainerSummary>
{
    /// <summary>64 hex digits, random.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>The base image's name; its id when it has none, and empty for scratch.</summary>
    public string Image { get; init; } = "";

    /// <summary>The base image's id; empty for scratch.</summary>
    public string ImageId { get; init; } = "";

    static ContainerSummary IJsonRecord<ContainerSummary>.Read(JsonMembers json) => new()
    {
        Id = json.RequiredText("id"),
        Name = json.RequiredText("name"),
        Created = json.Time("created") ?? throw JsonMembers.Missing("created"),
        Image = json.Text("image") ?? "",
        ImageId = json.Text("imageId") ?? "",
    };

    void IJsonWritable.Write(Utf8JsonWriter json) => WriteSummary(json);

    /// <summary>Writes the members above.</summary>
    protected void WriteSummary(Utf8JsonWriter json)
    {
        json.Text("id", Id);
        json.Text("name", Name);
        json.Time("created", Created);
        json.Text("image", Image);
        json.Text("imageId", ImageId);
    }
}
