using Bld.Builder.Cli.Flags;
using Bld.Builder.Cli.Host;
using Bld.Builder.Cli.Templates;
using Bld.Builder.Snapshots;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld info</c>.</summary>
internal sealed class InfoCommand : Command
{
    public override IReadOnlyList<string> Names => ["info"];

    public override string Summary => "Show facts about the machine and the store";

    public override IReadOnlyList<string> Examples => ["bld info", "bld info --format '{{.store.GraphRoot}}'"];

    public override IReadOnlyList<Flag> Flags =>
    [
        new("debug", FlagKind.Boolean, "show facts about the program too", 'd'),
        FormatFlag.Flag,
    ];

    public override bool StopsAtArgument => false;

    public override int Run(CommandLine line)
    {
        if (line.Arguments is [var unknown, ..])
        {
            throw new UsageException($"unknown command \"{unknown}\" for \"bld info\"");
        }

        var format = FormatFlag.Read(line.Flags);
        using var session = Session.Open(line.Flags);
        var facts = new GoMap().Add("host", HostFacts.Read()).Add("store", Store(session, line.Flags));
        if (line.Flags.Boolean("debug"))
        {
            facts.Add("debug", new GoMap()
                .Add("bld version", ThisAssembly.Version)
                .Add("runtime", System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription)
                .Add("executable", Environment.ProcessPath ?? ""));
        }

        FormatFlag.Print(format, facts);
        return 0;
    }

    private static GoMap Store(Session session, ParsedFlags flags) => new GoMap()
        .Add("ContainerStore", new GoMap().Add("number", (long)session.Containers.List().Count))
        .Add("GraphDriverName", session.Snapshots.Driver == StorageDriver.Copy ? "vfs" : "overlay")
        .Add("GraphOptions", GoValues.Texts(flags.List("storage-opt")))
        .Add("GraphRoot", session.State.Root)
        .Add("GraphStatus", new GoMap().Add("Native Overlay Diff", "true"))
        .Add("ImageStore", new GoMap().Add("number", (long)session.Images.List().Count))
        .Add("RunRoot", session.State.RunRoot);
}
