using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Images;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld manifest inspect NAME</c>: the document of a list, or of an image, of the store or a registry.</summary>
internal sealed class ManifestInspectCommand : Command
{
    public override IReadOnlyList<string> Names => ["inspect"];

    public override string Summary => "Show a list, of the store or of a registry";

    public override string Usage => "LIST";

    public override bool StopsAtArgument => false;

    public override IReadOnlyList<Flag> Flags => [.. RegistryFlags.All];

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count != 1)
        {
            throw new UsageException($"accepts 1 arg(s), received {line.Arguments.Count}: bld manifest inspect LIST");
        }

        using var session = Session.Open(line.Flags);
        var name = line.Arguments[0];
        var content = session.Lists.Find(name) is { } list
            ? session.Images.ReadManifest(list)
            : session.Transports.ReadDocument(name, line.Cancellation).Content;
        Console.Out.Write(ManifestLists.Pretty(content) + "\n");
        return 0;
    }
}
