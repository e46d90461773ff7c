namespace Bld.EndToEnd.Tests;

/// <summary>Cache mounts that one has for himself: nobody waits for himself, nor in a circle, nor longer than he wants.</summary>
public sealed class CacheMountTests : IDisposable
{
    private readonly BldHome _home = new BldHome().WithBusybox();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void One_locked_cache_at_two_places_is_one_cache()
    {
        const string Mount = "--mount=type=cache,id=one,sharing=locked,target=";
        Assert.Contains("seen x\n", Build($"RUN {Mount}/a {Mount}/b echo x > /a/f; echo seen $(cat /b/f)"), StringComparison.Ordinal);
        var container = _home.Succeed("from", "localhost/busybox");
        const string Flag = "type=cache,id=one,sharing=locked,target=";
        Assert.Equal("", _home.Succeed("run", "--network", "none", "--mount", $"{Flag}/a", container, "sh", "-c", "mkdir /a/s; echo y > /a/s/f"));
        Assert.Equal("y", _home.Succeed("run", "--network", "none", "--mount", $"{Flag}/a,src=s", container, "cat", "/a/f"));
        Assert.Contains("has no such directory", _home.Bld("run", "--mount", $"{Flag}/a,src=none", container, "true").Error, StringComparison.Ordinal);
        Assert.Equal("x", _home.Succeed("run", "--network", "none", "--mount", $"{Flag}/a", "--mount", $"{Flag}/b", container, "cat", "/b/f"));
    }

    [Fact]
    public void Stages_that_name_the_same_caches_in_another_order_do_not_wait_for_each_other()
    {
        const string First = "--mount=type=cache,id=k1,sharing=locked,target=/1";
        const string Second = "--mount=type=cache,id=k2,sharing=locked,target=/2";
        for (var round = 0; round < 6; round++)
        {
            _home.Write("context/Dockerfile", $"""
                FROM localhost/busybox AS a
                RUN {First} {Second} echo {round} > /a
                FROM localhost/busybox AS b
                RUN {Second} {First} echo {round} > /b
                FROM scratch
                COPY --from=a /a /
                COPY --from=b /b /
                """);
            _home.Succeed("bud", "--network", "none", "--jobs", "2", _home.In("context"));
        }
    }

    [Fact]
    public void Who_waits_for_a_cache_can_be_ended()
    {
        var container = _home.Succeed("from", "localhost/busybox");
        const string Flag = "type=cache,id=held,sharing=locked,target=/c";
        using var holder = _home.Start("run", "--network", "none", "--mount", Flag, container, "sh", "-c", "echo ready; sleep 100");
        Assert.Equal("ready", holder.StandardOutput.ReadLine());
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN --mount=type=cache,id=held,sharing=locked,target=/c true\n");
        var outcome = BldHome.Run("timeout", ["--kill-after=20", "2", BldHome.Executable, .. _home.Globals, "bud", "--network", "none", "-t", "waiting", _home.In("context")]);
        // That of timeout(1): the program ended by the first signal.
        Assert.Equal(124, outcome.Code);
        holder.Kill();
        holder.WaitForExit();
        _home.Succeed("bud", "--network", "none", _home.In("context"));
    }

    private string Build(string instruction)
    {
        _home.Write("context/Dockerfile", $"FROM localhost/busybox\n{instruction}\n");
        return _home.Succeed("bud", "--network", "none", _home.In("context"));
    }
}
