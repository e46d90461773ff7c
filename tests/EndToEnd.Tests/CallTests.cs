namespace Bld.EndToEnd.Tests;

/// <summary>Questions about a Dockerfile that build nothing (<c>--call</c>).</summary>
public sealed class CallTests : IDisposable
{
    private readonly BldHome _home = new();

    public CallTests() => _home.Write("called/Dockerfile", """
        ARG inherited=box
        ARG unused=abc${inherited}
        # sfx is a suffix
        ARG sfx="usy${inherited}"

        FROM b${sfx} AS first
        # this is not about anything
        ARG FOO=123
        # two lines, of which
        # BAR is a number
        ARG BAR=456
        RUN --mount=type=secret,target=/etc/passwd,required=true --mount=type=ssh true

        FROM alpine${unused} AS second
        ARG BAZ
        RUN --mount=type=secret,id=other true

        FROM scratch AS third
        ARG sfx
        ENV E=e$sfx

        # target defines build target
        FROM third AS target
        COPY --from=first /etc/passwd /
        RUN --mount=type=secret,id=second${E} --mount=type=ssh,id=agent,required --mount=type=ssh true

        FROM second
        """);

    public void Dispose() => _home.Dispose();

    [Fact]
    public void The_outline_of_a_target_is_what_it_and_the_stages_that_it_needs_can_be_given() => Assert.Equal(
        """
        TARGET:        target
        DESCRIPTION:   defines build target

        BUILD ARG   VALUE    DESCRIPTION
        inherited   box
        sfx         usybox   is a suffix
        FOO         123
        BAR         678      is a number

        SECRET          REQUIRED
        passwd          true
        secondeusybox   false

        SSH       REQUIRED
        default   false
        agent     true
        """,
        Call("outline", "--target", "target", "--build-arg", "BAR=678"));

    [Fact]
    public void Without_a_target_it_is_about_the_last_stage() => Assert.Equal(
        """
        TARGET:   default

        BUILD ARG   VALUE    DESCRIPTION
        inherited   box
        unused      abcbox
        BAZ

        SECRET   REQUIRED
        other    false
        """,
        Call("outline"));

    [Fact]
    public void Targets_are_what_can_be_built()
    {
        Assert.Equal("TARGET       DESCRIPTION\nfirst\nsecond\nthird\ntarget       defines build target\n4 (default)", Call("targets"));
        Assert.Contains("did you mean target?", _home.Bld("bud", "--call", "outline", "--target", "tarhet", _home.In("called")).Error, StringComparison.Ordinal);
        Assert.Equal(125, _home.Bld("bud", "--call", "anything", _home.In("called")).Code);
        Assert.Equal("", _home.Succeed("images", "-q"));
    }

    private string Call(string what, params string[] flags) => _home.Succeed(["bud", "--call", what, .. flags, _home.In("called")]);
}
