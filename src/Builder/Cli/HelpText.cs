using System.Text;

namespace Bld.Builder.Cli;

/// <summary>What <c>--help</c> shows.</summary>
internal static class HelpText
{
    /// <summary>Prints the help of a command, or of the program.</summary>
    public static void Print(Command? command)
    {
        var text = new StringBuilder();
        if (command is null)
        {
            text.Append("bld builds OCI images without a daemon.\n\nUsage:\n  bld [flags] COMMAND\n\nCommands:\n");
            foreach (var each in CommandTable.All())
            {
                text.Append("  ").Append(each.Names[0].PadRight(12)).Append(each.Summary).Append('\n');
            }
        }
        else
        {
            text.Append(command.Summary).Append("\n\nUsage:\n  bld ").Append(command.Names[0]).Append(" [flags] ").Append(command.Usage);
            var subcommands = command.Subcommands;
            text.Append(subcommands.Count > 0 ? "\n\nCommands:\n" : "");
            foreach (var each in subcommands)
            {
                text.Append("  ").Append(each.Names[0].PadRight(12)).Append(each.Summary).Append('\n');
            }

            text.Append("\n\nFlags:\n");
            foreach (var flag in command.Flags)
            {
                var letter = flag.Short is { } known ? $"-{known}, " : "    ";
                text.Append("  ").Append(letter).Append(("--" + flag.Name).PadRight(24)).Append(flag.Help).Append('\n');
            }
        }

        Console.Out.Write(text.ToString());
    }
}
