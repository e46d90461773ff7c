using System.Text;

using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.Documents;

/// <summary>Manual pages in roff, of the tables that the help is made of.</summary>
internal static class ManualPage
{
    /// <summary>Every page: its file's name and its text.</summary>
    public static IEnumerable<(string File, string Text)> All()
    {
        yield return ("bld.1", Program());
        foreach (var path in CommandPath.All())
        {
            yield return ($"{Name(path)}.1", Of(path));
        }
    }

    private static string Name(CommandPath path) => "bld-" + path.Words.Replace(' ', '-');

    private static string Program()
    {
        var text = Begin("bld", "build OCI images without a daemon", "\\fBbld\\fP [flags] \\fICOMMAND\\fP");
        text.Append(".SH DESCRIPTION\nbld makes container images of Dockerfiles, or step by step, and runs what they need itself: no daemon, no other runtime. "
            + "Its commands and flags are those of Buildah.\n.SH COMMANDS\n");
        foreach (var path in CommandPath.All())
        {
            text.Append(".TP\n\\fB").Append(Escape(path.Words)).Append("\\fP\n").Append(Escape(path.Command.Summary)).Append(".\n");
        }

        Flags(text, GlobalFlags.All);
        text.Append(".SH EXIT STATUS\n0 when all went well; 125 for an error of bld's own; the status of the command for \\fBrun\\fP and for a failed RUN of \\fBbuild\\fP.\n");
        return text.ToString();
    }

    private static string Of(CommandPath path)
    {
        var usage = $"\\fBbld {Escape(path.Words)}\\fP [flags] {Escape(path.Command.Usage)}".TrimEnd();
        var text = Begin(Name(path), path.Command.Summary, usage);
        if (path.Command.Names.Count > 1)
        {
            text.Append(".SH OTHER NAMES\n").AppendJoin(", ", path.Command.Names.Skip(1).Select(Escape)).Append('\n');
        }

        foreach (var member in path.Command.Subcommands)
        {
            text.Append(".TP\n\\fB").Append(Escape(member.Names[0])).Append("\\fP\n").Append(Escape(member.Summary)).Append(".\n");
        }

        Flags(text, path.Command.Flags);
        if (path.Command.Examples.Count > 0)
        {
            text.Append(".SH EXAMPLES\n.nf\n").AppendJoin('\n', path.Command.Examples.Select(Escape)).Append("\n.fi\n");
        }

        return text.Append(".SH SEE ALSO\n\\fBbld\\fP(1)\n").ToString();
    }

    private static StringBuilder Begin(string name, string summary, string usage) => new StringBuilder()
        .Append($".TH {name.ToUpperInvariant()} 1 \"\" \"bld {ThisAssembly.Version}\"\n.nh\n.SH NAME\n{Escape(name)} \\- {Escape(summary)}\n.SH SYNOPSIS\n{usage}\n");

    private static void Flags(StringBuilder text, IEnumerable<Flag> flags)
    {
        var shown = flags.Where(static flag => !flag.Hidden).ToList();
        text.Append(shown.Count > 0 ? ".SH OPTIONS\n" : "");
        foreach (var flag in shown)
        {
            text.Append(".TP\n");
            text.Append(flag.Short is { } letter ? $"\\fB\\-{letter}\\fP, " : "").Append("\\fB\\-\\-").Append(Escape(flag.Name)).Append("\\fP");
            text.Append(flag.Kind == FlagKind.Boolean ? "" : flag.Implied is null ? " \\fIVALUE\\fP" : "[=\\fIVALUE\\fP]").Append('\n');
            text.Append(Escape(char.ToUpperInvariant(flag.Help[0]) + flag.Help[1..])).Append(".\n");
        }
    }

    // A dash is a hyphen to roff, and a line that begins with a dot or a quote is a request.
    private static string Escape(string text)
    {
        text = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return text.StartsWith('.') || text.StartsWith('\'') ? "\\&" + text : text;
    }
}
