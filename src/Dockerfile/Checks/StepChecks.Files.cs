namespace Bld.Dockerfile.Checks;

/// <summary>COPY, ADD and EXPOSE.</summary>
internal sealed partial class StepChecks
{
    private void Transfer(TransferInstruction transfer)
    {
        var sources = transfer.Sources.Select(source => Expand(transfer, source)).ToList();
        ExpandAll(transfer, [transfer.Destination, transfer.Owner ?? "", transfer.Mode ?? "", (transfer as AddInstruction)?.Checksum ?? ""]);
        foreach (var heredoc in transfer.Heredocs.Where(static heredoc => heredoc.Expands))
        {
            Told(transfer, WordExpander.ExamineText(heredoc.Content, state.Lookup));
        }

        // Docker's rule doesn't look at sources that begin with a slash, but at the root itself.
        if (options.IsIgnored is { } isIgnored && transfer is not CopyInstruction { From: not null })
        {
            foreach (var source in sources.Where(static source => !IsRemote(source)).Select(Cleaned).Where(static source => source is "/" || source[0] != '/'))
            {
                CheckIgnored(transfer, source, isIgnored);
            }
        }
    }

    private void CheckIgnored(TransferInstruction transfer, string source, Func<string, bool> isIgnored)
    {
        if (isIgnored(source is "." or "/" ? CheckOptions.WholeContext : source))
        {
            var verb = transfer is AddInstruction ? "Add" : "Copy";
            warnings.Add(
                CheckRule.CopyIgnoredFile, transfer, $"Attempting to {verb} file {GoText.Quote(source)} that is excluded by .dockerignore");
        }
    }

    private static bool IsRemote(string source) =>
        source.StartsWith("http://") || source.StartsWith("https://") || source.StartsWith("git://")
        || source.StartsWith("ssh://") || source.StartsWith("git@");

    /// <summary>A path without <c>.</c>, <c>..</c>, doubled and final slashes, as far as the text tells.</summary>
    private static string Cleaned(string path)
    {
        var parts = new List<string>();
        var rooted = path.StartsWith('/');
        foreach (var part in path.Split('/'))
        {
            if (part == ".." && parts.Count > 0 && parts[^1] != "..")
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part.Length > 0 && part != "." && !(part == ".." && rooted))
            {
                parts.Add(part);
            }
        }

        var cleaned = string.Join('/', parts);
        return rooted ? $"/{cleaned}" : cleaned.Length == 0 ? "." : cleaned;
    }

    private void Expose(ExposeInstruction expose)
    {
        foreach (var port in expose.Ports.Order(StringComparer.Ordinal).SelectMany(word => WordExpander.ExpandWords(word, state.Lookup, escape)))
        {
            var container = port[(port.LastIndexOf(':') + 1)..];
            if (container.IndexOf('/') is var slash and >= 0 && !Casing.IsLower(container[slash..]))
            {
                warnings.Add(
                    CheckRule.ExposeProtoCasing, expose, $"Defined protocol '{port}' in EXPOSE instruction should be lowercase");
            }

            if (container.Length + 1 < port.Length)
            {
                warnings.Add(
                    CheckRule.ExposeInvalidFormat,
                    expose,
                    $"EXPOSE instruction should not define an IP address or host-port mapping, found '{port}'");
            }
        }
    }
}
