using Bld.Builder.Cli.Documents;
using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Commands;

/// <summary><c>bld completion SHELL</c>.</summary>
internal sealed class CompletionCommand : Command
{
    public override IReadOnlyList<string> Names => ["completion"];

    public override string Summary => "Print a completion script for a shell";

    public override string Usage => "bash|zsh|fish";

    public override IReadOnlyList<string> Examples => ["source <(bld completion bash)", "bld completion zsh > /usr/share/zsh/site-functions/_bld"];

    public override int Run(CommandLine line)
    {
        Console.Out.Write(line.Arguments switch
        {
            ["bash"] => BashCompletion.Write(),
            ["zsh"] => ZshCompletion.Write(),
            ["fish"] => FishCompletion.Write(),
            _ => throw new UsageException("bld completion takes one argument: bash, zsh or fish"),
        });
        return 0;
    }
}
