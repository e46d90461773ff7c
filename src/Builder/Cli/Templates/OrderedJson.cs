using System.Text.Json;

namespace Bld.Builder.Cli.Templates;

/// <summary>A document as values that print in the order in which it has them, and whose fields templates find by Go's names too.</summary>
internal static class OrderedJson
{
    /// <summary>The value of a document: its objects become structs.</summary>
    public static object? From(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var structure = new GoStruct("object");
                foreach (var property in element.EnumerateObject())
                {
                    structure.Add(GoName(property.Name), property.Name, From(property.Value));
                }

                return structure;
            case JsonValueKind.Array:
                return new GoList([.. element.EnumerateArray().Select(From)]);
            default:
                return GoValues.FromJson(element);
        }
    }

    private static string GoName(string name) =>
        name switch
        {
            "os" => "OS",
            "os.version" => "OSVersion",
            "os.features" => "OSFeatures",
            "urls" => "URLs",
            { Length: > 0 } => char.ToUpperInvariant(name[0]) + name[1..],
            _ => name,
        };
}
