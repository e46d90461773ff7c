using System.Globalization;

namespace Bld.Dockerfile;

/// <summary>RUN, COPY, ADD and HEALTHCHECK: the instructions with flags.</summary>
internal sealed partial class InstructionFactory
{
    private const long Millisecond = 1_000_000;

    private static readonly string[] NetworkModes = ["default", "none", "host"];

    private static readonly string[] SecurityModes = ["sandbox", "insecure"];

    private static RunInstruction Run(RawInstruction raw, InstructionFlags flags)
    {
        var mounts = flags.Each("mount");
        foreach (var (value, token) in mounts)
        {
            At(token, () => MountFlag.Parse(value, mayHoldVariables: true));
        }

        var run = new RunInstruction
        {
            Command = Command(raw),
            Mounts = mounts.Count == 0 ? [] : [.. mounts.Select(static mount => mount.Value)],
            Network = flags.Text("network"),
            Security = flags.Text("security"),
            Devices = flags.Texts("device"),
        };
        CheckWord(raw, run.Network, NetworkModes, static word => $"invalid network mode \"{word}\"");
        CheckWord(raw, run.Security, SecurityModes, static word => $"security \"{word}\" is not valid");
        return run.Command is { IsShell: false, Arguments.Count: 0 }
            ? throw new DockerfileException("RUN requires at least one argument", raw.Rest)
            : run;
    }

    private static void CheckWord(RawInstruction raw, string? word, string[] known, Func<string, string> complaint)
    {
        if (word is null || known.Contains(word) || word.Contains('$'))
        {
            return;
        }

        var flag = raw.Flags.First(each => InstructionFlags.Split(each).Value == word);
        throw new DockerfileException($"{complaint(word)}{Suggestion.Text(word, known)}: it can be {string.Join(" or ", known)}", flag);
    }

    private static void At(Token token, Action parse)
    {
        try
        {
            parse();
        }
        catch (DockerfileException exception)
        {
            throw new DockerfileException(exception.Message, token);
        }
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
        var words = raw.Array() ?? LineGrammar.WordTexts(raw);
        if (words.Count < 2)
        {
            throw new DockerfileException(
                $"{keyword} requires at least two arguments, but {(words.Count == 0 ? "none" : "only one")} was provided. "
                + "Destination could not be determined");
        }

        if (line.Heredocs.Count == 0)
        {
            return (AllButLast(words), words[^1]);
        }

        return Heredoc.FromWord(words[^1]) is null
            ? ([.. words.SkipLast(1).Where(static word => Heredoc.FromWord(word) is null)], words[^1])
            : throw new DockerfileException($"{keyword} cannot accept a heredoc as a destination", LineGrammar.Words(raw)[^1]);
    }

    private static string[] AllButLast(IReadOnlyList<string> words)
    {
        var first = new string[words.Count - 1];
        for (var i = 0; i < first.Length; i++)
        {
            first[i] = words[i];
        }

        return first;
    }

    private static HealthcheckInstruction Healthcheck(RawInstruction raw, InstructionFlags flags)
    {
        var words = LineGrammar.Words(raw);
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
                flags.Ignore();
                return new HealthcheckInstruction();
            case "CMD" when words.Count == 1:
                throw new DockerfileException("Missing command after HEALTHCHECK CMD");
            case "CMD":
                break;
            default:
                throw new DockerfileException($"Unknown type \"{type}\" in HEALTHCHECK (try CMD)");
        }

        var command = CommandForm.Parse(raw.Line[words[1].Start..]);
        if (command is { IsShell: false, Arguments.Count: 0 })
        {
            throw new DockerfileException("Missing command after HEALTHCHECK CMD");
        }

        return new HealthcheckInstruction
        {
            Command = command,
            Interval = Interval(flags, "interval"),
            Timeout = Interval(flags, "timeout"),
            StartPeriod = Interval(flags, "start-period"),
            StartInterval = Interval(flags, "start-interval"),
            Retries = Retries(flags),
        };
    }

    private static long Interval(InstructionFlags flags, string name) => flags.Value(name, 0L, text =>
    {
        var interval = GoDuration.Parse(text);
        return interval is 0 or >= Millisecond
            ? interval
            : throw new DockerfileException($"Interval {GoText.Quote(name)} cannot be less than 1ms");
    });

    private static int Retries(InstructionFlags flags) => flags.Value("retries", 0, static text =>
        !int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var retries)
            ? throw new DockerfileException($"--retries {GoText.Quote(text)}: invalid syntax: it has to be a number")
        : retries >= 0 ? retries
        : throw new DockerfileException($"--retries cannot be negative ({retries})"));
}
