using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

using Bld.Json;

namespace Bld.Registry;

/// <summary>The JSON of images: nothing escaped that needn't be (digests depend on it), nulls left out, times as Go writes them.</summary>
internal static class ImageJson
{
    /// <summary>How documents are written.</summary>
    public static JsonWriterOptions Options { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A digest.</summary>
    public static Digest? Digest(this JsonMembers json, string name) =>
        json.Text(name) is not { } text ? null : Registry.Digest.TryParse(text, out var digest) ? digest : throw new JsonException($"'{text}' is not a digest");

    /// <summary>A list of diff ids.</summary>
    public static IReadOnlyList<DiffId>? DiffIds(this JsonMembers json, string name) =>
        json.Texts(name)?.Select(static text => DiffId.TryParse(text, out var id) ? id : throw new JsonException($"'{text}' is not a diff id")).ToList();

    /// <summary>A moment.</summary>
    public static DateTimeOffset? Moment(this JsonMembers json, string name) =>
        json.Text(name) is not { } text ? null
        : DateTimeOffset.TryParse(text, null, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw new JsonException($"'{text}' is not a time");

    /// <summary>Writes a moment: RFC 3339 in UTC without trailing zeros, as Go's time.Time.</summary>
    public static void Moment(this Utf8JsonWriter json, string name, DateTimeOffset? time) =>
        json.Text(name, time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"));

    /// <summary>A set, which Go keeps as an object with empty members.</summary>
    public static SortedDictionary<string, EmptyObject>? Set(this JsonMembers json, string name)
    {
        if (!json.Has(name, out _))
        {
            return null;
        }

        var set = new SortedDictionary<string, EmptyObject>(StringComparer.Ordinal);
        foreach (var member in json.MembersOf(name))
        {
            set[member.Name] = default;
        }

        return set;
    }

    /// <summary>Writes a set.</summary>
    public static void Set(this Utf8JsonWriter json, string name, SortedDictionary<string, EmptyObject>? set)
    {
        if (set is null)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var member in set.Keys)
        {
            json.WriteStartObject(member);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
