using System.Globalization;

namespace Bld.Dockerfile;

/// <summary>
/// What an image's history says of an instruction (<c>created_by</c>), in the words of docker build. Words are given as they are after
/// expansion. What makes a layer by a command or by copying ends in <c># buildkit</c>, as people's tools expect it.
/// </summary>
public static class HistoryText
{
    /// <summary>The comment of every entry.</summary>
    public const string Comment = "buildkit.dockerfile.v0";

    private const string Mark = " # buildkit";

    /// <summary><c>RUN |2 a=1 b=2 /bin/sh -c …</c>.</summary>
    /// <param name="arguments">The whole argv, the shell included; a here-document's text is one of them.</param>
    /// <param name="buildArguments">The declared build arguments as the command sees them, those without a value as empty.</param>
    public static string Run(IReadOnlyList<string> arguments, IReadOnlyList<KeyValuePair<string, string>> buildArguments)
    {
        var pairs = string.Concat(buildArguments.Select(static pair => $"{pair.Key}={pair.Value} "));
        var count = buildArguments.Count == 0 ? "" : $"|{buildArguments.Count.ToString(CultureInfo.InvariantCulture)} ";
        return $"RUN {count}{pairs}{string.Join(' ', arguments)}{Mark}";
    }

    /// <summary><c>COPY --chown=a --chmod=0755 a b /c</c>; where files come from is not said.</summary>
    public static string Transfer(TransferInstruction instruction, IEnumerable<string> sources, string destination, string? owner, string? mode)
    {
        List<string> words = [instruction is AddInstruction ? "ADD" : "COPY"];
        if (instruction is CopyInstruction { Parents: true })
        {
            words.Add("--parents");
        }

        if (!string.IsNullOrEmpty(owner))
        {
            words.Add($"--chown={owner}");
        }

        if (!string.IsNullOrEmpty(mode))
        {
            words.Add($"--chmod={mode}");
        }

        return string.Join(' ', words.Concat(sources).Concat(instruction.Heredocs.Select(static heredoc => $"<<{heredoc.Name}")).Append(destination)) + Mark;
    }

    /// <summary><c>ENV a=1 b=2</c>, <c>LABEL …</c>, <c>ARG a b=1</c>; a null value is left out with its equals sign.</summary>
    public static string Pairs(string keyword, IEnumerable<KeyValuePair<string, string?>> pairs) =>
        $"{keyword} {string.Join(' ', pairs.Select(static pair => pair.Value is null ? pair.Key : $"{pair.Key}={pair.Value}"))}";

    /// <summary><c>CMD ["a" "b c"]</c>, <c>ENTRYPOINT …</c>: a list as Go quotes it, without commas.</summary>
    public static string Command(string keyword, IEnumerable<string> arguments) => $"{keyword} {GoText.QuoteList(arguments)}";

    /// <summary><c>EXPOSE [80/tcp 81/tcp]</c>, <c>VOLUME …</c>, <c>SHELL …</c>: a list as Go shows it.</summary>
    public static string List(string keyword, IEnumerable<string> words) => $"{keyword} [{string.Join(' ', words)}]";

    /// <summary><c>WORKDIR /x</c>, <c>USER …</c>, <c>STOPSIGNAL …</c>, <c>MAINTAINER …</c>.</summary>
    public static string Word(string keyword, string word) => $"{keyword} {word}";

    /// <summary>HEALTHCHECK as Go shows its structure: test, interval, timeout, start period, start interval, retries.</summary>
    /// <param name="test">The configuration's Test: <c>CMD-SHELL</c>, <c>CMD</c> or <c>NONE</c> and the command.</param>
    /// <param name="instruction">Its times.</param>
    public static string Healthcheck(IEnumerable<string> test, HealthcheckInstruction instruction)
    {
        var times = string.Join(
            ' ',
            new[] { instruction.Interval, instruction.Timeout, instruction.StartPeriod, instruction.StartInterval }
                .Select(static time => GoText.Quote(GoDuration.Format(time))));
        return $"HEALTHCHECK &{{{GoText.QuoteList(test)} {times} {GoText.QuoteCharacter(instruction.Retries)}}}";
    }
}
