namespace Bld.EndToEnd.Tests;

public sealed class PruneTests : IDisposable
{
    private readonly BldHome _home = new BldHome().WithBusybox();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void What_no_image_needs_goes_and_what_one_needs_stays()
    {
        _home.Build("FROM localhost/busybox\nRUN echo kept > /kept\n", "-t", "app");
        var unnamed = _home.Build("FROM localhost/busybox AS other\nRUN echo gone > /gone\n");
        var before = Snapshots();

        var said = _home.Succeed("prune", "-f");

        Assert.Contains(unnamed, said, StringComparison.Ordinal);
        Assert.Equal(before - 1, Snapshots());
        var again = _home.Succeed("bud", "-t", "app", Context("kept-context", "FROM localhost/busybox\nRUN echo kept > /kept\n"));
        Assert.Contains("Using cache", again, StringComparison.Ordinal);
        Assert.DoesNotContain("Using cache", _home.Succeed("bud", Context("gone-context", "FROM localhost/busybox AS other\nRUN echo gone > /gone\n")), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_used_lately_stays_within_a_size()
    {
        const string Stages = "FROM localhost/busybox AS {0}\nRUN head -c 1000000 /dev/urandom > /{0}\nFROM localhost/busybox\nCOPY --from={0} /bin/true /{0}\n";
        foreach (var name in new[] { "old", "new", "old" })
        {
            // The clock of records has seconds; the third build only uses what the first made.
            Thread.Sleep(1100);
            _home.Succeed("bud", "-q", "-t", name, Context($"{name}-context", Stages.Replace("{0}", name, StringComparison.Ordinal)));
        }

        Assert.Contains("removed 1 MB", _home.Succeed("prune", "--keep-storage", "1.5MB"), StringComparison.Ordinal);

        Assert.Equal(2, UsedOf("old"));
        Assert.Equal(1, UsedOf("new"));

        int UsedOf(string name) => _home.Succeed("bud", Context($"{name}-context", Stages.Replace("{0}", name, StringComparison.Ordinal))).Split("Using cache").Length - 1;
    }

    [Fact]
    public void Cache_mounts_go_when_they_were_not_used_for_longest()
    {
        foreach (var name in new[] { "old", "new" })
        {
            Round(name, 1);
            Thread.Sleep(1100);
        }

        var said = _home.Succeed("prune", "--keep-storage", "1.5MB");
        Assert.Contains("cache mount old", said, StringComparison.Ordinal);
        Assert.DoesNotContain("cache mount new", said, StringComparison.Ordinal);
        Assert.DoesNotContain("old-42", Round("old", 2), StringComparison.Ordinal);
        Assert.Contains("new-42", Round("new", 2), StringComparison.Ordinal);

        _home.Succeed("prune");
        Assert.Empty(Directory.EnumerateFileSystemEntries($"{_home.Store}/cache-mounts"));
        Assert.Contains("removed 0 B", _home.Succeed("prune"), StringComparison.Ordinal);

        string Round(string name, int number) => _home.Succeed("bud", "-t", name, Context($"{name}-context", $$"""
            FROM localhost/busybox
            ENV ROUND={{number}}
            RUN --network=none --mount=type=cache,target=/c,id={{name}} [ -e /c/f ] && echo {{name}}-$((40+2)) || head -c 1000000 /dev/urandom > /c/f

            """));
    }

    [Fact]
    public void A_limit_is_kept_by_the_builds_themselves()
    {
        _home.Succeed("prune", "--keep-storage", "0", "--always");
        _home.Build("FROM localhost/busybox AS stage\nRUN head -c 100000 /dev/urandom > /f\nFROM localhost/busybox\nCOPY --from=stage /bin/true /t\n", "-t", "app");

        Assert.Contains("removed 0 B", _home.Succeed("prune"), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_removed_while_another_build_runs()
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN sleep 5\n");
        using var build = _home.Start("bud", "-q", _home.In("context"));
        Thread.Sleep(1500);
        var outcome = _home.Bld("prune");
        build.WaitForExit();

        Assert.Equal(125, outcome.Code);
        Assert.Contains("another bld is using", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(0, build.ExitCode);
    }

    private string Context(string name, string dockerfile)
    {
        _home.Write($"{name}/Dockerfile", dockerfile);
        return _home.In(name);
    }

    private int Snapshots() => Directory.GetDirectories(Path.Combine(_home.Store, "snapshots")).Length;
}
