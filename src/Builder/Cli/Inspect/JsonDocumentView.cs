using System.Text.Json;

using Bld.Builder.Cli.Templates;

namespace Bld.Builder.Cli.Inspect;

/// <summary>Reads fields of documents as values for templates, keeping every digit of their times.</summary>
internal static class JsonDocumentView
{
    /// <summary>A field; null when there is none.</summary>
    public static JsonElement? Field(this JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A text; empty when there is none.</summary>
    public static string Text(this JsonElement? element, string name) =>
        element.Field(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() ?? "" : "";

    public static bool Truth(this JsonElement? element, string name) => element.Field(name)?.ValueKind == JsonValueKind.True;

    public static long Number(this JsonElement? element, string name) =>
        element.Field(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : 0;

    /// <summary>A list of texts; Go's nil list when there is none.</summary>
    public static GoList Texts(this JsonElement? element, string name) =>
        GoValues.Texts(element.Field(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Select(static each => each.ToString()) : null);

    /// <summary>Names with texts; Go's nil map when there are none.</summary>
    public static GoMap Pairs(this JsonElement? element, string name) =>
        GoValues.Texts(element.Field(name) is { ValueKind: JsonValueKind.Object } map
            ? map.EnumerateObject().Select(static each => KeyValuePair.Create(each.Name, each.Value.ToString()))
            : null);

    /// <summary>A set; Go's nil map when there is none.</summary>
    public static GoMap Set(this JsonElement? element, string name) =>
        GoValues.Set(element.Field(name) is { ValueKind: JsonValueKind.Object } map ? map.EnumerateObject().Select(static each => each.Name) : null);

    /// <summary>A moment; null when there is none.</summary>
    public static GoTime? Time(this JsonElement? element, string name) => element.Text(name) is { Length: > 0 } text ? GoTime.Parse(text) : null;

    /// <summary>The elements of a list.</summary>
    public static IEnumerable<JsonElement?> Elements(this JsonElement? element, string name) =>
        element.Field(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Select(static each => (JsonElement?)each) : [];
}
