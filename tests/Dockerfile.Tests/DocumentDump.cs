using System.Text;

namespace Bld.Dockerfile.Tests;

/// <summary>A document's meaning as text, a line an instruction: what the corpus and the property tests compare.</summary>
internal static class DocumentDump
{
    internal static string Of(DockerfileDocument document)
    {
        var text = new StringBuilder();
        if (document.EscapeCharacter != '\\' || document.Directives.Syntax is not null || document.Directives.Check is not null)
        {
            text.Append($"directives escape={document.EscapeCharacter} syntax={document.Directives.Syntax} check={document.Directives.Check}\n");
        }

        foreach (var instruction in document.GlobalArguments)
        {
            text.Append("global ").Append(Describe(instruction)).Append('\n');
        }

        foreach (var stage in document.Stages)
        {
            text.Append($"stage {stage.Index}{(stage.Name is null ? "" : $" named {stage.Name}")}: {Describe(stage.From)}\n");
            foreach (var instruction in stage.Instructions)
            {
                text.Append("  ").Append(Describe(instruction)).Append('\n');
            }
        }

        return text.ToString();
    }

    internal static string Describe(Instruction instruction)
    {
        var heredocs = string.Concat(instruction.Heredocs.Select(static heredoc =>
            $" {heredoc.Descriptor}<<{(heredoc.StripsTabs ? "-" : "")}{heredoc.Name}{(heredoc.Expands ? "" : " raw")} {GoText.Quote(heredoc.Content)}"));
        var comments = instruction.Comments.Count == 0 ? "" : $" # {string.Join(" | ", instruction.Comments)}";
        return What(instruction) + heredocs + comments;
    }

    private static string What(Instruction instruction) => instruction switch
    {
        FromInstruction from => $"FROM {from.Image}{Flag("platform", from.Platform)}",
        ArgInstruction arg => $"ARG {string.Join(' ', arg.Arguments.Select(static each => each.Default is null ? each.Name : $"{each.Name}={GoText.Quote(each.Default)}"))}",
        EnvInstruction env => $"ENV {Pairs(env.Pairs)}{(env.IsLegacy ? " (legacy)" : "")}",
        LabelInstruction label => $"LABEL {Pairs(label.Pairs)}{(label.IsLegacy ? " (legacy)" : "")}",
        RunInstruction run => "RUN " + Command(run.Command) + Flag("network", run.Network) + Flag("security", run.Security)
            + string.Concat(run.Mounts.Select(static mount => Flag("mount", mount)))
            + string.Concat(run.Devices.Select(static device => Flag("device", device)))
            + (run.IsLoneHeredoc ? " (lone)" : ""),
        CopyInstruction copy => $"COPY {Transfer(copy)}{Flag("from", copy.From)}{(copy.Parents ? " parents" : "")}",
        AddInstruction add => $"ADD {Transfer(add)}{Flag("checksum", add.Checksum)}{Flag("keep-git-dir", add.KeepGitDirectory?.ToString())}{Flag("unpack", add.Unpack?.ToString())}",
        CmdInstruction cmd => $"CMD {Command(cmd.Command)}",
        EntrypointInstruction entrypoint => $"ENTRYPOINT {Command(entrypoint.Command)}",
        ShellInstruction shell => $"SHELL {GoText.QuoteList(shell.Arguments)}",
        WorkdirInstruction workdir => $"WORKDIR {GoText.Quote(workdir.Directory)}",
        UserInstruction user => $"USER {GoText.Quote(user.User)}",
        StopSignalInstruction signal => $"STOPSIGNAL {GoText.Quote(signal.Signal)}",
        ExposeInstruction expose => $"EXPOSE {GoText.QuoteList(expose.Ports)}",
        VolumeInstruction volume => $"VOLUME {GoText.QuoteList(volume.Paths)}",
        HealthcheckInstruction { Command: null } => "HEALTHCHECK NONE",
        HealthcheckInstruction check =>
            $"HEALTHCHECK {Command(check.Command)} {check.Interval}/{check.Timeout}/{check.StartPeriod}/{check.StartInterval}/{check.Retries}",
        OnbuildInstruction onbuild => $"ONBUILD {GoText.Quote(onbuild.Trigger)}",
        MaintainerInstruction maintainer => $"MAINTAINER {GoText.Quote(maintainer.Name)}",
        _ => throw new InvalidOperationException(instruction.Keyword),
    };

    private static string Transfer(TransferInstruction transfer) =>
        $"{GoText.QuoteList(transfer.Sources)} to {GoText.Quote(transfer.Destination)}{Flag("chown", transfer.Owner)}{Flag("chmod", transfer.Mode)}"
        + (transfer.Link ? " link" : "") + string.Concat(transfer.Excludes.Select(static pattern => Flag("exclude", pattern)));

    private static string Command(CommandForm command) =>
        command.IsShell ? $"shell {GoText.Quote(command.Text)}" : $"exec {GoText.QuoteList(command.Arguments)}";

    private static string Pairs(IEnumerable<WordPair> pairs) =>
        string.Join(' ', pairs.Select(static pair => $"{GoText.Quote(pair.Name)}={GoText.Quote(pair.Value)}"));

    private static string Flag(string name, string? value) => value is null ? "" : $" {name}={GoText.Quote(value)}";
}
