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

    /// <summary>Reads an instruction.</summary>
    /// <exception cref="DockerfileException">It is unknown or malformed; the place is the caller's to add.</exception>
    internal Instruction Create(LogicalLine line)
    {
        var raw = LineGrammar.Parse(line.Text);
        var flags = new InstructionFlags(raw.Flags);
        var instruction = Create(raw.Keyword.Text.ToUpperInvariant(), raw, flags, line);
        flags.End();
        instruction.Keyword = raw.Keyword.Text;
        instruction.Span = line.Span;
        instruction.Text = line.Text;
        instruction.Comments = line.Comments;
        instruction.HasEmptyContinuation = line.HasEmptyContinuation;
        instruction.Heredocs = line.Heredocs;
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
        "CMD" => new CmdInstruction { Command = CommandForm.Parse(raw.Rest.Text) },
        "ENTRYPOINT" => new EntrypointInstruction { Command = Command(keyword, raw) },
        "SHELL" => Shell(raw),
        "WORKDIR" => new WorkdirInstruction { Directory = OneArgument(keyword, raw) },
        "USER" => new UserInstruction { User = OneArgument(keyword, raw) },
        "STOPSIGNAL" => new StopSignalInstruction { Signal = OneArgument(keyword, raw) },
        "EXPOSE" => new ExposeInstruction { Ports = AtLeastOne(keyword, [.. LineGrammar.Words(raw.Rest).Select(static word => word.Text)]) },
        "VOLUME" => Volume(raw),
        "HEALTHCHECK" => Healthcheck(raw, flags),
        "ONBUILD" => Onbuild(raw, line),
        _ => throw new DockerfileException($"unknown instruction: {raw.Keyword.Text}{Suggestion.Text(raw.Keyword.Text, Keywords)}"),
    };

    private static string OneArgument(string keyword, RawInstruction raw) =>
        raw.Rest.Text.Length > 0 ? raw.Rest.Text : throw new DockerfileException($"{keyword} requires exactly one argument");

    private static IReadOnlyList<string> AtLeastOne(string keyword, IReadOnlyList<string> words) =>
        words.Count > 0 ? words : throw new DockerfileException($"{keyword} requires at least one argument");

    private static CommandForm Command(string keyword, RawInstruction raw) =>
        raw.Rest.Text.Length > 0 ? CommandForm.Parse(raw.Rest.Text) : throw new DockerfileException($"{keyword} requires at least one argument");

    private static ShellInstruction Shell(RawInstruction raw)
    {
        if (raw.Rest.Text.Length == 0)
        {
            throw new DockerfileException("SHELL requires at least one argument");
        }

        var words = JsonWords.Parse(raw.Rest.Text)
            ?? throw new DockerfileException($"SHELL requires the arguments to be in JSON form, such as SHELL [\"/bin/sh\", \"-c\"], not: {raw.Rest.Text}");
        return new ShellInstruction { Arguments = AtLeastOne("SHELL", words) };
    }

    private static VolumeInstruction Volume(RawInstruction raw)
    {
        var paths = JsonWords.Parse(raw.Rest.Text) ?? [.. LineGrammar.Words(raw.Rest).Select(static word => word.Text)];
        return paths.Any(string.IsNullOrWhiteSpace)
            ? throw new DockerfileException("VOLUME specified can not be an empty string")
            : new VolumeInstruction { Paths = AtLeastOne("VOLUME", paths) };
    }

    private OnbuildInstruction Onbuild(RawInstruction raw, LogicalLine line)
    {
        if (raw.Rest.Text.Length == 0)
        {
            throw new DockerfileException("ONBUILD requires at least one argument");
        }

        var inner = LineGrammar.Parse(raw.Rest.Text).Keyword.Text.ToUpperInvariant();
        switch (inner)
        {
            case "ONBUILD":
                throw new DockerfileException("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
            case "FROM" or "MAINTAINER":
                throw new DockerfileException($"{inner} isn't allowed as an ONBUILD trigger");
        }

        var nested = new LogicalLine();
        nested.Add(raw.Rest.Text, line.StartLine, 1);
        nested.Heredocs.AddRange(line.Heredocs);
        _ = Create(nested);
        var bodies = string.Concat(line.Heredocs.Select(static heredoc => $"\n{heredoc.Content}{heredoc.Name}"));
        return new OnbuildInstruction { Trigger = raw.Rest.Text + bodies };
    }
}
