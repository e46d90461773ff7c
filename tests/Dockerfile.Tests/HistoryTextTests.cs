namespace Bld.Dockerfile.Tests;

public sealed class HistoryTextTests
{
    [Fact]
    public void A_run_shows_its_build_arguments_and_its_whole_command()
    {
        KeyValuePair<string, string>[] arguments = [new("foo", "bar2"), new("bar", "123")];

        Assert.Equal("RUN |2 foo=bar2 bar=123 /bin/sh -c echo $foo # buildkit", HistoryText.Run(["/bin/sh", "-c", "echo $foo"], arguments));
        Assert.Equal("RUN ls # buildkit", HistoryText.Run(["ls"], []));
    }

    [Theory]
    [InlineData("COPY --from=b foo2 foo3", "COPY foo2 foo3 # buildkit")]
    [InlineData("COPY --link --chown=1:2 --chmod=0755 --parents a b /c/", "COPY --parents --chown=1:2 --chmod=0755 a b /c/ # buildkit")]
    [InlineData("ADD --exclude=x <<E a /c\nE", "ADD a <<E /c # buildkit")]
    public void A_copy_shows_what_decides_its_content_but_not_where_it_comes_from(string line, string expected)
    {
        var instruction = (TransferInstruction)DockerfileParser.Parse($"FROM scratch\n{line}\n").Stages[0].Instructions[0];
        Assert.Equal(
            expected,
            HistoryText.Transfer(instruction, instruction.Sources, instruction.Destination, instruction.Owner, instruction.Mode));
    }

    [Fact]
    public void Lists_look_as_go_shows_them()
    {
        Assert.Equal("CMD [\"/bin/sh\" \"-c\" \"a \\\"b\\\"\"]", HistoryText.Command("CMD", ["/bin/sh", "-c", "a \"b\""]));
        Assert.Equal("EXPOSE [1234/udp 2375/tcp]", HistoryText.List("EXPOSE", ["1234/udp", "2375/tcp"]));
        Assert.Equal("ARG a b=1", HistoryText.Pairs("ARG", [new("a", null), new("b", "1")]));
        Assert.Equal("WORKDIR /x", HistoryText.Word("WORKDIR", "/x"));
    }

    [Fact]
    public void A_healthcheck_looks_as_go_shows_its_structure()
    {
        var document = DockerfileParser.Parse("FROM scratch\nHEALTHCHECK --interval=5m --timeout=3s --start-period=90s --start-interval=1500ms --retries=4 CMD curl\n");
        var check = (HealthcheckInstruction)document.Stages[0].Instructions[0];

        Assert.Equal(
            "HEALTHCHECK &{[\"CMD-SHELL\" \"curl\"] \"5m0s\" \"3s\" \"1m30s\" \"1.5s\" '\\x04'}",
            HistoryText.Healthcheck(["CMD-SHELL", "curl"], check));
    }
}
