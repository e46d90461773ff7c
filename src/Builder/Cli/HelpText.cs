using System.Text;

using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli;

/// <summary>What <c>--help</c> shows.</summary>
internal static class HelpText
{
    private const int FlagWidth = 28;

    /// <summary>Prints the help of a command, or of the program.</summary>
    public static void Print(Command? command, string? group = null) => Console.Out.Write(command is null ? Program() : Of(command, group));

    private static string Program()
    {
        var text = new StringBuilder("bld builds OCI images without a daemon.\n\nUsage:\n  bld [flags] COMMAND\n\nCommands:\n");
        Commands(text, CommandTable.Shown());
        Flags(text, "\nFlags:\n", GlobalFlags.All);
        return text.Append("\n\"bld COMMAND --help\" and \"bld help COMMAND\" show more of a command.\n").ToString();
    }

    private static string Of(Command command, string? group)
    {
        var name = group is null ? command.Names[0] : $"{group} {command.Names[0]}";
        var text = new StringBuilder(command.Summary).Append("\n\nUsage:\n  bld ").Append(name);
        text.Append(command.Subcommands.Count > 0 ? " COMMAND" : " [flags]").Append(command.Usage.Length > 0 ? " " : "").Append(command.Usage).Append('\n');
        if (command.Names.Count > 1)
        {
            text.Append("\nOther names:\n  ").AppendJoin(", ", command.Names.Skip(1)).Append('\n');
        }

        if (command.Examples.Count > 0)
        {
            text.Append("\nExamples:\n  ").AppendJoin("\n  ", command.Examples).Append('\n');
        }

        if (command.Subcommands.Count > 0)
        {
            text.Append("\nCommands:\n");
            Commands(text, command.Subcommands);
        }

        Flags(text, "\nFlags:\n", command.Flags);
        return text.Append("\nThe flags of \"bld --help\" go with every command.\n").ToString();
    }

    private static void Commands(StringBuilder text, IEnumerable<Command> commands)
    {
        const int NameWidth = 14;
        foreach (var command in commands)
        {
            text.Append("  ").Append(command.Names[0].PadRight(NameWidth)).Append(command.Summary).Append('\n');
        }
    }

    private static void Flags(StringBuilder text, string heading, IEnumerable<Flag> flags)
    {
        foreach (var flag in flags.Where(static flag => !flag.Hidden))
        {
            text.Append(heading).Append("  ").Append(flag.Short is { } letter ? $"-{letter}, " : "    ");
            text.Append(("--" + flag.Name + Value(flag)).PadRight(FlagWidth)).Append(' ').Append(flag.Help).Append('\n');
            heading = "";
        }
    }

    private static string Value(Flag flag) => flag switch
    {
        { Kind: FlagKind.Boolean } => "",
        { Implied: { } } => "[=VALUE]",
        _ => " VALUE",
    };
}
