using System.Text;

using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Documents;

/// <summary>The completion script for bash. It asks <c>bld</c> only for names of images and containers.</summary>
internal static class BashCompletion
{
    public static string Write()
    {
        var text = new StringBuilder("# bash completion for bld; made by \"bld completion bash\"\n_bld() {\n");
        text.Append("    local word=${COMP_WORDS[COMP_CWORD]} command= flags arguments i\n");
        text.Append("    for ((i = 1; i < COMP_CWORD; i++)); do\n        case ${COMP_WORDS[i]} in\n");
        text.Append("            ").Append(string.Join('|', GlobalFlags.All.Where(static flag => flag is { TakesWord: true, Hidden: false }).Select(static flag => "--" + flag.Name))).Append(") ((i++)) ;;\n");
        text.Append("            -*) ;;\n            *) command=${COMP_WORDS[i]}; break ;;\n        esac\n    done\n");
        text.Append("    case \"$command ${COMP_WORDS[i+1]}\" in\n");
        foreach (var path in CommandPath.All().Where(static path => path.Words.Contains(' ')))
        {
            Append(text, path, $"\"{path.Words}\"");
        }

        text.Append("        *) case $command in\n");
        foreach (var path in CommandPath.All().Where(static path => !path.Words.Contains(' ')))
        {
            Append(text, path, string.Join('|', path.Command.Names));
        }

        var commands = string.Join(' ', CommandTable.Shown().SelectMany(static command => command.Names));
        text.Append($"            *) flags=\"{Flags(GlobalFlags.All.Where(static flag => !flag.Hidden))}\" arguments=\"{commands} help\" ;;\n        esac ;;\n    esac\n");
        text.Append("""
                case $word in
                    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
                    *) case $arguments in
                        images) arguments=$(bld images -n --format '{{.Name}}:{{.Tag}}' 2>/dev/null) ;;
                        containers) arguments=$(bld containers -n --format '{{.ContainerName}}' 2>/dev/null) ;;
                        both) arguments=$(bld containers -n --format '{{.ContainerName}}' 2>/dev/null; bld images -n --format '{{.Name}}:{{.Tag}}' 2>/dev/null) ;;
                        files) COMPREPLY=($(compgen -f -- "$word")); return ;;
                    esac
                    COMPREPLY=($(compgen -W "$arguments" -- "$word"))
                    type __ltrim_colon_completions >/dev/null 2>&1 && __ltrim_colon_completions "$word" ;;
                esac
            }
            complete -o default -F _bld bld

            """);
        return text.ToString();
    }

    private static void Append(StringBuilder text, CommandPath path, string pattern)
    {
        var arguments = path.Command.Subcommands.Count > 0
            ? string.Join(' ', path.Command.Subcommands.SelectMany(static member => member.Names))
            : path.Completes;
        text.Append("            ").Append(pattern).Append($") flags=\"{Flags(path.Flags)} --help\" arguments=\"{arguments}\" ;;\n");
    }

    private static string Flags(IEnumerable<Flag> flags) =>
        string.Join(' ', flags.SelectMany(static flag => flag.Short is { } letter ? new[] { "--" + flag.Name, "-" + letter } : ["--" + flag.Name]));
}
