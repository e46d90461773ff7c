using System.Text.Json;

namespace Bld.Builder.Cli.Templates;

/// <summary>
/// What templates work on: <see cref="bool"/>, <see cref="long"/>, <see cref="double"/>, <see cref="string"/>,
/// <see cref="GoTime"/>, <see cref="GoSpan"/>, <see cref="GoList"/>, <see cref="GoMap"/> and <see cref="GoStruct"/>; null is Go's nil pointer, and
/// <see cref="GoMissing"/> what a map doesn't have. Go prints them all differently, and scripts compare what was printed.
/// </summary>
internal static class GoValues
{
    /// <summary>The value that a JSON document describes; its objects become maps.</summary>
    public static object? FromJson(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => FromObject(element),
        JsonValueKind.Array => new GoList([.. element.EnumerateArray().Select(FromJson)]),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.TryGetInt64(out var whole) ? (object)whole : element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => GoMissing.Value,
    };

    /// <summary>A list of texts; null gives Go's nil list, which is <c>null</c> in JSON and <c>[]</c> in a template.</summary>
    public static GoList Texts(IEnumerable<string>? texts) => texts is null ? GoList.Nil : new GoList([.. texts]);

    /// <summary>Names with texts; null gives Go's nil map.</summary>
    public static GoMap Texts(IEnumerable<KeyValuePair<string, string>>? pairs)
    {
        var map = new GoMap { IsNil = pairs is null, Zero = "" };
        foreach (var (name, value) in pairs ?? [])
        {
            map.Add(name, value);
        }

        return map;
    }

    /// <summary>A set, as Go keeps one: each member with an empty struct.</summary>
    public static GoMap Set(IEnumerable<string>? members)
    {
        var map = new GoMap { IsNil = members is null, Zero = new GoStruct("struct {}") };
        foreach (var member in members ?? [])
        {
            map.Add(member, new GoStruct("struct {}"));
        }

        return map;
    }

    /// <summary>Go's truth: what is zero, empty, nil or missing is false; a struct is true.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null or GoMissing => false,
        bool truth => truth,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        GoSpan span => span.Nanoseconds != 0,
        GoList list => list.Items.Count > 0,
        GoMap map => map.Entries.Count > 0,
        _ => true,
    };

    private static GoMap FromObject(JsonElement element)
    {
        var map = new GoMap();
        foreach (var property in element.EnumerateObject())
        {
            map.Add(property.Name, FromJson(property.Value));
        }

        return map;
    }
}

/// <summary>What a map doesn't have: <c>&lt;no value&gt;</c>.</summary>
internal sealed class GoMissing
{
    public static GoMissing Value { get; } = new();
}

/// <summary>A list.</summary>
internal sealed class GoList(IReadOnlyList<object?> items)
{
    /// <summary>Go's nil list.</summary>
    public static GoList Nil { get; } = new([]) { IsNil = true };

    public IReadOnlyList<object?> Items { get; } = items;

    /// <summary>Whether JSON shows <c>null</c>.</summary>
    public bool IsNil { get; private init; }
}

/// <summary>A map from texts, in the order of its keys, as Go prints maps.</summary>
internal sealed class GoMap
{
    private readonly SortedDictionary<string, object?> _entries = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, object?> Entries => _entries;

    /// <summary>Whether JSON shows <c>null</c>.</summary>
    public bool IsNil { get; init; }

    /// <summary>What <c>index</c> gives for a key that isn't there: the zero value of Go's element type.</summary>
    public object? Zero { get; init; } = GoMissing.Value;

    /// <summary>Adds an entry, or replaces it.</summary>
    public GoMap Add(string key, object? value)
    {
        _entries[key] = value;
        return this;
    }
}
