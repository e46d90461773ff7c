namespace Bld.Dockerfile.Tests;

public sealed class SourceSpanTests
{
    private const string Text = "FROM scratch\n  COPY --chown=a \\\n\t# comment\n\tfoo \\\n bar /x\nCOPY <<E /y\nbody\nE\n";

    [Fact]
    public void Flags_and_words_know_their_place_across_continuations()
    {
        var copy = DockerfileParser.Parse(Text).Stages[0].Instructions[0];

        Assert.Equal(new SourceSpan(2, 3, 5, int.MaxValue), copy.Span);
        Assert.Equal(new SourceSpan(2, 8, 2, 16), Assert.Single(copy.Flags).Span);
        Assert.Equal(new SourceSpan(4, 2, 4, 4), copy.SpanOf("foo"));
        Assert.Equal(new SourceSpan(5, 2, 5, 4), copy.SpanOf("bar"));
        Assert.Null(copy.SpanOf("ba"));
        Assert.Null(copy.SpanOf(""));
    }

    [Fact]
    public void A_heredoc_belongs_to_the_lines_of_its_instruction() =>
        Assert.Equal(new SourceSpan(6, 1, 8, int.MaxValue), DockerfileParser.Parse(Text).Stages[0].Instructions[1].Span);

    [Fact]
    public void An_excerpt_marks_all_lines_and_points_at_the_word()
    {
        var document = DockerfileParser.Parse(Text, "app.Dockerfile");
        var copy = document.Stages[0].Instructions[0];
        var shown = SourceExcerpt.Format(document.Source, new Diagnostic("\"/foo\": not found", copy.Span, copy.SpanOf("foo")));

        Assert.Equal(
            """
            app.Dockerfile:2
            --------------------
               1 |     FROM scratch
               2 | >>>   COPY --chown=a \
               3 | >>> TAB# comment
               4 | >>> TABfoo \
                 |     TAB^
               5 | >>>  bar /x
               6 |     COPY <<E /y
               7 |     body
               8 |     E
            --------------------
            "/foo": not found
            """.Replace("TAB", "\t", StringComparison.Ordinal),
            shown);
    }

    [Fact]
    public void A_trigger_has_the_place_of_the_from_that_brought_it()
    {
        var from = SourceSpan.OfLines(3, 3);
        var trigger = DockerfileParser.ParseTrigger("COPY <<E /x\nhi\nE", from);

        Assert.Equal(from, trigger.Span);
        Assert.Equal("hi\n", Assert.Single(trigger.Heredocs).Content);
        Assert.Null(trigger.SpanOf("/x"));
        Assert.Throws<DockerfileException>(() => DockerfileParser.ParseTrigger("RUN a\nRUN b", from));
        Assert.Throws<DockerfileException>(() => DockerfileParser.ParseTrigger("", from));
    }
}
