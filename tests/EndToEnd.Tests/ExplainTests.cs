namespace Bld.EndToEnd.Tests;

/// <summary>Each part of a cache key, changed alone, is named as the reason of the miss.</summary>
public sealed class ExplainTests : IDisposable
{
    private readonly BldHome _home = new BldHome().WithBusybox();

    public ExplainTests() => _home.Write("context/data/one", "first");

    public void Dispose() => _home.Dispose();

    [Fact]
    public void A_first_build_says_that_it_is_one()
    {
        Assert.Contains("not cached: first build: no earlier one of this project is known", Explain("FROM scratch\nCOPY data /\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_copied_file_that_changed_is_named_with_both_digests()
    {
        Explain("FROM scratch\nCOPY data /\n");
        _home.Write("context/data/one", "second");

        // The first eight digits of the contents' SHA-256, as sha256sum gives them.
        Assert.Contains("not cached: data/one changed: a7937b64 → 16367aac\n", Explain("FROM scratch\nCOPY data /\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_copied_tree_tells_what_is_new_gone_or_of_another_mode()
    {
        Explain("FROM scratch\nCOPY data /\n");
        var added = _home.Write("context/data/two", "");
        Assert.Contains("not cached: data/two is new\n", Explain("FROM scratch\nCOPY data /\n"), StringComparison.Ordinal);
        BldHome.Peer("chmod", "400", added);
        Assert.Contains("not cached: data/two changed its mode: 100644 → 100400\n", Explain("FROM scratch\nCOPY data /\n"), StringComparison.Ordinal);
        File.Delete(added);
        _home.Write("context/data/three", "");
        var both = Explain("FROM scratch\nCOPY data /\n");
        Assert.Contains("not cached: data/three is new and 1 more\n", both, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("COPY data /a", "COPY data /b", "destination: \"/a\" → \"/b\"")]
    [InlineData("COPY --chown=1:2 data /", "COPY --chown=1:3 data /", "--chown: \"(1, 2)\" → \"(1, 3)\"")]
    [InlineData("COPY --chmod=600 data /", "COPY --chmod=640 data /", "--chmod: \"600\" → \"640\"")]
    [InlineData("RUN echo a", "RUN echo b", "the command changed: \"/bin/sh -c echo a\" → \"/bin/sh -c echo b\"")]
    [InlineData("ENV A=1\nRUN true", "ENV A=2\nRUN true", "ENV A: \"1\" → \"2\"")]
    [InlineData("RUN true", "ENV A=2\nRUN true", "ENV A is new: \"2\"")]
    [InlineData("ENV A=1\nRUN true", "RUN true", "ENV A is gone")]
    [InlineData("ARG A=1\nRUN true", "ARG A=2\nRUN true", "ARG A: \"1\" → \"2\"")]
    [InlineData("USER 1\nRUN true", "USER 2\nRUN true", "user: \"1\" → \"2\"")]
    [InlineData("RUN --network=none true", "RUN --network=host true", "--network: \"None\" → \"Host\"")]
    [InlineData("RUN --mount=type=tmpfs,target=/x true", "RUN --mount=type=tmpfs,target=/y true", "--mount: ")]
    [InlineData("RUN <<EOF\n#!/bin/sh\nexit 0\nEOF", "RUN <<EOF\n#!/bin/sh\ntrue\nEOF", "the script changed: ")]
    [InlineData("WORKDIR /a", "WORKDIR /b", "path: \"/a\" → \"/b\"")]
    public void A_part_of_the_instruction_that_changed_is_named(string before, string after, string reason)
    {
        Explain($"FROM localhost/busybox\n{before}\n");

        Assert.Contains($"not cached: {reason}", Explain($"FROM localhost/busybox\n{after}\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--build-arg", "A=2", "ARG A: \"1\" → \"2\"")]
    [InlineData("--add-host", "there:10.0.0.1", "--add-host: nothing → \"there:10.0.0.1\"")]
    [InlineData("--network", "none", "--network: \"Default\" → \"None\"")]
    [InlineData("--no-cache", "--pull=missing", "--no-cache: results of earlier builds are not used")]
    [InlineData("--cache-ttl", "1ms", "--cache-ttl: its earlier result is older than that")]
    [InlineData("--no-cache-filter", "0", "--no-cache-filter")]
    public void A_flag_that_changed_is_named(string flag, string value, string reason)
    {
        const string Dockerfile = "FROM localhost/busybox AS only\nARG A=1\nRUN true\n";
        Explain(Dockerfile);
        var explained = Explain(Dockerfile, flag, value == "0" ? "only" : value);

        Assert.Contains($"not cached: {reason}", explained, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_value_stays_out_of_the_record()
    {
        const string Dockerfile = "FROM localhost/busybox\nARG API_TOKEN\nRUN true\n";
        Explain(Dockerfile, "--build-arg", "API_TOKEN=hunter2");
        var explained = Explain(Dockerfile, "--build-arg", "API_TOKEN=hunter3");

        Assert.Contains("not cached: ARG API_TOKEN: ", explained, StringComparison.Ordinal);
        var records = Directory.EnumerateFiles(Path.Combine(_home.Store, "builds"), "*.json").Select(File.ReadAllText);
        Assert.DoesNotContain(records, static text => text.Contains("hunter", StringComparison.Ordinal));
    }

    [Fact]
    public void A_bound_tree_that_changed_is_named()
    {
        const string Dockerfile = "FROM localhost/busybox\nRUN --mount=target=/src cat /src/data/one\n";
        Explain(Dockerfile);
        _home.Write("context/data/one", "second");

        Assert.Contains("not cached: context /: data/one changed: a7937b64 → 16367aac\n", Explain(Dockerfile), StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_above_a_miss_follows_it_and_a_moved_base_is_named()
    {
        Explain("FROM localhost/busybox\nCOPY data /\nRUN true\n");
        _home.Write("context/data/one", "second");
        var followed = Explain("FROM localhost/busybox\nCOPY data /\nRUN true\n");
        Assert.Contains("not cached: follows step 2 (COPY data /), which was built anew\n", followed, StringComparison.Ordinal);
        Assert.Contains("it began with step 2 of stage 0: data/one changed: a7937b64 → 16367aac\n", followed, StringComparison.Ordinal);

        _home.Write("other/Dockerfile", "FROM localhost/busybox\nRUN echo > /new\n");
        _home.Succeed("bud", "-q", "-t", "localhost/busybox", _home.In("other"));
        Assert.Contains("not cached: base image localhost/busybox changed: ", Explain("FROM localhost/busybox\nCOPY data /\nRUN true\n"), StringComparison.Ordinal);
        Assert.Contains("not cached: base image: localhost/busybox → scratch\n", Explain("FROM scratch\nCOPY data /\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_step_and_one_that_failed_say_so()
    {
        Explain("FROM localhost/busybox\nRUN true\n");
        Assert.Contains("not cached: new step: no earlier build had one like it here\n", Explain("FROM localhost/busybox\nRUN true\nCOPY data /\n"), StringComparison.Ordinal);

        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN test -e /never\n");
        Assert.Equal(1, _home.Bld("bud", _home.In("context")).Code);
        Assert.Contains("not cached: it failed the last time\n", _home.Bld("bud", "--explain", _home.In("context")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Bld_explain_tells_of_the_last_build_and_of_an_image()
    {
        Explain("FROM localhost/busybox\nCOPY data /\nRUN true\n", "-t", "kept");
        _home.Write("context/data/one", "second");
        Explain("FROM localhost/busybox\nCOPY data /\nRUN true\n");

        var last = _home.Succeed("explain");
        Assert.Contains("   2  built", last, StringComparison.Ordinal);
        Assert.Contains("└ data/one changed: a7937b64 → 16367aac\n", last, StringComparison.Ordinal);
        Assert.Contains("cache: 0 of 2 steps found; the others took ", last, StringComparison.Ordinal);
        Assert.Contains("first build", _home.Succeed("explain", "kept"), StringComparison.Ordinal);
    }

    private string Explain(string dockerfile, params string[] flags)
    {
        _home.Write("context/Dockerfile", dockerfile);
        var outcome = _home.Bld(["bud", "--explain", .. flags, _home.In("context")]);
        Assert.True(outcome.Code == 0, outcome.Error);
        return outcome.Error;
    }
}
