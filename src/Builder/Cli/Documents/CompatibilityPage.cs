using System.Text;

using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Documents;

/// <summary>
/// docs/compatibility.md: each command and flag of Buildah, and what became of it here. The list of what Buildah has is docs/buildah.txt;
/// what we have are the tables that the program itself reads, so the page can't say what isn't so.
/// </summary>
internal static class CompatibilityPage
{
    private const string Accepted = "accepted";
    private const string Refused = "refused";

    /// <summary>Writes the page.</summary>
    /// <param name="list">Lines <c>command: flag flag …</c>; <c>(global)</c> for the flags of all commands. Lines with # are left out.</param>
    public static string Write(string list)
    {
        var theirs = list.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(static line => line[0] != '#').Select(static line => line.Split(':', 2))
            .ToDictionary(static parts => parts[0], static parts => parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
        var text = new StringBuilder("""
            # Compatibility with Buildah

            Every command and every flag that Buildah documents (up to 1.44), and what `bld` does with it. With `alias buildah=bld` scripts run
            as they are. This page is made by `make docs` from the tables that the program reads its command line with, and a test holds it to
            them. *Works* means what Buildah's manual says; *accepted* means that the flag may be given and changes nothing, for the reason
            given; *not there* means a clear error.


            """);
        Summary(text, theirs);
        foreach (var (name, flags) in theirs)
        {
            if (name == "(global)")
            {
                Section(text, "Flags of all commands", flags, GlobalFlags.All);
            }
            else if (Find(name) is { } command)
            {
                Section(text, $"bld {name}", flags, [.. command.Flags, .. GlobalFlags.All]);
            }
        }

        OwnCommands(text, theirs.Keys);
        return text.ToString();
    }

    private static void Summary(StringBuilder text, Dictionary<string, string[]> theirs)
    {
        text.Append("| command | state | other names |\n|---|---|---|\n");
        foreach (var name in theirs.Keys.Where(static name => name != "(global)"))
        {
            var command = Find(name);
            var state = command is null ? "not there" : command.Summary.StartsWith("Refused", StringComparison.Ordinal) ? "not there: " + command.Summary["Refused: ".Length..] : "works";
            text.Append($"| {name} | {state} | {string.Join(", ", command?.Names.Where(other => !name.EndsWith(other, StringComparison.Ordinal)) ?? [])} |\n");
        }

        text.Append('\n');
    }

    private static void Section(StringBuilder text, string title, string[] theirs, IReadOnlyList<Flag> ours)
    {
        text.Append($"## {title}\n\n");
        if (theirs.Length > 0)
        {
            text.Append("| flag | state | |\n|---|---|---|\n");
            foreach (var name in theirs)
            {
                var flag = ours.FirstOrDefault(each => each.Answers(name));
                text.Append($"| `--{name}` | {State(flag)} | {Remark(flag)} |\n");
            }

            text.Append('\n');
        }

        var more = ours.Where(flag => !GlobalFlags.All.Contains(flag) && !Array.Exists(theirs, flag.Answers)).Select(static flag => $"`--{flag.Name}`").ToList();
        text.Append(more.Count > 0 ? $"Only here: {string.Join(", ", more)}.\n\n" : "");
    }

    private static string State(Flag? flag) =>
        flag is null || flag.Help.StartsWith(Refused, StringComparison.Ordinal) ? "not there"
        : flag.Help.StartsWith(Accepted, StringComparison.Ordinal) ? "accepted"
        : "works";

    private static string Remark(Flag? flag)
    {
        if (flag is null)
        {
            return "";
        }

        var isSpecial = State(flag) != "works";
        var colon = flag.Help.IndexOf(':', StringComparison.Ordinal);
        return (isSpecial && colon > 0 ? flag.Help[(colon + 2)..] : isSpecial ? flag.Help : "").Replace("|", "\\|", StringComparison.Ordinal);
    }

    private static void OwnCommands(StringBuilder text, IEnumerable<string> theirs)
    {
        text.Append("## Commands that only bld has\n\n");
        foreach (var path in CommandPath.All().Where(path => path.Command.Names.All(name => !theirs.Contains(path.Words.Replace(path.Command.Names[0], name, StringComparison.Ordinal)))))
        {
            text.Append($"- `bld {path.Words}`: {path.Command.Summary}.\n");
        }
    }

    private static Command? Find(string name)
    {
        var words = name.Split(' ');
        var command = CommandTable.All().FirstOrDefault(each => each.Names.Contains(words[0]));
        return words.Length == 1 ? command : command?.Subcommands.FirstOrDefault(each => each.Names.Contains(words[1]));
    }
}
