using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Progress;
using Bld.Builder.Engine.Inspection;
using Bld.Builder.Store;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld tree IMAGE [PATH]</c>: the files of an image with their sizes and the instructions that made them.</summary>
internal sealed class TreeCommand : Command
{
    public override IReadOnlyList<string> Names => ["tree"];

    public override string Summary => "Show the files of an image, their sizes, and which instruction made them";

    public override string Usage => "IMAGE [PATH]";

    public override IReadOnlyList<Flag> Flags => [new("depth", FlagKind.Text, "how many directories deep (default 2; 0 for all)")];

    public override bool StopsAtArgument => false;

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count is < 1 or > 2)
        {
            throw new UsageException("bld tree takes an image and, if wanted, a path in it");
        }

        const int DefaultDepth = 2;
        using var session = Session.Open(line.Flags);
        var contents = LayersCommand.Read(session, line.Arguments[0], line.Cancellation);
        var path = line.Arguments.Count > 1 ? line.Arguments[1] : "/";
        var node = contents.Find(path) ?? throw new BuildException($"there is no {path} in {line.Arguments[0]}");
        var depth = (int)(line.Flags.Number("depth") ?? DefaultDepth);
        Console.Out.Write($"{TransferBars.Bytes(node.Total()),9}  {path}{Origin(contents, node)}\n");
        Print(contents, node, "", depth == 0 ? int.MaxValue : depth);
        return 0;
    }

    private static void Print(ImageContents contents, FileNode node, string indent, int depth)
    {
        var children = (node.Children?.Values ?? Enumerable.Empty<FileNode>())
            .Select(static child => (Child: child, Total: child.Total())).OrderByDescending(static each => each.Total).ThenBy(static each => each.Child.Name, StringComparer.Ordinal).ToList();
        for (var i = 0; i < children.Count; i++)
        {
            var (child, total) = children[i];
            var isLast = i == children.Count - 1;
            var name = child.Link is { } link ? $"{child.Name} → {link}" : child.Children is null ? child.Name : child.Name + "/";
            Console.Out.Write($"{TransferBars.Bytes(total),9}  {indent}{(isLast ? "└─ " : "├─ ")}{name}{Origin(contents, child)}\n");
            if (depth > 1)
            {
                Print(contents, child, indent + (isLast ? "   " : "│  "), depth - 1);
            }
        }
    }

    private static string Origin(ImageContents contents, FileNode node) =>
        node.Name.Length == 0 || contents.Layers.Count == 0 ? "" : $"  [{node.Layer + 1}: {LayersCommand.Shorten(contents.Layers[node.Layer].CreatedBy)}]";
}
