namespace Bld.Dockerfile;

/// <summary>Makes typed instructions of logical lines.</summary>
/// <param name="escape">The file's escape character.</param>
internal sealed partial class InstructionFactory(char escape)
{
    private static readonly string[] Keywords =
    [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "RUN",
        "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ];

    /// <summary>The word that an instruction begins with; the usual ones aren't made anew each time.</summary>
    internal static string KeywordText(ReadOnlySpan<char> word)
    {
        foreach (var keyword in Keywords)
        {
            if (word.SequenceEqual(keyword))
            {
                return keyword;
            }
        }

        return word.ToString();
    }

    /// <summary>Reads an instruction.</summary>
    /// <exception cref="DockerfileException">It is unknown or malformed; the place is the caller's to add.</exception>
    internal Instruction Create(LogicalLine line)
    {
        var raw = LineGrammar.Parse(line.Text);
        var instruction = Create(raw, line);
        instruction.Keyword = raw.Keyword.Text;
        instruction.Span = line.Span;
        instruction.Text = line.Text;
        instruction.Comments = line.Comments;
        instruction.EmptyContinuationLine = line.EmptyContinuation;
        instruction.Heredocs = line.Heredocs;
        instruction.Line = line;
        instruction.Flags = raw.Flags.Count == 0 ? [] : [.. raw.Flags.Select(flag => Flag(flag, line))];
        return instruction;
    }

    private static InstructionFlag Flag(Token token, LogicalLine line)
    {
        var (name, value) = InstructionFlags.Split(token);
        return new InstructionFlag(name, value, line.SpanOf(token));
    }

    private Instruction Create(RawInstruction raw, LogicalLine line)
    {
        var flags = InstructionFlags.Of(raw.Flags);
        var keyword = raw.Keyword.Text.ToUpperInvariant();
        if (keyword is not ("FROM" or "RUN" or "COPY" or "ADD" or "HEALTHCHECK") && Keywords.Contains(keyword))
        {
            // Without flags of its own: that a word was taken for one says more than that there is none left.
            flags.End();
        }

        var instruction = Create(keyword, raw, flags, line);
        flags.End();
        return instruction;
    }

    private Instruction Create(string keyword, RawInstruction raw, InstructionFlags flags, LogicalLine line) => keyword switch
    {
        "FROM" => From(raw, flags),
        "ARG" => Arg(raw),
        "ENV" => Env(raw),
        "LABEL" => Label(raw),
        "MAINTAINER" => new MaintainerInstruction { Name = OneArgument(keyword, raw) },
        "RUN" => Run(raw, flags),
        "COPY" => Copy(raw, flags, line),
        "ADD" => Add(raw, flags, line),
        "CMD" => new CmdInstruction { Command = Command(raw) },
        "ENTRYPOINT" => new EntrypointInstruction { Command = Command(raw) },
        "SHELL" => Shell(raw),
        "WORKDIR" => new WorkdirInstruction { Directory = OneArgument(keyword, raw) },
        "USER" => new UserInstruction { User = OneArgument(keyword, raw) },
        "STOPSIGNAL" => new StopSignalInstruction { Signal = OneArgument(keyword, raw) },
        "EXPOSE" => new ExposeInstruction { Ports = AtLeastOne(keyword, LineGrammar.WordTexts(raw)) },
        "VOLUME" => Volume(raw),
        "HEALTHCHECK" => Healthcheck(raw, flags),
        "ONBUILD" => Onbuild(raw, line),
        _ => throw new DockerfileException(
            $"unknown instruction: {raw.Keyword.Text}{Suggestion.Text(raw.Keyword.Text, Keywords, ignoreCase: true)}", raw.Keyword),
    };

    private static string OneArgument(string keyword, RawInstruction raw) =>
        raw.HasRest ? raw.RestText : throw new DockerfileException($"{keyword} requires exactly one argument");

    private static IReadOnlyList<string> AtLeastOne(string keyword, IReadOnlyList<string> words) =>
        words.Count > 0 ? words : throw new DockerfileException($"{keyword} requires at least one argument");

    // Neither may stand alone, but an empty array is fine: it clears what the base image says.
    private static CommandForm Command(RawInstruction raw) =>
        raw.HasRest
            ? CommandForm.Parse(raw.RestText)
            : throw new DockerfileException($"{raw.Keyword.Text.ToUpperInvariant()} requires at least one argument", raw.Keyword);

    private static ShellInstruction Shell(RawInstruction raw)
    {
        if (!raw.HasRest)
        {
            throw new DockerfileException("SHELL requires at least one argument");
        }

        var words = raw.Array()
            ?? throw new DockerfileException($"SHELL requires the arguments to be in JSON form, such as SHELL [\"/bin/sh\", \"-c\"], not: {raw.RestText}");
        return new ShellInstruction { Arguments = AtLeastOne("SHELL", words) };
    }

    private static VolumeInstruction Volume(RawInstruction raw)
    {
        var paths = raw.Array() ?? LineGrammar.WordTexts(raw);
        return paths.Any(string.IsNullOrWhiteSpace)
            ? throw new DockerfileException("VOLUME specified can not be an empty string")
            : new VolumeInstruction { Paths = AtLeastOne("VOLUME", [.. paths.Select(static path => path.Trim())]) };
    }

    private OnbuildInstruction Onbuild(RawInstruction raw, LogicalLine line)
    {
        if (!raw.HasRest)
        {
            throw new DockerfileException("ONBUILD requires at least one argument");
        }

        var inner = LineGrammar.Parse(raw.Line, raw.Start);
        switch (inner.Keyword.Text.ToUpperInvariant())
        {
            case "ONBUILD":
                throw new DockerfileException("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", raw.Rest);
            case "FROM" or "MAINTAINER":
                throw new DockerfileException($"{inner.Keyword.Text.ToUpperInvariant()} isn't allowed as an ONBUILD trigger", raw.Rest);
        }

        // Made to see its errors now, not when the image is used.
        _ = Create(inner, line);
        var bodies = string.Concat(line.Heredocs.Select(static heredoc => $"\n{heredoc.Content}{heredoc.Name}"));
        return new OnbuildInstruction { Trigger = raw.RestText + bodies };
    }
}
