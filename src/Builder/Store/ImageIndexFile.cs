using System.Text;
using System.Text.Json;

using Bld.Registry;

namespace Bld.Builder.Store;

/// <summary>
/// <c>images/index.json</c> as bytes: one descriptor a line (<see cref="ImageIndexLine"/>) for each name of an image, or one without a name;
/// an image's lines stand together. Looking a name up in ten thousand is a search for bytes, changing one moves the bytes behind it, and
/// a person can use grep. Nothing is taken apart but the lines that are asked for.
/// </summary>
internal sealed class ImageIndexFile
{
    private const int Room = 4096;

    // At any time just what the file holds. What was read is shared with others until the first change copies it.
    private byte[] _bytes;
    private int _length;
    private bool _isOwn;

    private ImageIndexFile(byte[] bytes, int length) => (_bytes, _length) = (bytes, length);

    /// <summary>The file.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    private static ReadOnlySpan<byte> Head => "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[\n"u8;

    private static ReadOnlySpan<byte> Tail => "]}\n"u8;

    // Where the lines end and the tail begins.
    private int End => _length - Tail.Length;

    internal static ImageIndexFile Empty() => new([.. Head, .. Tail], Head.Length + Tail.Length);

    /// <summary>Looks whether the file is in our form; null when another program has written it in its own way.</summary>
    internal static ImageIndexFile? TryParse(byte[] bytes)
    {
        if (!bytes.AsSpan().StartsWith(Head) || !bytes.AsSpan(Head.Length).EndsWith(Tail))
        {
            return null;
        }

        var index = new ImageIndexFile(bytes, bytes.Length);
        return index.End == Head.Length || bytes[index.End - 1] == (byte)'\n' ? index : null;
    }

    /// <summary>An index of images with all their names.</summary>
    internal static ImageIndexFile Of(IEnumerable<StoredImage> images)
    {
        var index = Empty();
        foreach (var image in images)
        {
            index.Append(image);
        }

        return index;
    }

    /// <summary>One that can be changed while others read this one.</summary>
    internal ImageIndexFile Copy() => new(_bytes, _length);

    /// <summary>Every image with its names, in the order in which they came.</summary>
    internal List<StoredImage> Images()
    {
        var images = new List<StoredImage>();
        var names = new List<string>();
        for (var begin = Head.Length; begin < End; begin = Next(begin))
        {
            var (image, name) = ReadLine(begin);
            if (images.Count == 0 || Key(images[^1]) != Key(image))
            {
                names = [];
                images.Add(image with { Names = names });
            }

            if (name is not null)
            {
                names.Add(name);
            }
        }

        return images;
    }

    /// <summary>Every image that has no name.</summary>
    internal List<StoredImage> Unnamed()
    {
        var images = new List<StoredImage>();
        for (var begin = Head.Length; begin < End; begin = Next(begin))
        {
            if (LineAt(begin).IndexOf(ImageIndexLine.AnyName) < 0)
            {
                images.Add(ReadLine(begin).Image);
            }
        }

        return images;
    }

    /// <summary>The image that a name points to.</summary>
    internal StoredImage? FindName(string name) => Gather(LineWith(ImageIndexLine.OfName(name), Head.Length));

    /// <summary>The first name that ends so.</summary>
    internal string? FindNameEnding(string ending) => LinesWith(ImageIndexLine.OfEnding(ending)).Select(line => ReadLine(line).Name)
        .FirstOrDefault(name => name?.EndsWith(ending, StringComparison.Ordinal) == true);

    /// <summary>The images whose id begins so.</summary>
    internal List<StoredImage> FindId(string prefix) => [.. LinesWith(ImageIndexLine.OfId(prefix, whole: false)).Select(Gather).OfType<StoredImage>().DistinctBy(Key)];

    /// <summary>The image of that manifest.</summary>
    internal StoredImage? FindManifest(Digest digest) => Gather(LineWith(ImageIndexLine.OfManifest(digest), Head.Length));

    /// <summary>Whether an image has this digest, as its manifest's or as its id.</summary>
    internal bool Has(Digest digest) =>
        Bytes.IndexOf(ImageIndexLine.OfManifest(digest)) >= 0 || Bytes.IndexOf(ImageIndexLine.OfId(digest.Hex, whole: true)) >= 0;

    /// <summary>Adds an image with these names, which other images lose; one that loses its last name stays without.</summary>
    internal void Add(StoredImage image, IReadOnlyList<string> names)
    {
        var known = Find(image);
        var before = known ?? image;
        image = image with
        {
            Names = [.. (known?.Names ?? []).Union(names)],
            History = [.. names.Except(before.Names).Reverse().Concat(Former(before, before.Names)).Distinct(StringComparer.Ordinal)],
        };
        Remove(image);
        foreach (var name in names)
        {
            RemoveName(name);
        }

        Append(image);
    }

    /// <summary>Takes a name away; false when there is none. The image stays.</summary>
    internal bool RemoveName(string name)
    {
        var begin = LineWith(ImageIndexLine.OfName(name), Head.Length);
        if (Gather(begin) is not { } image)
        {
            return false;
        }

        if (image.Names.Count > 1)
        {
            RemoveLine(begin);
        }
        else
        {
            var line = ImageIndexLine.Write(image with { History = Former(image, [name]) }, null);
            Splice(begin, begin + LineAt(begin).Length, line);
        }

        return true;
    }

    /// <summary>Removes images with all their names: many in one pass.</summary>
    internal void Remove(IReadOnlyList<StoredImage> images)
    {
        if (images is [var single])
        {
            Remove(single);
            return;
        }

        var gone = images.Select(Key).ToHashSet();
        var left = Of(Images().Where(image => !gone.Contains(Key(image))));
        (_bytes, _length, _isOwn) = (left._bytes, left._length, left._isOwn);
    }

    /// <summary>Removes an image with all its names.</summary>
    internal void Remove(StoredImage image)
    {
        foreach (var begin in Enumerable.Reverse(LinesOf(image)))
        {
            RemoveLine(begin);
        }
    }

    private static IReadOnlyList<string> Former(StoredImage image, IReadOnlyList<string> names) => image.History.Count > 0 ? image.History : names;

    // Two lists of images may have the same content; each is its own image even so.
    private static (Digest Manifest, string Id) Key(StoredImage image) => (image.ManifestDigest, image.Id);

    private StoredImage? Find(StoredImage image) => LinesOf(image) is [var line, ..] ? Gather(line) : null;

    private StoredImage? Gather(int line) => line < 0 ? null : ReadLine(line).Image with
    {
        Names = [.. Together(line).Select(each => ReadLine(each).Name).OfType<string>()],
    };

    private List<int> LinesOf(StoredImage image)
    {
        var id = ImageIndexLine.OfId(image.Id, whole: true);
        var lines = LinesWith(ImageIndexLine.OfManifest(image.ManifestDigest));
        return lines.FindAll(line => LineAt(line).IndexOf(id) >= 0);
    }

    // All lines of one image, which differ only in the name.
    private List<int> Together(int line)
    {
        var (image, _) = ReadLine(line);
        var (manifest, id) = (ImageIndexLine.OfManifest(image.ManifestDigest), ImageIndexLine.OfId(image.Id, whole: true));
        bool IsOne(int each) => LineAt(each).IndexOf(manifest) >= 0 && LineAt(each).IndexOf(id) >= 0;
        while (line > Head.Length && Bytes[..(line - 1)].LastIndexOf((byte)'\n') + 1 is var before && IsOne(before))
        {
            line = before;
        }

        var lines = new List<int>();
        for (; line < End && IsOne(line); line = Next(line))
        {
            lines.Add(line);
        }

        return lines;
    }

    private List<int> LinesWith(byte[] needle)
    {
        var lines = new List<int>();
        for (var line = LineWith(needle, Head.Length); line >= 0; line = LineWith(needle, Next(line)))
        {
            lines.Add(line);
        }

        return lines;
    }

    // Where the first line behind a place begins that holds this; negative when none does.
    private int LineWith(byte[] needle, int start) => _bytes.AsSpan(start, End - start).IndexOf(needle) is var at and >= 0
        ? Bytes[..(start + at)].LastIndexOf((byte)'\n') + 1
        : -1;

    private int Next(int begin) => begin + _bytes.AsSpan(begin, End - begin).IndexOf((byte)'\n') + 1;

    // A comma parts a line from the next.
    private ReadOnlySpan<byte> LineAt(int begin)
    {
        var line = _bytes.AsSpan(begin, Next(begin) - 1 - begin);
        return line.EndsWith(","u8) ? line[..^1] : line;
    }

    private (StoredImage Image, string? Name) ReadLine(int begin)
    {
        try
        {
            return ImageIndexLine.Read(LineAt(begin));
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            throw new BuildException($"images/index.json has a line that is no image's: {Encoding.UTF8.GetString(LineAt(begin))}: {exception.Message}", exception);
        }
    }

    private void Append(StoredImage image)
    {
        foreach (var name in image.Names.DefaultIfEmpty())
        {
            var line = ImageIndexLine.Write(image, name);
            if (End == Head.Length)
            {
                Splice(End, End, [.. line, (byte)'\n']);
            }
            else
            {
                Splice(End - 1, End - 1, [.. ",\n"u8, .. line]);
            }
        }
    }

    // The last line takes the comma of the one before it along.
    private void RemoveLine(int begin)
    {
        var next = Next(begin);
        var isLast = next == End && begin > Head.Length;
        Splice(isLast ? begin - 2 : begin, isLast ? next - 1 : next, []);
    }

    private void Splice(int begin, int end, ReadOnlySpan<byte> content)
    {
        var rest = _bytes.AsSpan(end, _length - end);
        var length = begin + content.Length + rest.Length;
        var target = _isOwn && length <= _bytes.Length ? _bytes : GC.AllocateUninitializedArray<byte>((_isOwn ? 2 * length : length) + Room);
        rest.CopyTo(target.AsSpan(begin + content.Length));
        content.CopyTo(target.AsSpan(begin));
        if (target != _bytes)
        {
            _bytes.AsSpan(0, begin).CopyTo(target);
        }

        (_bytes, _length, _isOwn) = (target, length, true);
    }
}
