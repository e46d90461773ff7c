using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Bld.Builder.Cli.Templates;

/// <summary>Values as Go's encoding/json writes them.</summary>
internal static class GoJson
{
    private const int Indent = 4;

    /// <summary>The document: compact, or with four spaces a level. <c>&lt;</c>, <c>&gt;</c> and <c>&amp;</c> stand as they are.</summary>
    public static string Write(object? value, bool indented)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions
        {
            Indented = indented,
            IndentSize = Indent,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            Write(writer, value);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case bool truth:
                writer.WriteBooleanValue(truth);
                break;
            case long number:
                writer.WriteNumberValue(number);
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case GoTime time:
                writer.WriteStringValue(time.Text);
                break;
            case GoSpan span:
                writer.WriteNumberValue(span.Nanoseconds);
                break;
            case GoList { IsNil: false } list:
                WriteList(writer, list);
                break;
            case GoMap { IsNil: false } map:
                WriteMap(writer, map);
                break;
            case GoStruct structure:
                writer.WriteStartObject();
                WriteFields(writer, structure);
                writer.WriteEndObject();
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    private static void WriteList(Utf8JsonWriter writer, GoList list)
    {
        writer.WriteStartArray();
        foreach (var item in list.Items)
        {
            Write(writer, item);
        }

        writer.WriteEndArray();
    }

    private static void WriteMap(Utf8JsonWriter writer, GoMap map)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in map.Entries)
        {
            writer.WritePropertyName(name);
            Write(writer, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter writer, GoStruct structure)
    {
        foreach (var field in structure.Fields)
        {
            if (field is { Json.Length: 0, Value: GoStruct embedded })
            {
                WriteFields(writer, embedded);
            }
            else if (field.Json is { Length: > 0 } name && !(field.OmitEmpty && IsEmpty(field.Value)))
            {
                writer.WritePropertyName(name);
                Write(writer, field.Value);
            }
        }
    }

    // Go's omitempty: a struct, and so a time, is never empty.
    private static bool IsEmpty(object? value) => value is not (GoStruct or GoTime) && !GoValues.IsTrue(value);
}
