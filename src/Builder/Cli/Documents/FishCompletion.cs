using System.Text;

using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Documents;

/// <summary>The completion script for fish.</summary>
internal static class FishCompletion
{
    public static string Write()
    {
        var text = new StringBuilder("# fish completion for bld; made by \"bld completion fish\"\ncomplete -c bld -f\n");
        text.Append("function __bld_images; bld images -n --format '{{.Name}}:{{.Tag}}' 2>/dev/null; end\n");
        text.Append("function __bld_containers; bld containers -n --format '{{.ContainerName}}' 2>/dev/null; end\n");
        foreach (var flag in GlobalFlags.All.Where(static flag => !flag.Hidden))
        {
            Append(text, "", flag);
        }

        foreach (var command in CommandTable.Shown())
        {
            text.Append($"complete -c bld -n __fish_use_subcommand -a '{string.Join(' ', command.Names)}' -d '{Quote(command.Summary)}'\n");
            var condition = $"__fish_seen_subcommand_from {string.Join(' ', command.Names)}";
            Of(text, new CommandPath(command.Names[0], command), condition);
            var members = string.Join(' ', command.Subcommands.SelectMany(static member => member.Names));
            foreach (var member in command.Subcommands)
            {
                text.Append($"complete -c bld -n '{condition}; and not __fish_seen_subcommand_from {members}' -a '{string.Join(' ', member.Names)}' -d '{Quote(member.Summary)}'\n");
                Of(text, new CommandPath(member.Names[0], member), $"{condition}; and __fish_seen_subcommand_from {string.Join(' ', member.Names)}");
            }
        }

        return text.ToString();
    }

    private static void Of(StringBuilder text, CommandPath path, string condition)
    {
        foreach (var flag in path.Flags)
        {
            Append(text, condition, flag);
        }

        if (path.Command.Subcommands.Count > 0)
        {
            return;
        }

        text.Append($"complete -c bld -n '{condition}' ").Append(path.Completes switch
        {
            "images" => "-a '(__bld_images)'\n",
            "containers" => "-a '(__bld_containers)'\n",
            "both" => "-a '(__bld_containers; __bld_images)'\n",
            _ => "-F\n",
        });
    }

    private static void Append(StringBuilder text, string condition, Flag flag)
    {
        text.Append("complete -c bld").Append(condition.Length > 0 ? $" -n '{condition}'" : "").Append(" -l ").Append(flag.Name);
        text.Append(flag.Short is { } letter ? $" -s {letter}" : "").Append(flag.TakesWord ? " -r -F" : "").Append($" -d '{Quote(flag.Help)}'\n");
    }

    private static string Quote(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
}
