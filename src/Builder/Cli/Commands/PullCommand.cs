using Bld.Builder.Cli.Flags;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld pull IMAGE</c>.</summary>
internal sealed class PullCommand : Command
{
    public override IReadOnlyList<string> Names => ["pull"];

    public override string Summary => "Bring an image into the store";

    public override string Usage => "IMAGE";

    public override IReadOnlyList<Flag> Flags =>
    [
        new("platform", FlagKind.Text, "os/architecture[/variant] to choose from an index"),
        new("quiet", FlagKind.Boolean, "print only the id", 'q'),
    ];

    public override int Run(CommandLine line)
    {
        if (line.Arguments.Count != 1)
        {
            throw new UsageException("bld pull takes one argument, the image");
        }

        using var session = Session.Open(line.Flags);
        var platform = line.Flags.Text("platform") is { } text ? Platform.Parse(text) : Platform.Host;
        var pulled = session.Puller.Pull(line.Arguments[0], platform, line.Cancellation);
        Console.Out.Write(pulled.Stored.Id + "\n");
        return 0;
    }
}
