using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

using Bld.Registry;

namespace Bld.Builder.Store;

/// <summary>
/// <c>images/index.json</c> as lines: one descriptor a line for each name of an image, or one without a name. Looking a name up in ten
/// thousand is a search for bytes, changing one leaves the other lines as they are, and a person can use grep. What the list of
/// images shows stands in annotations, so that listing reads no other file.
/// </summary>
internal sealed class ImageIndexFile
{
    private const string NameKey = "org.opencontainers.image.ref.name";
    private const string CreatedKey = "org.opencontainers.image.created";
    private const string IdKey = "bld.id";
    private const string SizeKey = "bld.size";
    private const string HistoryKey = "bld.history";

    // The descriptors as they were read, each behind the other's newline; taken apart only when all of them are wanted.
    private readonly ReadOnlyMemory<byte> _read;
    private List<ReadOnlyMemory<byte>>? _split;

    private ImageIndexFile(ReadOnlyMemory<byte> read) => _read = read;

    private List<ReadOnlyMemory<byte>> Lines => _split ??= Split(_read);

    private static ReadOnlySpan<byte> Head => "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[\n"u8;

    private static ReadOnlySpan<byte> Tail => "]}\n"u8;

    internal static ImageIndexFile Empty() => new(default(ReadOnlyMemory<byte>));

    /// <summary>Takes the file apart; null when another program has written it in its own way.</summary>
    internal static ImageIndexFile? TryParse(byte[] bytes)
    {
        if (!bytes.AsSpan().StartsWith(Head) || !bytes.AsSpan(Head.Length).EndsWith(Tail))
        {
            return null;
        }

        var read = bytes.AsMemory(Head.Length, bytes.Length - Head.Length - Tail.Length);
        return read.IsEmpty || read.Span[^1] == (byte)'\n' ? new ImageIndexFile(read) : null;
    }

    internal byte[] ToBytes()
    {
        var writer = new ArrayBufferWriter<byte>(Head.Length + Tail.Length + Lines.Sum(static line => line.Length + 2));
        writer.Write(Head);
        for (var i = 0; i < Lines.Count; i++)
        {
            writer.Write(Lines[i].Span);
            writer.Write(i + 1 < Lines.Count ? ",\n"u8 : "\n"u8);
        }

        writer.Write(Tail);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>Every image with its names, in the order in which they came.</summary>
    internal List<StoredImage> Images()
    {
        var order = new List<(Digest, string)>();
        var images = new Dictionary<(Digest, string), StoredImage>();
        foreach (var line in Lines)
        {
            var (image, name) = ReadLine(line.Span);
            if (!images.TryGetValue(Key(image), out var known))
            {
                order.Add(Key(image));
                known = image;
            }

            images[Key(image)] = name is null ? known : known with { Names = [.. known.Names, name] };
        }

        return [.. order.Select(key => images[key])];
    }

    /// <summary>The image that a name points to.</summary>
    internal StoredImage? FindName(string name) => LinesWith(Needle(NameKey, name, closed: true)) is [var line, ..] ? Gather(line) : null;

    /// <summary>The images whose id begins so.</summary>
    internal List<StoredImage> FindId(string prefix) =>
        [.. LinesWith(Needle(IdKey, prefix, closed: false)).Select(Gather).DistinctBy(Key)];

    /// <summary>The image of that manifest.</summary>
    internal StoredImage? FindManifest(Digest digest) => LinesWith(DigestNeedle(digest)) is [var line, ..] ? Gather(line) : null;

    /// <summary>Adds an image with these names, which other images lose; one that loses its last name stays without.</summary>
    internal void Add(StoredImage image, IReadOnlyList<string> names)
    {
        var known = Find(image);
        var all = known is not null ? known.Names.Union(names).ToList() : [.. names];
        var before = known ?? image;
        image = image with { History = [.. names.Except(before.Names).Reverse().Concat(Former(before, before.Names)).Distinct(StringComparer.Ordinal)] };
        Remove(image);
        foreach (var name in names)
        {
            RemoveName(name);
        }

        foreach (var name in all)
        {
            Lines.Add(WriteLine(image, name));
        }

        if (all.Count == 0)
        {
            Lines.Add(WriteLine(image, null));
        }
    }

    /// <summary>Takes a name away; false when there is none. The image stays.</summary>
    internal bool RemoveName(string name)
    {
        var needle = Needle(NameKey, name, closed: true);
        var index = Lines.FindIndex(line => line.Span.IndexOf(needle) >= 0);
        if (index < 0)
        {
            return false;
        }

        var (image, _) = ReadLine(Lines[index].Span);
        Lines.RemoveAt(index);
        if (Find(image) is null)
        {
            Lines.Insert(index, WriteLine(image with { History = Former(image, [name]) }, null));
        }

        return true;
    }

    /// <summary>Removes an image with all its names.</summary>
    internal void Remove(StoredImage image)
    {
        var (digest, id) = (DigestNeedle(image.ManifestDigest), Needle(IdKey, image.Id, closed: true));
        Lines.RemoveAll(line => line.Span.IndexOf(digest) >= 0 && line.Span.IndexOf(id) >= 0);
    }

    private static IReadOnlyList<string> Former(StoredImage image, IReadOnlyList<string> names) => image.History.Count > 0 ? image.History : names;

    // Two lists of images may have the same content; each is its own image even so.
    private static (Digest Manifest, string Id) Key(StoredImage image) => (image.ManifestDigest, image.Id);

    private StoredImage? Find(StoredImage image) =>
        LinesWith(DigestNeedle(image.ManifestDigest)).Find(line => ReadLine(line.Span).Image.Id == image.Id) is { IsEmpty: false } line ? Gather(line) : null;

    private List<ReadOnlyMemory<byte>> LinesWith(byte[] needle)
    {
        if (_split is not null)
        {
            return _split.FindAll(line => line.Span.IndexOf(needle) >= 0);
        }

        var found = new List<ReadOnlyMemory<byte>>();
        for (var start = 0; _read.Span[start..].IndexOf(needle) is var at and >= 0;)
        {
            at += start;
            var begin = _read.Span[..at].LastIndexOf((byte)'\n') + 1;
            start = at + _read.Span[at..].IndexOf((byte)'\n') + 1;
            found.Add(WithoutComma(_read[begin..(start - 1)]));
        }

        return found;
    }

    private static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> rest)
    {
        var lines = new List<ReadOnlyMemory<byte>>();
        while (!rest.IsEmpty)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            lines.Add(WithoutComma(rest[..end]));
            rest = rest[(end + 1)..];
        }

        return lines;
    }

    private static ReadOnlyMemory<byte> WithoutComma(ReadOnlyMemory<byte> line) => line.Span.EndsWith(","u8) ? line[..^1] : line;

    // All lines of one image differ only in the name.
    private StoredImage Gather(ReadOnlyMemory<byte> line)
    {
        var (image, _) = ReadLine(line.Span);
        var names = LinesWith(DigestNeedle(image.ManifestDigest))
            .Select(static each => ReadLine(each.Span))
            .Where(each => each.Image.Id == image.Id)
            .Select(static each => each.Name)
            .OfType<string>();
        return image with { Names = [.. names] };
    }

    private static byte[] DigestNeedle(Digest digest) => Encoding.UTF8.GetBytes($"\"digest\":\"{digest}\"");

    private static byte[] Needle(string key, string value, bool closed) =>
        Encoding.UTF8.GetBytes($"\"{key}\":\"{JsonEncodedText.Encode(value)}{(closed ? "\"" : "")}");

    // By hand: ten thousand lines are to be listed, and nothing here needs more of JSON than strings and one number.
    private static (StoredImage Image, string? Name) ReadLine(ReadOnlySpan<byte> line)
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

            var key = reader.GetString();
            reader.Read();
            switch (key)
            {
                case "mediaType":
                    mediaType = reader.GetString() ?? "";
                    break;
                case "digest":
                    digest = Digest.TryParse(reader.GetString(), out var parsed) ? parsed : throw new JsonException("an entry without a digest");
                    break;
                case "size":
                    manifestSize = reader.GetInt64();
                    break;
                case IdKey:
                    id = reader.GetString() ?? "";
                    break;
                case SizeKey:
                    size = long.Parse(reader.GetString() ?? "0", CultureInfo.InvariantCulture);
                    break;
                case CreatedKey:
                    created = reader.GetDateTimeOffset();
                    break;
                case HistoryKey:
                    history = reader.GetString()?.Split(' ') ?? [];
                    break;
                case NameKey:
                    name = reader.GetString();
                    break;
                default:
                    break;
            }
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

    private static byte[] WriteLine(StoredImage image, string? name)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteString("mediaType"u8, JsonEncodedText.Encode(image.MediaType, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping));
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
}
