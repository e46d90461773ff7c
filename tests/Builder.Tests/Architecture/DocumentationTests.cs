using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Bld.Builder.Tests.Architecture;

/// <summary>What the program reads and what the documentation says of it are the same.</summary>
public sealed partial class DocumentationTests
{
    // What a shell or the program itself sets for its own second start: nobody is meant to set it.
    private static readonly string[] Internal = ["_CONTAINERS_ROOTLESS_UID"];

    [Fact]
    public void Every_environment_variable_that_the_program_reads_is_documented()
    {
        var page = File.ReadAllText(Path.Combine(SourceTree.Root, "docs/environment.md"));
        var read = SourceTree.CSharpFiles("src").SelectMany(static file => Reading().Matches(File.ReadAllText(file)))
            .Select(static match => (match.Groups["own"].Success ? "BLD_" : "") + match.Groups["name"].Value).Distinct(StringComparer.Ordinal).Except(Internal, StringComparer.Ordinal).ToList();

        Assert.Contains("BLD_ROOT", read);
        Assert.Equal([], read.FindAll(name => !page.Contains($"`{name}`", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_event_of_raw_json_is_documented()
    {
        var page = File.ReadAllText(Path.Combine(SourceTree.Root, "docs/rawjson.md"));
        var source = File.ReadAllText(Path.Combine(SourceTree.Root, "src/Builder/Cli/Progress/RawJsonProgress.cs"));
        var events = Event().Matches(source).Select(static match => match.Groups["name"].Value).ToList();

        Assert.Contains("step-looked-up", events);
        Assert.Equal([], events.FindAll(name => !page.Contains($"`{name}`", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_guard_can_still_be_taken_out()
    {
        var patches = Directory.GetFiles(Path.Combine(SourceTree.Root, "tests/guards"), "*.patch");

        Assert.NotEmpty(patches);
        Assert.Equal([], Array.FindAll(patches, static patch => !Applies(patch)).Select(Path.GetFileName));
    }

    private static bool Applies(string patch)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", SourceTree.Root, "apply", "--check", patch]) { UseShellExecute = false })!;
        git.WaitForExit();
        return git.ExitCode == 0;
    }

    [GeneratedRegex("""((?<own>EnvironmentNames\.Get)|GetEnvironmentVariable)\("(?<name>[^"]+)"\)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Reading();

    [GeneratedRegex("""("event", |Begin\(json, )"(?<name>[a-z-]+)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Event();
}
