using System.Buffers;
using System.Text.Json;

namespace Bld.Json;

/// <summary>Writes members; those that are null are left out.</summary>
internal static class JsonWriting
{
    /// <summary>A whole document.</summary>
    public static byte[] ToJson(this IJsonWritable record, JsonWriterOptions options = default)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.Value(record);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A whole document that is a list.</summary>
    public static byte[] ToJson(this IReadOnlyList<IJsonWritable> records, JsonWriterOptions options = default)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.Values(records);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static void Text(this Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    public static void Texts(this Utf8JsonWriter json, string name, IReadOnlyList<string>? values)
    {
        if (values is null)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    public static void Flag(this Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } flag)
        {
            json.WriteBoolean(name, flag);
        }
    }

    public static void Number(this Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    public static void Number(this Utf8JsonWriter json, string name, ulong? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    public static void Real(this Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    public static void Numbers(this Utf8JsonWriter json, string name, IReadOnlyList<uint>? values)
    {
        if (values is null)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    public static void Time(this Utf8JsonWriter json, string name, DateTimeOffset? value)
    {
        if (value is { } time)
        {
            json.WriteString(name, time);
        }
    }

    public static void Map(this Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, string>>? values)
    {
        if (values is null)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var (key, value) in values)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    public static void Element(this Utf8JsonWriter json, string name, JsonElement? value)
    {
        if (value is { } element)
        {
            json.WritePropertyName(name);
            element.WriteTo(json);
        }
    }

    public static void Object(this Utf8JsonWriter json, string name, IJsonWritable? value)
    {
        if (value is not null)
        {
            json.WritePropertyName(name);
            json.Value(value);
        }
    }

    public static void Objects(this Utf8JsonWriter json, string name, IReadOnlyList<IJsonWritable>? values)
    {
        if (values is not null)
        {
            json.WritePropertyName(name);
            json.Values(values);
        }
    }

    public static void ObjectsByName(this Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, IJsonWritable>>? values)
    {
        if (values is null)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var (key, value) in values)
        {
            json.Object(key, value);
        }

        json.WriteEndObject();
    }

    /// <summary>Members that were read and not understood.</summary>
    public static void Rest(this Utf8JsonWriter json, IDictionary<string, JsonElement>? members)
    {
        if (members is null)
        {
            return;
        }

        foreach (var (name, value) in members)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }
    }

    private static void Value(this Utf8JsonWriter json, IJsonWritable value)
    {
        json.WriteStartObject();
        value.Write(json);
        json.WriteEndObject();
    }

    private static void Values(this Utf8JsonWriter json, IReadOnlyList<IJsonWritable> values)
    {
        json.WriteStartArray();
        foreach (var value in values)
        {
            json.Value(value);
        }

        json.WriteEndArray();
    }
}
