using System.Globalization;

namespace Bld.Dockerfile;

/// <summary>RUN, COPY, ADD and HEALTHCHECK: the instructions with flags.</summary>
internal sealed partial class InstructionFactory
{
    private const long Millisecond = 1_000_000;

    private static RunInstruction Run(RawInstruction raw, InstructionFlags flags)
    {
        var mounts = flags.Texts("mount");
        foreach (var mount in mounts)
        {
            _ = MountFlag.Parse(mount, mayHoldVariables: true);
        }

        var network = flags.Text("network");
        if (network is not (null or "default" or "none" or "host") && !network.Contains('$'))
        {
            throw new DockerfileException(
                $"invalid network mode \"{network}\"{Suggestion.Text(network, ["default", "none", "host"])}: use default, none or host");
        }

        var security = flags.Text("security");
        if (security is not (null or "sandbox" or "insecure") && !security.Contains('$'))
        {
            throw new DockerfileException(
                $"security \"{security}\" is not valid{Suggestion.Text(security, ["sandbox", "insecure"])}: use sandbox or insecure");
        }

        return new RunInstruction
        {
            Command = Command("RUN", raw),
            Mounts = mounts,
            Network = network,
            Security = security,
            Devices = flags.Texts("device"),
        };
    }

    private static CopyInstruction Copy(RawInstruction raw, InstructionFlags flags, LogicalLine line)
    {
        var (sources, destination) = Paths("COPY", raw, line);
        return new CopyInstruction
        {
            Sources = sources,
            Destination = destination,
            From = flags.Text("from"),
            Owner = flags.Text("chown"),
            Mode = flags.Text("chmod"),
            Link = flags.Boolean("link") ?? false,
            Parents = flags.Boolean("parents") ?? false,
            Excludes = flags.Texts("exclude"),
        };
    }

    private static AddInstruction Add(RawInstruction raw, InstructionFlags flags, LogicalLine line)
    {
        var (sources, destination) = Paths("ADD", raw, line);
        return new AddInstruction
        {
            Sources = sources,
            Destination = destination,
            Owner = flags.Text("chown"),
            Mode = flags.Text("chmod"),
            Link = flags.Boolean("link") ?? false,
            Excludes = flags.Texts("exclude"),
            KeepGitDirectory = flags.Boolean("keep-git-dir"),
            Checksum = flags.Text("checksum"),
            Unpack = flags.Boolean("unpack"),
        };
    }

    private static (IReadOnlyList<string> Sources, string Destination) Paths(string keyword, RawInstruction raw, LogicalLine line)
    {
        var words = JsonWords.Parse(raw.Rest.Text) ?? [.. LineGrammar.Words(raw.Rest).Select(static word => word.Text)];
        switch (words.Count)
        {
            case 0:
                throw new DockerfileException($"{keyword} requires at least two arguments");
            case 1:
                throw new DockerfileException(
                    $"{keyword} requires at least two arguments, but only one was provided. Destination could not be determined");
        }

        if (line.Heredocs.Count > 0 && Heredoc.FromWord(words[^1]) is not null)
        {
            throw new DockerfileException($"{keyword} cannot accept a heredoc as a destination");
        }

        var sources = words.SkipLast(1).Where(word => line.Heredocs.Count == 0 || Heredoc.FromWord(word) is null);
        return ([.. sources], words[^1]);
    }

    private static HealthcheckInstruction Healthcheck(RawInstruction raw, InstructionFlags flags)
    {
        var words = LineGrammar.Words(raw.Rest);
        if (words.Count == 0)
        {
            throw new DockerfileException("HEALTHCHECK requires at least one argument");
        }

        var type = words[0].Text.ToUpperInvariant();
        switch (type)
        {
            case "NONE" when words.Count > 1:
                throw new DockerfileException("HEALTHCHECK NONE takes no arguments");
            case "NONE":
                return new HealthcheckInstruction();
            case "CMD" when words.Count == 1:
                throw new DockerfileException("Missing command after HEALTHCHECK CMD");
            case "CMD":
                break;
            default:
                throw new DockerfileException($"Unknown type \"{type}\" in HEALTHCHECK (try CMD)");
        }

        var command = raw.Rest.Text[(words[1].Start - raw.Rest.Start)..];
        return new HealthcheckInstruction
        {
            Command = CommandForm.Parse(command),
            Interval = Interval(flags, "interval"),
            Timeout = Interval(flags, "timeout"),
            StartPeriod = Interval(flags, "start-period"),
            StartInterval = Interval(flags, "start-interval"),
            Retries = Retries(flags),
        };
    }

    private static long Interval(InstructionFlags flags, string name)
    {
        var interval = flags.Text(name) is { } text ? GoDuration.Parse(text) : 0;
        return interval == 0 || interval >= Millisecond ? interval : throw new DockerfileException($"Interval \"{name}\" cannot be less than 1ms");
    }

    private static int Retries(InstructionFlags flags) =>
        flags.Text("retries") is not { Length: > 0 } text ? 0
        : !int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var retries)
            ? throw new DockerfileException($"--retries {text}: not a number")
        : retries >= 0 ? retries
        : throw new DockerfileException($"--retries cannot be negative ({retries})");
}
