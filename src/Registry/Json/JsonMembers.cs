using System.Text.Json;

namespace Bld.Json;

/// <summary>
/// An object's members, asked for by name. A member that is missing or null is null; one of a wrong kind is a <see cref="JsonException"/>
/// that names it.
/// </summary>
internal sealed class JsonMembers
{
    private readonly JsonElement _element;
    private readonly List<string> _known = [];
    private int _found;

    private JsonMembers(JsonElement element, string what)
    {
        _element = element.ValueKind == JsonValueKind.Object ? element : throw new JsonException($"{what} must be an object, not {Kind(element)}");
    }

    /// <summary>Reads a whole document that is one object.</summary>
    /// <exception cref="JsonException">It is no JSON, there is more than one value, or <typeparamref name="T"/> can't be made of it.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> document)
        where T : class, IJsonRecord<T> => Parse(document, static root => T.Read(new JsonMembers(root, "the document")));

    /// <summary>Reads a whole document that is a list of objects.</summary>
    /// <exception cref="JsonException">It is no JSON, there is more than one value, or one is none of <typeparamref name="T"/>.</exception>
    public static IReadOnlyList<T> ParseList<T>(ReadOnlySpan<byte> document)
        where T : class, IJsonRecord<T> => Parse(document, static root => List<T>(root, "the document"));

    /// <summary>Reads a file of the store; null when it is missing or, after a power loss, not whole.</summary>
    public static T? TryParse<T>(byte[]? document)
        where T : class, IJsonRecord<T>
    {
        try
        {
            return document is null ? null : Parse<T>(document);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether there is a member that is not null.</summary>
    public bool Has(string name, out JsonElement value)
    {
        var found = _element.TryGetProperty(name, out value);
        if (!_known.Contains(name))
        {
            _known.Add(name);
            _found += found ? 1 : 0;
        }

        return found && value.ValueKind != JsonValueKind.Null;
    }

    /// <summary>A value as it stands there.</summary>
    public JsonElement? Element(string name) => Has(name, out var value) ? value : null;

    /// <summary>A string.</summary>
    public string? Text(string name) =>
        !Has(name, out var value) ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, "a string", value);

    /// <summary>A string that must be there.</summary>
    public string RequiredText(string name) => Text(name) ?? throw Missing(name);

    /// <summary>A list of strings.</summary>
    public IReadOnlyList<string>? Texts(string name)
    {
        if (!Has(name, out var value))
        {
            return null;
        }

        var texts = new List<string>();
        foreach (var item in Items(name, value))
        {
            texts.Add(item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Wrong(name, "a list of strings", value));
        }

        return texts;
    }

    /// <summary>A list of whole numbers of 32 bits, not negative.</summary>
    public IReadOnlyList<uint>? UInts(string name)
    {
        if (!Has(name, out var value))
        {
            return null;
        }

        var numbers = new List<uint>();
        foreach (var item in Items(name, value))
        {
            numbers.Add(item.ValueKind == JsonValueKind.Number && item.TryGetUInt32(out var number) ? number : throw Wrong(name, "a list of numbers that are not negative", value));
        }

        return numbers;
    }

    /// <summary>true or false.</summary>
    public bool? Flag(string name) => !Has(name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(name, "true or false", value),
    };

    /// <summary>A whole number of 64 bits.</summary>
    public long? Long(string name) => Number(name, long.MinValue, long.MaxValue);

    /// <summary>A whole number of 32 bits.</summary>
    public int? Int(string name) => (int?)Number(name, int.MinValue, int.MaxValue);

    /// <summary>A whole number of 32 bits, not negative.</summary>
    public uint? UInt(string name) => (uint?)Number(name, uint.MinValue, uint.MaxValue);

    /// <summary>A whole number of 16 bits, not negative.</summary>
    public ushort? UShort(string name) => (ushort?)Number(name, ushort.MinValue, ushort.MaxValue);

    /// <summary>A whole number of 64 bits, not negative.</summary>
    public ulong? ULong(string name) =>
        !Has(name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out var number) ? number
        : throw Wrong(name, "a whole number that is not negative", value);

    /// <summary>A number.</summary>
    public double? Real(string name) =>
        !Has(name, out var value) ? null : value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw Wrong(name, "a number", value);

    /// <summary>A moment, RFC 3339.</summary>
    public DateTimeOffset? Time(string name) =>
        !Has(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time) ? time
        : throw Wrong(name, "a time as RFC 3339 has it", value);

    /// <summary>An object whose members are strings.</summary>
    public SortedDictionary<string, string>? Map(string name)
    {
        if (!Has(name, out var value))
        {
            return null;
        }

        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in Members(name, value))
        {
            map[member.Name] = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : throw Wrong(name, "an object of strings", value);
        }

        return map;
    }

    /// <summary>An object's members; none when it is missing.</summary>
    public IEnumerable<JsonProperty> MembersOf(string name) => Has(name, out var value) ? Members(name, value) : [];

    /// <summary>An object.</summary>
    public T? Object<T>(string name)
        where T : class, IJsonRecord<T> => Has(name, out var value) ? T.Read(new JsonMembers(value, Quoted(name))) : null;

    /// <summary>An object that must be there.</summary>
    public T RequiredObject<T>(string name)
        where T : class, IJsonRecord<T> => Object<T>(name) ?? throw Missing(name);

    /// <summary>A list of objects.</summary>
    public IReadOnlyList<T>? Objects<T>(string name)
        where T : class, IJsonRecord<T> => Has(name, out var value) ? List<T>(value, Quoted(name)) : null;

    /// <summary>An object whose members are objects.</summary>
    public IReadOnlyDictionary<string, T>? ObjectsByName<T>(string name)
        where T : class, IJsonRecord<T>
    {
        if (!Has(name, out var value))
        {
            return null;
        }

        var objects = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var member in Members(name, value))
        {
            objects[member.Name] = T.Read(new JsonMembers(member.Value, Quoted(member.Name)));
        }

        return objects;
    }

    /// <summary>A list of objects that must be there; Go writes null for an empty one.</summary>
    public IReadOnlyList<T> RequiredObjects<T>(string name)
        where T : class, IJsonRecord<T> => Objects<T>(name) ?? (_element.TryGetProperty(name, out _) ? [] : throw Missing(name));

    /// <summary>The members that nobody asked for until now; null for none.</summary>
    public IDictionary<string, JsonElement>? Rest()
    {
        if (_found == _element.GetPropertyCount())
        {
            return null;
        }

        Dictionary<string, JsonElement>? rest = null;
        foreach (var member in _element.EnumerateObject())
        {
            if (!_known.Contains(member.Name))
            {
                (rest ??= [])[member.Name] = member.Value;
            }
        }

        return rest;
    }

    /// <summary>The error that a member which must be there is not.</summary>
    public static JsonException Missing(string name) => new($"{Quoted(name)} is missing");

    private static T Parse<T>(ReadOnlySpan<byte> document, Func<JsonElement, T> read)
    {
        var reader = new Utf8JsonReader(document);
        var root = JsonElement.ParseValue(ref reader);
        if (reader.Read())
        {
            throw new JsonException("there is more behind the end of the document");
        }

        try
        {
            return read(root);
        }
        catch (InvalidOperationException exception)
        {
            // What a string says when it is read whose bytes are no UTF-8.
            throw new JsonException(exception.Message, exception);
        }
    }

    private static List<T> List<T>(JsonElement value, string what)
        where T : class, IJsonRecord<T>
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException($"{what} must be a list, not {Kind(value)}");
        }

        var list = new List<T>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
        {
            list.Add(T.Read(new JsonMembers(item, $"an item of {what}")));
        }

        return list;
    }

    private long? Number(string name, long least, long most) =>
        !Has(name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most ? number
        : throw Wrong(name, $"a whole number from {least} to {most}", value);

    private static JsonElement.ArrayEnumerator Items(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Wrong(name, "a list", value);

    private static JsonElement.ObjectEnumerator Members(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : throw Wrong(name, "an object", value);

    private static JsonException Wrong(string name, string wanted, JsonElement value) => new($"{Quoted(name)} must be {wanted}, not {Kind(value)}");

    private static string Quoted(string name) => $"\"{name}\"";

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.Null => "null",
        var kind => kind == JsonValueKind.True ? "true" : "false",
    };
}
