using System.Formats.Tar;
using System.Text.Json;

namespace Bld.EndToEnd.Tests.Cases;

/// <summary>A file as an image's layers give it.</summary>
internal sealed record BuiltFile(TarEntryType Type, int Mode, int User, int Group, string Link, string Text, DateTimeOffset Time);

/// <summary>An image as it leaves the store: read from what <c>bld push</c> writes, never by running it.</summary>
internal sealed class BuiltImage
{
    private BuiltImage(JsonDocument config, JsonDocument manifest, IReadOnlyList<IReadOnlyList<string>> layers, Dictionary<string, BuiltFile> files)
    {
        Config = config.RootElement;
        Manifest = manifest.RootElement;
        Layers = layers;
        Files = files;
    }

    internal JsonElement Config { get; }

    internal JsonElement Manifest { get; }

    /// <summary>The paths that each layer has.</summary>
    internal IReadOnlyList<IReadOnlyList<string>> Layers { get; }

    /// <summary>The root, by absolute path.</summary>
    internal Dictionary<string, BuiltFile> Files { get; }

    /// <summary>Reads a folder of the <c>dir</c> transport.</summary>
    internal static BuiltImage Read(string folder)
    {
        var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "manifest.json")));
        var config = JsonDocument.Parse(File.ReadAllBytes(Blob(manifest.RootElement.GetProperty("config"))));
        var files = new Dictionary<string, BuiltFile>();
        var layers = new List<IReadOnlyList<string>>();
        foreach (var layer in manifest.RootElement.GetProperty("layers").EnumerateArray())
        {
            layers.Add(Apply(Blob(layer), files));
        }

        return new BuiltImage(config, manifest, layers, files);

        string Blob(JsonElement descriptor) => Path.Combine(folder, descriptor.GetProperty("digest").GetString()![7..]);
    }

    private static List<string> Apply(string path, Dictionary<string, BuiltFile> files)
    {
        using var file = File.OpenRead(path);
        var compressed = file.ReadByte() == 0x1F;
        file.Position = 0;
        using Stream content = compressed ? new System.IO.Compression.GZipStream(file, System.IO.Compression.CompressionMode.Decompress) : file;
        using var tar = new TarReader(content);
        var paths = new List<string>();
        while (tar.GetNextEntry() is { } entry)
        {
            var name = "/" + entry.Name.TrimEnd('/');
            paths.Add(name);
            Put(entry, name, files);
        }

        return paths;
    }

    private static void Put(TarEntry entry, string name, Dictionary<string, BuiltFile> files)
    {
        const string Whiteout = ".wh.";
        var last = name[(name.LastIndexOf('/') + 1)..];
        if (last == ".wh..wh..opq")
        {
            Remove(files, name[..^(last.Length + 1)], itself: false);
            return;
        }

        if (last.StartsWith(Whiteout, StringComparison.Ordinal))
        {
            Remove(files, name[..^last.Length] + last[Whiteout.Length..], itself: true);
            return;
        }

        if (entry.EntryType == TarEntryType.HardLink)
        {
            files[name] = files["/" + entry.LinkName.TrimStart('/')];
            return;
        }

        if (entry.EntryType != TarEntryType.Directory)
        {
            Remove(files, name, itself: true);
        }

        files[name] = new BuiltFile(entry.EntryType, (int)entry.Mode, entry.Uid, entry.Gid, entry.LinkName, Text(entry), entry.ModificationTime);
    }

    private static string Text(TarEntry entry)
    {
        const long Most = 1 << 20;
        if (entry.DataStream is not { Length: < Most } data)
        {
            return "";
        }

        using var reader = new StreamReader(data);
        return reader.ReadToEnd();
    }

    private static void Remove(Dictionary<string, BuiltFile> files, string path, bool itself)
    {
        foreach (var below in files.Keys.Where(each => (itself && each == path) || each.StartsWith(path + "/", StringComparison.Ordinal)).ToList())
        {
            files.Remove(below);
        }
    }
}
