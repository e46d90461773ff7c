using System.Text.Json;

using Bld.Registry;
using Bld.Registry.Configuration;

namespace Bld.Builder.Engine.Sbom;

/// <summary>What the package managers of languages have pinned or installed, as lock files and metadata in the image's tree say.</summary>
internal sealed class LanguagePackages(ImageTree tree, Action<string> warn)
{
    private static readonly string[] Names =
        ["package-lock.json", ".package-lock.json", "Cargo.lock", "poetry.lock", "uv.lock", "composer.lock", "Gemfile.lock", "packages.lock.json", "go.mod", "requirements.txt", "METADATA"];

    /// <summary>All of them.</summary>
    public IEnumerable<SoftwarePackage> Find() => tree.Find(static name => Names.Contains(name)).SelectMany(Read);

    private IReadOnlyList<SoftwarePackage> Read(string path)
    {
        try
        {
            return tree.ReadText(path) is { } text ? [.. Read(path, text)] : [];
        }
        catch (Exception exception) when (exception is JsonException or RegistryException or InvalidOperationException)
        {
            warn($"/{path} can't be read, so what it lists is missing in the SBOM: {exception.Message}");
            return [];
        }
    }

    private static IEnumerable<SoftwarePackage> Read(string path, string text) => Path.GetFileName(path) switch
    {
        "package-lock.json" or ".package-lock.json" => Npm(text),
        "Cargo.lock" => Toml(text, path, "cargo"),
        "poetry.lock" or "uv.lock" => Toml(text, path, "pypi"),
        "composer.lock" => Composer(text),
        "packages.lock.json" => NuGet(text),
        "Gemfile.lock" => Gems(text),
        "go.mod" => Go(text),
        "requirements.txt" => Requirements(text),
        _ when path.Contains(".dist-info/") => Wheel(text),
        _ => [],
    };

    private static List<SoftwarePackage> Npm(string text)
    {
        using var document = JsonDocument.Parse(text);
        var found = new List<SoftwarePackage>();
        if (document.RootElement.TryGetProperty("packages", out var packages))
        {
            foreach (var each in packages.EnumerateObject())
            {
                var at = each.Name.LastIndexOf("node_modules/", StringComparison.Ordinal);
                if (at >= 0 && Text(each.Value, "version") is { } version)
                {
                    found.Add(new SoftwarePackage("npm", each.Name[(at + "node_modules/".Length)..], version) { License = Text(each.Value, "license") });
                }
            }
        }

        return found;
    }

    private static List<SoftwarePackage> Composer(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.TryGetProperty("packages", out var packages)
            ? [.. packages.EnumerateArray().Select(static each => new SoftwarePackage("composer", Text(each, "name") ?? "", Text(each, "version") ?? ""))]
            : [];
    }

    private static List<SoftwarePackage> NuGet(string text)
    {
        using var document = JsonDocument.Parse(text);
        return [.. document.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(static framework => framework.Value.EnumerateObject())
            .Where(static each => Text(each.Value, "resolved") is not null)
            .Select(static each => new SoftwarePackage("nuget", each.Name, Text(each.Value, "resolved")!))];
    }

    private static IEnumerable<SoftwarePackage> Toml(string text, string path, string type) =>
        TomlReader.Parse(text, "/" + path).Tables("package").Where(static each => each.Text("name") is not null && each.Text("version") is not null)
            .Select(each => new SoftwarePackage(type, each.Text("name")!, each.Text("version")!));

    // "    name (version)" under "specs:"; what an entry needs is indented further.
    private static IEnumerable<SoftwarePackage> Gems(string text) => text.Split('\n')
        .Where(static line => line.StartsWith("    ") && line.Length > 4 && line[4] != ' ' && line.Contains(" ("))
        .Select(static line => line.Trim().Split(" (")).Select(static parts => new SoftwarePackage("gem", parts[0], parts[1].TrimEnd(')')));

    private static IEnumerable<SoftwarePackage> Go(string text) => text.Split('\n')
        .Select(static line => line.Split("//")[0].Replace("require ", "").Trim().Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(static parts => parts.Length == 2 && parts[0].Contains('.') && parts[1].StartsWith('v') && parts[1].Contains('.'))
        .Select(static parts => new SoftwarePackage("golang", parts[0], parts[1]));

    private static IEnumerable<SoftwarePackage> Requirements(string text) => text.Split('\n')
        .Select(static line => line.Split('#', ';', ' ')[0].Trim().Split("=="))
        .Where(static parts => parts.Length == 2 && parts[0].Length > 0)
        .Select(static parts => new SoftwarePackage("pypi", parts[0].Split('[')[0].ToLowerInvariant(), parts[1]));

    private static IEnumerable<SoftwarePackage> Wheel(string text)
    {
        string? Field(string name) => text.Split('\n').TakeWhile(static line => line.Trim().Length > 0)
            .FirstOrDefault(line => line.StartsWith(name + ": "))?[(name.Length + 2)..].Trim();
        return Field("Name") is { } package && Field("Version") is { } version
            ? [new SoftwarePackage("pypi", package.ToLowerInvariant(), version) { License = Field("License-Expression") }]
            : [];
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
