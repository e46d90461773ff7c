using Bld.Builder.Cli.Documents;
using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld compatibility LIST</c>: prints docs/compatibility.md. For <c>make docs</c>, and hidden from others.</summary>
internal sealed class CompatibilityCommand : Command
{
    public override IReadOnlyList<string> Names => ["compatibility"];

    public override string Summary => "Print what became of the commands and flags of a list";

    public override string Usage => "LIST";

    public override bool IsHidden => true;

    public override int Run(CommandLine line)
    {
        var list = line.Arguments is [var only] ? only : throw new UsageException("bld compatibility takes one argument, the list");
        Console.Out.Write(CompatibilityPage.Write(File.ReadAllText(list)));
        return 0;
    }
}
