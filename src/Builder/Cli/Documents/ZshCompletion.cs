using System.Text;

using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Documents;

/// <summary>The completion script for zsh.</summary>
internal static class ZshCompletion
{
    public static string Write()
    {
        var text = new StringBuilder("#compdef bld\n# made by \"bld completion zsh\"\n\n");
        text.Append("_bld_images() { local -a names; names=(${(f)\"$(bld images -n --format '{{.Name}}:{{.Tag}}' 2>/dev/null)\"}); compadd -a names }\n");
        text.Append("_bld_containers() { local -a names; names=(${(f)\"$(bld containers -n --format '{{.ContainerName}}' 2>/dev/null)\"}); compadd -a names }\n");
        text.Append("_bld_both() { _bld_containers; _bld_images }\n\n_bld() {\n    local line state\n    local -a commands\n");
        Commands(text, CommandTable.Shown());
        text.Append("    _arguments -C");
        Flags(text, GlobalFlags.All.Where(static flag => !flag.Hidden));
        text.Append(" \\\n        '1: :->command' \\\n        '*:: :->arguments'\n    case $state in\n        command) _describe command commands ;;\n");
        text.Append("        arguments) case $line[1] in\n");
        foreach (var command in CommandTable.Shown())
        {
            text.Append("            ").AppendJoin('|', command.Names).Append(")\n");
            if (command.Subcommands.Count > 0)
            {
                Group(text, command);
            }
            else
            {
                Arguments(text, new CommandPath(command.Names[0], command));
            }

            text.Append("                ;;\n");
        }

        return text.Append("        esac ;;\n    esac\n}\n\n_bld \"$@\"\n").ToString();
    }

    private static void Group(StringBuilder text, Command command)
    {
        Commands(text, command.Subcommands);
        text.Append("    if (( CURRENT == 2 )); then _describe command commands; return; fi\n    shift words; (( CURRENT-- ))\n    case $words[1] in\n");
        foreach (var member in command.Subcommands)
        {
            text.Append("            ").AppendJoin('|', member.Names).Append(")\n");
            Arguments(text, new CommandPath(member.Names[0], member));
            text.Append("                ;;\n");
        }

        text.Append("    esac\n");
    }

    private static void Arguments(StringBuilder text, CommandPath path)
    {
        text.Append("                _arguments");
        Flags(text, path.Flags);
        text.Append($" \\\n        '*: :{(path.Completes == "files" ? "_files" : "_bld_" + path.Completes)}'\n");
    }

    private static void Commands(StringBuilder text, IEnumerable<Command> commands) =>
        text.Append("    commands=(").AppendJoin(' ', commands.Select(static each => $"'{each.Names[0]}:{Quote(each.Summary)}'")).Append(")\n");

    private static void Flags(StringBuilder text, IEnumerable<Flag> flags)
    {
        foreach (var flag in flags)
        {
            var names = flag.Short is { } letter ? $"{{-{letter},--{flag.Name}}}" : $"--{flag.Name}";
            var many = flag.Kind == FlagKind.List ? "\\*" : "";
            text.Append($" \\\n        {many}{names}'{(flag.TakesWord ? "=" : "")}[{Quote(flag.Help)}]{(flag.TakesWord ? ":value:_files" : "")}'");
        }
    }

    private static string Quote(string text) =>
        text.Replace("'", "'\\''", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal)
            .Replace(":", "\\:", StringComparison.Ordinal);
}
