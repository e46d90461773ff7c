using Bld.Builder.Cli.Templates;
using Bld.Builder.Engine;
using Bld.Dockerfile;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld bud --call outline</c>: what a build can be given, in tables, and builds nothing.</summary>
internal static class OutlinePrint
{
    /// <summary>Prints the target, its arguments, secrets and SSH agents.</summary>
    /// <exception cref="DockerfileException">The file can't be parsed, or a word in it can't be expanded.</exception>
    public static int Print(BuildRequest request)
    {
        var document = DockerfileParser.Parse(request.DockerfileText, request.DockerfileName);
        var outline = BuildOutline.Of(request, document);
        var target = outline.Target;
        List<List<string[]>> tables =
        [
            [["TARGET:", target.Name ?? "default"], ["DESCRIPTION:", target.Name is { } name ? BuildOutline.Description(document, target.From.Span, name) : ""]],
            [["BUILD ARG", "VALUE", "DESCRIPTION"], .. outline.Arguments.Select(static each => new[] { each.Name, each.Value, each.Description })],
            [["SECRET", "REQUIRED"], .. outline.Secrets.Select(Row)],
            [["SSH", "REQUIRED"], .. outline.Agents.Select(Row)],
        ];
        tables[0].RemoveAll(static row => row[1].Length == 0);
        var text = string.Join('\n', tables.Where((table, i) => i == 0 || table.Count > 1).Select(TextColumns.Render));
        Console.Out.Write(string.Join('\n', text.Split('\n').Select(static line => line.TrimEnd())));
        return 0;
    }

    private static string[] Row(OutlineMount mount) => [mount.Id, mount.IsRequired ? "true" : "false"];
}
