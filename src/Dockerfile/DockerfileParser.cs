namespace Bld.Dockerfile;

/// <summary>Text → typed instructions.</summary>
public static class DockerfileParser
{
    /// <summary>Parses a Dockerfile.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="name">The name that errors show.</param>
    /// <exception cref="DockerfileException">Everything that is wrong in it, at once.</exception>
    public static DockerfileDocument Parse(string text, string name = "Dockerfile")
    {
        var document = Read(text, name, out var diagnostics);
        return diagnostics.Count == 0 ? document : throw new DockerfileException(document.Source, diagnostics);
    }

    /// <summary>Parses a Dockerfile's bytes, which are UTF-8.</summary>
    /// <exception cref="DockerfileException">Everything that is wrong in it, at once.</exception>
    public static DockerfileDocument Parse(ReadOnlyMemory<byte> text, string name = "Dockerfile") =>
        Parse(System.Text.Encoding.UTF8.GetString(text.Span), name);

    /// <summary>Parses as much as can be understood.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="name">The name that errors show.</param>
    /// <param name="diagnostics">What is wrong.</param>
    public static DockerfileDocument Read(string text, string name, out IReadOnlyList<Diagnostic> diagnostics)
    {
        var source = new SourceText(text, name);
        var problems = new List<Diagnostic>();
        var directives = ParserDirectives.Read(source, problems);
        var assembler = new StageAssembler(problems);
        var factory = new InstructionFactory(directives.Escape);
        foreach (var line in new LineReader(source, directives.Escape, directives.Lines, problems).Read())
        {
            assembler.Add(Create(factory, line, problems), line);
        }

        assembler.Finish(source);
        diagnostics = problems;
        return new DockerfileDocument(source, directives, assembler.Globals, assembler.Stages);
    }

    /// <summary>Parses the instruction that an image's ONBUILD kept; its lines are those of the FROM that brought it.</summary>
    /// <exception cref="DockerfileException">It isn't an instruction.</exception>
    public static Instruction ParseTrigger(string trigger, SourceSpan from)
    {
        var problems = new List<Diagnostic>();
        var lines = new LineReader(new SourceText(trigger, "ONBUILD"), '\\', 0, problems).Read().ToList();
        if (problems.Count > 0 || lines.Count != 1)
        {
            throw new DockerfileException($"the base image's ONBUILD trigger \"{trigger}\" is not one instruction");
        }

        var instruction = new InstructionFactory('\\').Create(lines[0]);
        instruction.Span = from;
        instruction.Line = null;
        return instruction;
    }

    private static Instruction? Create(InstructionFactory factory, LogicalLine line, List<Diagnostic> problems)
    {
        try
        {
            return factory.Create(line);
        }
        catch (DockerfileException exception)
        {
            SourceSpan? focus = exception.Token is { } token ? line.SpanOf(token) : null;
            problems.Add(new Diagnostic($"dockerfile parse error on line {line.StartLine}: {exception.Message}", line.Span, focus));
            return null;
        }
    }
}
