using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

using Bld.Registry;

namespace Bld.Builder.Store;

/// <summary>One descriptor of <c>images/index.json</c>: an image under one of its names, or without any. The annotations hold what lists show.</summary>
internal static class ImageIndexLine
{
    internal const string NameKey = "org.opencontainers.image.ref.name";
    internal const string CreatedKey = "org.opencontainers.image.created";
    internal const string IdKey = "bld.id";
    internal const string SizeKey = "bld.size";
    internal const string HistoryKey = "bld.history";

    /// <summary>What stands in every line that has a name, and in no other.</summary>
    internal static ReadOnlySpan<byte> AnyName => "\"org.opencontainers.image.ref.name\":"u8;

    /// <summary>What stands in the lines of that name alone.</summary>
    internal static byte[] OfName(string name) => Member(NameKey, name, closed: true);

    /// <summary>What stands in the lines of names that end so, and may stand in others.</summary>
    internal static byte[] OfEnding(string ending) => Encoding.UTF8.GetBytes($"{JsonEncodedText.Encode(ending)}\"");

    /// <summary>What stands in the lines of that id alone, or of all that begin so.</summary>
    internal static byte[] OfId(string id, bool whole) => Member(IdKey, id, closed: whole);

    /// <summary>What stands in the lines of that manifest alone.</summary>
    internal static byte[] OfManifest(Digest digest) => Member("digest", digest.ToString(), closed: true);

    /// <summary>Takes a line apart; its image has no names yet.</summary>
    /// <exception cref="JsonException">It is none of ours.</exception>
    // By hand: ten thousand lines are to be listed, and nothing here needs more of JSON than strings and one number.
    internal static (StoredImage Image, string? Name) Read(ReadOnlySpan<byte> line)
    {
        var (id, mediaType, name, digest, created) = ("", "", (string?)null, default(Digest), (DateTimeOffset?)null);
        var (manifestSize, size) = (0L, 0L);
        string[] history = [];
        var reader = new Utf8JsonReader(line);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            var key = reader.ValueSpan;
            reader.Read();
            if (key.SequenceEqual("mediaType"u8))
            {
                mediaType = reader.ValueTextEquals(MediaTypes.OciManifest) ? MediaTypes.OciManifest : reader.GetString() ?? "";
            }
            else if (key.SequenceEqual("digest"u8))
            {
                digest = Digest.TryParse(reader.GetString(), out var parsed) ? parsed : default;
            }
            else if (key.SequenceEqual("size"u8))
            {
                manifestSize = reader.GetInt64();
            }
            else if (key.SequenceEqual("bld.id"u8))
            {
                id = reader.GetString() ?? "";
            }
            else if (key.SequenceEqual("bld.size"u8))
            {
                size = long.Parse(reader.ValueSpan, CultureInfo.InvariantCulture);
            }
            else if (key.SequenceEqual("org.opencontainers.image.created"u8))
            {
                created = reader.GetDateTimeOffset();
            }
            else if (key.SequenceEqual("bld.history"u8))
            {
                history = reader.GetString()?.Split(' ') ?? [];
            }
            else if (key.SequenceEqual("org.opencontainers.image.ref.name"u8))
            {
                name = reader.GetString();
            }
        }

        if (digest == default || id.Length == 0)
        {
            throw new JsonException("an entry without a digest or an id");
        }

        var image = new StoredImage
        {
            Id = id,
            MediaType = mediaType,
            ManifestDigest = digest,
            ManifestSize = manifestSize,
            Names = [],
            History = history,
            Created = created,
            Size = size,
        };
        return (image, name);
    }

    /// <summary>The line of an image under a name; null for an image without one.</summary>
    internal static byte[] Write(StoredImage image, string? name)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteString("mediaType"u8, JsonEncodedText.Encode(image.MediaType, JavaScriptEncoder.UnsafeRelaxedJsonEscaping));
        writer.WriteString("digest"u8, image.ManifestDigest.ToString());
        writer.WriteNumber("size"u8, image.ManifestSize);
        writer.WriteStartObject("annotations"u8);
        writer.WriteString(IdKey, image.Id);
        writer.WriteString(SizeKey, image.Size.ToString(CultureInfo.InvariantCulture));
        if (image.Created is { } created)
        {
            writer.WriteString(CreatedKey, created.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
        }

        if (image.History.Count > 1 || (image.History is [var only] && only != name))
        {
            writer.WriteString(HistoryKey, JsonEncodedText.Encode(string.Join(' ', image.History)));
        }

        if (name is not null)
        {
            writer.WriteString(NameKey, JsonEncodedText.Encode(name));
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Member(string key, string value, bool closed) =>
        Encoding.UTF8.GetBytes($"\"{key}\":\"{JsonEncodedText.Encode(value)}{(closed ? "\"" : "")}");
}
