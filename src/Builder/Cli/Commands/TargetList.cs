using Bld.Builder.Engine;
using Bld.Dockerfile;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld bud --call targets</c>: what <c>--target</c> can name, and builds nothing.</summary>
internal static class TargetList
{
    /// <summary>Prints a line for each stage, with what the comment above it says when that begins with the stage's name.</summary>
    /// <exception cref="DockerfileException">The file can't be parsed.</exception>
    public static int Print(BuildRequest request)
    {
        var document = DockerfileParser.Parse(request.DockerfileText, request.DockerfileName);
        var rows = document.Stages.Select(stage => (Name: Shown(stage, document.Stages.Count), Text: stage.Name is { } name ? BuildOutline.Description(document, stage.From.Span, name) : "")).Prepend((Name: "TARGET", Text: "DESCRIPTION")).ToList();
        var width = rows.Max(static row => row.Name.Length);
        Console.Out.Write(string.Concat(rows.Select(row => $"{row.Name.PadRight(width)}  {row.Text}".TrimEnd() + "\n")));
        return 0;
    }

    private static string Shown(Stage stage, int count) => (stage.Name ?? $"{stage.Index}") + (stage.Index == count - 1 ? " (default)" : "");
}
