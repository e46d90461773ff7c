using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Documents;

/// <summary>One command with all the words of its name.</summary>
/// <param name="Words">Such as <c>manifest add</c>.</param>
/// <param name="Command">The command.</param>
internal sealed record CommandPath(string Words, Command Command)
{
    /// <summary>Every command that people are shown, groups before their members, in the order of the table.</summary>
    public static IEnumerable<CommandPath> All()
    {
        foreach (var command in CommandTable.Shown())
        {
            yield return new CommandPath(command.Names[0], command);
            foreach (var member in command.Subcommands)
            {
                yield return new CommandPath($"{command.Names[0]} {member.Names[0]}", member);
            }
        }
    }

    /// <summary>Its flags that people are shown.</summary>
    public IEnumerable<Flag> Flags => Command.Flags.Where(static flag => !flag.Hidden);

    /// <summary>What its arguments name.</summary>
    public string Completes =>
        Command.Usage.Contains("CONTAINER", StringComparison.Ordinal) ? Command.Usage.Contains("IMAGE", StringComparison.Ordinal) ? "both" : "containers"
        : Command.Usage.Contains("IMAGE", StringComparison.Ordinal) ? "images"
        : "files";
}
