using System.Reflection;

using Bld.Dockerfile;
using Bld.Registry;
using Bld.Runtime;

namespace Bld.Builder.Tests.Architecture;

/// <summary>Dependencies go one way: between the assemblies, and between the folders of Builder.</summary>
public sealed class DependencyTests
{
    // What each folder of Builder may use of the others; the order is that of docs/architecture.md.
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Store"] = [],
        ["Layers"] = ["Store", "Snapshots"],
        ["Snapshots"] = ["Store"],
        ["Context"] = ["Store", "Snapshots"],
        ["Copy"] = ["Store", "Snapshots", "Layers", "Context"],
        ["Cache"] = ["Store", "Snapshots"],
        ["Engine"] = ["Store", "Snapshots", "Layers", "Context", "Copy", "Cache"],
        ["Cli"] = ["Store", "Snapshots", "Layers", "Context", "Copy", "Cache", "Engine"],
        ["RuntimeProgram"] = ["Cli"],
    };

    public static TheoryData<string, string[]> Leaves => new()
    {
        { typeof(DockerfileDocument).Assembly.GetName().Name!, ["Sprache"] },
        { typeof(Digest).Assembly.GetName().Name!, ["Microsoft.Extensions", "Polly"] },
        { typeof(Container).Assembly.GetName().Name!, [] },
    };

    [Theory]
    [MemberData(nameof(Leaves))]
    public void A_leaf_project_uses_only_its_own_packages(string assembly, string[] packages)
    {
        var strangers = Assembly.Load(assembly).GetReferencedAssemblies()
            .Select(static reference => reference.Name!)
            .Where(name => !IsFramework(name) && !packages.Any(package => name.StartsWith(package, StringComparison.Ordinal)));

        Assert.Empty(strangers);
    }

    [Fact]
    public void A_folder_of_Builder_uses_only_the_folders_below_it()
    {
        var wrong = new List<string>();
        foreach (var file in SourceTree.CSharpFiles("src/Builder"))
        {
            var folder = SourceTree.Relative(file).Split('/')[2];
            if (!Allowed.TryGetValue(folder, out var allowed))
            {
                continue;
            }

            foreach (var used in UsedFolders(file).Where(used => used != folder && !allowed.Contains(used)))
            {
                wrong.Add($"{SourceTree.Relative(file)} uses {used}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_folder_of_Builder_has_its_place_in_the_order()
    {
        var folders = SourceTree.CSharpFiles("src/Builder").Select(static file => SourceTree.Relative(file).Split('/')[2]).Where(static name => !name.EndsWith(".cs", StringComparison.Ordinal));
        Assert.Empty(folders.Distinct().Except(Allowed.Keys));
    }

    [Theory]
    [InlineData("Dockerfile")]
    [InlineData("Registry")]
    [InlineData("Runtime")]
    [InlineData("Builder")]
    public void No_type_has_the_last_word_of_a_namespace_as_its_name(string word)
    {
        string[] kinds = [$"class {word}", $"record {word}", $"struct {word}", $"enum {word}", $"interface {word}"];
        var wrong = SourceTree.CSharpFiles("src").Where(file => File.ReadLines(file).Any(line => kinds.Any(kind => EndsAsWord(line, kind))));
        Assert.Empty(wrong.Select(SourceTree.Relative));
    }

    [Fact]
    public void No_source_file_is_longer_than_four_hundred_lines()
    {
        const int Limit = 400;
        Assert.Empty(SourceTree.CSharpFiles("src").Where(static file => File.ReadLines(file).Count() > Limit).Select(SourceTree.Relative));
    }

    // The framework's own assemblies have two first names.
    private static bool IsFramework(string name) =>
        name.StartsWith("System", StringComparison.Ordinal) || name.StartsWith("Microsoft.Win32", StringComparison.Ordinal);

    private static IEnumerable<string> UsedFolders(string file) =>
        File.ReadLines(file)
            .Where(static line => line.StartsWith("using Bld.Builder.", StringComparison.Ordinal))
            .Select(static line => line["using Bld.Builder.".Length..].TrimEnd(';').Split('.')[0])
            .Distinct();

    private static bool EndsAsWord(string line, string kind)
    {
        var at = line.IndexOf(kind, StringComparison.Ordinal);
        return at >= 0 && (at + kind.Length == line.Length || !char.IsLetterOrDigit(line[at + kind.Length]));
    }
}
