namespace Bld.Dockerfile.Tests;

public sealed class ParserTests
{
    [Fact]
    public void Stages_and_global_arguments_are_told_apart()
    {
        var document = DockerfileParser.Parse("ARG V=1\nFROM a:$V AS Base\nRUN true\nFROM scratch\nCOPY --from=base /x /y\n");

        Assert.Equal("V", Assert.Single(document.GlobalArguments[0].Arguments).Name);
        Assert.Equal(["base", null], document.Stages.Select(static stage => stage.Name));
        Assert.Equal("base", Assert.IsType<CopyInstruction>(document.Stages[1].Instructions[0]).From);
    }

    [Fact]
    public void Comments_and_blank_lines_inside_a_continuation_are_skipped()
    {
        var document = DockerfileParser.Parse("FROM scratch\nRUN a \\\n# comment\n\n  && b\n");

        var run = Assert.IsType<RunInstruction>(document.Stages[0].Instructions[0]);
        Assert.Equal("a   && b", run.Command.Text);
        Assert.Equal(5, run.EmptyContinuationLine);
        Assert.Equal((2, 5), (run.Span.StartLine, run.Span.EndLine));
    }

    [Theory]
    [InlineData("CMD [\"a\", \"b c\"]", false)]
    [InlineData("CMD ['a', 'b']", true)]
    [InlineData("CMD [\"a\",]", true)]
    [InlineData("CMD [ -f x ] && y", true)]
    public void What_is_no_json_array_is_meant_for_the_shell(string line, bool isShell)
    {
        var document = DockerfileParser.Parse($"FROM scratch\n{line}\n");
        Assert.Equal(isShell, Assert.IsType<CmdInstruction>(document.Stages[0].Instructions[0]).Command.IsShell);
    }

    [Fact]
    public void Heredocs_belong_to_their_instruction()
    {
        var document = DockerfileParser.Parse("FROM scratch\nRUN <<EOF\n# not a comment\necho\nEOF\nCOPY <<-\"A\" <<B /x/\n\tone $x\nA\ntwo\nB\nUSER x\n");

        var run = Assert.IsType<RunInstruction>(document.Stages[0].Instructions[0]);
        Assert.True(run.IsLoneHeredoc);
        Assert.Equal("# not a comment\necho\n", run.Heredocs[0].Content);
        var copy = Assert.IsType<CopyInstruction>(document.Stages[0].Instructions[1]);
        Assert.Equal(["one $x\n", "two\n"], copy.Heredocs.Select(static heredoc => heredoc.Content));
        Assert.Equal([false, true], copy.Heredocs.Select(static heredoc => heredoc.Expands));
        Assert.Empty(copy.Sources);
        Assert.Equal(11, document.Stages[0].Instructions[2].Span.StartLine);
    }

    [Theory]
    [InlineData("FNTRYPOINT [\"/bin/sh\"]", "unknown instruction: FNTRYPOINT (did you mean ENTRYPOINT?)")]
    [InlineData("RUN --mont=type=tmpfs true", "unknown flag: --mont (did you mean mount?)")]
    [InlineData("RUN --mount=typ=tmpfs true", "unexpected key 'typ' in 'typ=tmpfs' (did you mean type?)")]
    [InlineData("COPY --link=maybe a b", "expecting boolean value for flag --link, not: maybe")]
    [InlineData("COPY --chown a b", "missing a value on flag: --chown")]
    [InlineData("ENV a=b c", "Syntax error - can't find = in \"c\". Must be of the form: name=value")]
    [InlineData("ENV a", "ENV must have two arguments")]
    [InlineData("COPY a", "COPY requires at least two arguments, but only one was provided. Destination could not be determined")]
    [InlineData("HEALTHCHECK X", "Unknown type \"X\" in HEALTHCHECK (try CMD)")]
    [InlineData("HEALTHCHECK --interval=1us CMD x", "Interval \"interval\" cannot be less than 1ms")]
    [InlineData("ONBUILD ONBUILD RUN x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")]
    [InlineData("CMD [\"a\", 1]", "when using JSON array syntax, arrays must be comprised of strings only")]
    [InlineData("RUN --mount=type=cache,target=/c,required true", "unexpected key 'required' for mount type 'cache'")]
    public void Errors_say_what_is_wrong_and_where(string line, string sentence)
    {
        var error = Assert.Throws<DockerfileException>(() => DockerfileParser.Parse($"FROM scratch\n{line}\n"));

        Assert.Equal($"dockerfile parse error on line 2: {sentence}", Assert.Single(error.Diagnostics).Message);
        Assert.Contains($"   2 | >>> {line}\n", error.Message);
        Assert.StartsWith("Dockerfile:2\n", error.Message);
    }

    [Fact]
    public void Every_error_of_a_file_is_told_at_once()
    {
        var error = Assert.Throws<DockerfileException>(() => DockerfileParser.Parse("FROM scratch\nBAD\nENV\nRUN --x y\n"));
        Assert.Equal([2, 3, 4], error.Diagnostics.Select(static each => each.Span.StartLine));
    }

    [Theory]
    [InlineData("", "the Dockerfile cannot be empty")]
    [InlineData("# only\n", "file with no instructions")]
    [InlineData("ARG a=b\n", "dockerfile contains no stages to build")]
    [InlineData("RUN x\n", "no build stage in current context: no FROM statement found before RUN")]
    public void A_file_without_a_stage_is_refused(string text, string sentence)
    {
        var error = Assert.Throws<DockerfileException>(() => DockerfileParser.Parse(text));
        Assert.Equal(sentence, error.Diagnostics[0].Message);
    }

    [Fact]
    public void The_escape_directive_changes_the_escape_and_a_late_one_is_a_comment()
    {
        Assert.Equal('`', DockerfileParser.Parse("# escape=`\nFROM scratch\nRUN a `\n b\n").EscapeCharacter);
        Assert.Equal('\\', DockerfileParser.Parse("# x\n# escape=`\nFROM scratch\n").EscapeCharacter);
        var error = Assert.Throws<DockerfileException>(() => DockerfileParser.Parse("# escape=`\n# escape=\\\nFROM base\n"));
        Assert.Equal("only one escape parser directive can be used", error.Diagnostics[0].Message);
    }

    [Fact]
    public void A_doubled_escape_at_the_end_of_a_line_is_no_continuation()
    {
        var document = DockerfileParser.Parse("FROM scratch\nRUN a \\\\\nUSER x\n");
        Assert.Equal(2, document.Stages[0].Instructions.Count);
    }

    [Theory]
    [InlineData("# check=skip=all\nFROM a AS b\n# why\nRUN --mount=type=cache,target=/x a \\\n  b\nCOPY <<E /x\nhi\nE\nENV a=b \"c d\"=e\n")]
    [InlineData("ARG a\r\nFROM $a\r\nRUN <<-X\r\n\tfoo\r\nX\r\n")]
    public void Printing_a_document_and_parsing_it_again_gives_the_same(string text)
    {
        var first = DockerfileParser.Parse(text);
        var second = DockerfileParser.Parse(first.ToString());

        Assert.Equal(first.ToString(), second.ToString());
        Assert.Equal(first.Instructions.Select(Describe), second.Instructions.Select(Describe));
    }

    private static string Describe(Instruction instruction) =>
        $"{instruction.GetType().Name} {instruction.Text} {string.Join('|', instruction.Heredocs)} {string.Join('|', instruction.Comments)}";
}
