namespace Bld.Dockerfile.Tests;

/// <summary>
/// Folders with a <c>Dockerfile</c> and what is <c>expected</c> of it. With <c>BLD_REWRITE_CORPUS=1</c> in the environment the tests
/// write what came out over what is expected: then read the difference before it is committed.
/// </summary>
internal static class Corpus
{
    private static readonly bool Rewrites = Environment.GetEnvironmentVariable("BLD_REWRITE_CORPUS") == "1";

    internal static TheoryData<string> Cases(string kind)
    {
        var cases = new TheoryData<string>();
        foreach (var folder in Directory.GetDirectories(Folder(kind)).Order(StringComparer.Ordinal))
        {
            cases.Add(Path.GetFileName(folder));
        }

        return cases;
    }

    internal static string Dockerfile(string kind, string name) => File.ReadAllText(Path.Combine(Folder(kind), name, "Dockerfile"));

    internal static string Options(string kind, string name) => Path.Combine(Folder(kind), name, "options");

    internal static void Compare(string kind, string name, string actual)
    {
        var path = Path.Combine(Folder(kind), name, "expected");
        if (Rewrites)
        {
            File.WriteAllText(path, actual);
        }

        Assert.Equal(File.ReadAllText(path), actual);
    }

    // The sources themselves, so that a rewrite lands where it is committed. The compiler's own paths are of no use: CI maps them.
    private static string Folder(string kind)
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Builder.sln")))
        {
            root = Path.GetDirectoryName(root.TrimEnd('/')) ?? throw new DirectoryNotFoundException("no Builder.sln above the tests");
        }

        return Path.Combine(root, "tests", "Dockerfile.Tests", "corpus", kind);
    }
}
