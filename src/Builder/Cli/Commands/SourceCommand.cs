namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld source</c>: the commands on source images.</summary>
internal sealed class SourceCommand : Command
{
    public override IReadOnlyList<string> Names => ["source"];

    public override string Summary => "Make, push and pull images of sources";

    public override IReadOnlyList<Command> Subcommands => [new SourceAddCommand(), new SourceCreateCommand(), new SourcePullCommand(), new SourcePushCommand()];

    public override int Run(CommandLine line)
    {
        HelpText.Print(this);
        return 0;
    }
}
