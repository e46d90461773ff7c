using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld copy CONTAINER SOURCE… [DESTINATION]</c>.</summary>
internal sealed class CopyCommand : Command
{
    public override IReadOnlyList<string> Names => ["copy"];

    public override string Summary => "Copy files into a working container";

    public override string Usage => "CONTAINER SOURCE [SOURCE...] [DESTINATION]";

    public override IReadOnlyList<Flag> Flags => [.. CopyFlags.All, new("parents", FlagKind.Boolean, "keep the directories of the sources")];

    public override int Run(CommandLine line) => CopyFlags.Run(line, isAdd: false);
}
