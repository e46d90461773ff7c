using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bld.Registry;

/// <summary>The JSON of images: nothing escaped that needn't be (digests depend on it), nulls left out, times as Go writes them.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ImageConfig))]
[JsonSerializable(typeof(ImageManifest))]
[JsonSerializable(typeof(ImageIndex))]
[JsonSerializable(typeof(Descriptor))]
[JsonSerializable(typeof(IReadOnlyList<DockerArchiveEntry>))]
internal sealed partial class ImageJson : JsonSerializerContext
{
    internal static ImageJson Relaxed { get; } = new(new JsonSerializerOptions
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new DigestConverter(), new DiffIdConverter(), new TimeConverter() },
    });

    private sealed class DigestConverter : JsonConverter<Digest>
    {
        public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Bld.Registry.Digest.TryParse(reader.GetString(), out var digest) ? digest : throw new JsonException($"'{reader.GetString()}' is not a digest");

        public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }

    private sealed class DiffIdConverter : JsonConverter<DiffId>
    {
        public override DiffId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Bld.Registry.DiffId.TryParse(reader.GetString(), out var id) ? id : throw new JsonException($"'{reader.GetString()}' is not a diff id");

        public override void Write(Utf8JsonWriter writer, DiffId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }

    /// <summary>RFC 3339 in UTC without trailing zeros, as Go's time.Time.</summary>
    private sealed class TimeConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            System.DateTimeOffset.TryParse(reader.GetString(), null, System.Globalization.DateTimeStyles.AssumeUniversal, out var time)
                ? time
                : throw new JsonException($"'{reader.GetString()}' is not a time");

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"));
    }
}
