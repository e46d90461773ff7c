using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld add CONTAINER SOURCE… [DESTINATION]</c>.</summary>
internal sealed class AddCommand : Command
{
    public override IReadOnlyList<string> Names => ["add"];

    public override string Summary => "Add files, the contents of archives, URLs and git repositories to a working container";

    public override string Usage => "CONTAINER SOURCE [SOURCE...] [DESTINATION]";

    public override IReadOnlyList<Flag> Flags => CopyFlags.All;

    public override int Run(CommandLine line) => CopyFlags.Run(line, isAdd: true);
}
