using System.Security.Cryptography;

namespace Bld.EndToEnd.Tests;

public sealed class BuildTests : IDisposable
{
    private readonly BldHome _home = new BldHome().WithBusybox();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void FROM_alone_is_the_base_itself_under_one_more_name()
    {
        using var home = new BldHome().WithBusybox();
        home.Write("context/Dockerfile", "FROM localhost/busybox\n");
        var made = home.Succeed("bud", "-q", "-t", "again", home.In("context"));
        var changed = home.Succeed("bud", "-q", "--label", "a=b", home.In("context"));

        foreach (var name in (string[])["localhost/busybox", "localhost/again"])
        {
            Assert.Equal(made, home.Succeed("inspect", "--format", "{{.FromImageID}}", name));
        }

        Assert.NotEqual(made, changed);
    }

    [Fact]
    public void A_second_build_finds_every_step_in_the_cache()
    {
        _home.Write("context/greeting", "hello");
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nCOPY greeting /\nRUN cat /greeting > /copy\nENV a=b\n");
        var first = _home.Succeed("bud", _home.In("context"));
        var second = _home.Succeed("bud", _home.In("context"));

        Assert.DoesNotContain("Using cache", first, StringComparison.Ordinal);
        Assert.Equal(2, second.Split("Using cache").Length - 1);
        Assert.Equal(LastLine(first), LastLine(second));
    }

    [Fact]
    public void A_changed_file_is_seen_even_when_size_and_time_are_as_before()
    {
        var file = _home.Write("context/data", "one");
        var time = File.GetLastWriteTimeUtc(file);
        var first = _home.Build("FROM localhost/busybox\nCOPY data /\n");
        File.WriteAllText(file, "two");
        File.SetLastWriteTimeUtc(file, time);

        Assert.NotEqual(first, _home.Build("FROM localhost/busybox\nCOPY data /\n"));
    }

    [Fact]
    public void Two_stores_make_the_same_image_of_the_same_context()
    {
        using var other = new BldHome();
        string[] ids = [.. new[] { _home, other.WithBusybox() }.Select(static home =>
        {
            home.Write("context/file", "content");
            return home.Build("FROM scratch\nCOPY --from=localhost/busybox / /\nCOPY file /a/b/\nRUN mkdir /made && echo text > /made/file\n", "--timestamp", "1700000000");
        })];

        Assert.Equal(ids[0], ids[1]);
    }

    [Fact]
    public void A_failing_command_gives_its_exit_code_and_no_image()
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN echo about to fail && exit 7\n");
        var outcome = _home.Bld("bud", "-t", "never", _home.In("context"));

        Assert.Equal(7, outcome.Code);
        Assert.Contains("Dockerfile:2", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("about to fail", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("never", _home.Succeed("images"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_misspelt_command_is_one_clear_error()
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN [\"bahs\"]\n");
        var outcome = _home.Bld("bud", _home.In("context"));

        Assert.Equal(127, outcome.Code);
        Assert.Contains("exec: \"bahs\": executable file not found in $PATH", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FORM busybox\n", "FORM")]
    [InlineData("FROM localhost/busybox\nCOPY nothing /\n", "nothing")]
    [InlineData("FROM localhost/not-here\n", "not-here")]
    public void Bad_input_is_told_with_its_name_and_leaves_nothing(string dockerfile, string named)
    {
        _home.Write("context/Dockerfile", dockerfile);
        var before = _home.Succeed("images", "-q");
        var outcome = _home.Bld("bud", "--pull=never", "-t", "bad", _home.In("context"));

        Assert.NotEqual(0, outcome.Code);
        Assert.Contains(named, outcome.Error, StringComparison.Ordinal);
        Assert.Equal(before, _home.Succeed("images", "-q"));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_home.Store, "tmp")));
    }

    [Fact]
    public void Stages_that_do_not_need_each_other_run_side_by_side()
    {
        var id = _home.Build("""
            FROM localhost/busybox AS a
            RUN --mount=type=cache,target=/meet touch /meet/a && for i in $(seq 100); do test -e /meet/b && exit 0; sleep 0.1; done; exit 1
            FROM localhost/busybox AS b
            RUN --mount=type=cache,target=/meet touch /meet/b && for i in $(seq 100); do test -e /meet/a && exit 0; sleep 0.1; done; exit 1
            FROM localhost/busybox
            COPY --from=a /bin/sh /a
            COPY --from=b /bin/sh /b
            """, "--jobs", "2");
        Assert.Matches("^[0-9a-f]{64}$", id);
    }

    [Fact]
    public void Zombies_are_reaped_and_nothing_outlives_the_step()
    {
        var seconds = RandomNumberGenerator.GetInt32(1_000_000, 9_000_000);
        _home.Build($"FROM localhost/busybox\nRUN sleep {seconds} & (sleep 0 &) ; sleep 0.2; ps -o args= | grep -q 'sleep {seconds}' && ! ps -o stat= | grep Z\n");
        Assert.DoesNotContain(Directory.GetDirectories("/proc"), process => ReadCommand(process).Contains($"sleep\0{seconds}", StringComparison.Ordinal));
    }

    [Fact]
    public void A_copy_shares_unchanged_files_with_the_one_before_and_the_image_is_as_without()
    {
        const int Files = 200;
        for (var i = 0; i < Files; i++)
        {
            _home.Write($"context/tree/d{i % 7}/f{i}", $"content {i}");
        }

        const string Dockerfile = "FROM localhost/busybox\nCOPY --chmod=0640 tree /tree\n";
        BldHome.Peer("sh", "-c", $"find {_home.In("context")} -exec touch -d @1000000000 {{}} +; sleep 0.2");
        _home.Build(Dockerfile, "--timestamp", "1700000000");
        _home.Write("context/tree/d3/f3", "changed");
        File.Delete(_home.In("context/tree/d4/f4"));
        _home.Write("context/tree/d0/new", "new");
        var shared = _home.Build(Dockerfile, "--timestamp", "1700000000");

        var linked = BldHome.Peer("find", Path.Combine(_home.Store, "snapshots"), "-path", "*/tree/*", "-type", "f", "-links", "2").Split('\n').Length;
        Assert.InRange(linked, Files, 2 * Files);
        Assert.Equal(_home.Build(Dockerfile, "--timestamp", "1700000000", "--no-cache"), shared);
    }

    [Fact]
    public void Commands_have_a_network_of_their_own_unless_the_hosts_is_asked_for()
    {
        const string Dockerfile = "FROM localhost/busybox\nRUN readlink /proc/self/ns/net > /network && ip -o link | wc -l >> /network\nFROM scratch\nCOPY --from=0 /network /\n";
        var host = BldHome.Peer("readlink", "/proc/self/ns/net");

        Assert.NotEqual(host, NetworkOf(_home.Build(Dockerfile, "--no-cache"))[0]);
        Assert.Equal(host, NetworkOf(_home.Build(Dockerfile, "--no-cache", "--network", "host"))[0]);
        Assert.Equal("1", NetworkOf(_home.Build(Dockerfile, "--no-cache", "--network", "none"))[1]);
    }

    private string[] NetworkOf(string image)
    {
        var folder = _home.In($"network-{image}");
        _home.Succeed("push", "-q", image, $"dir:{folder}");
        var layer = Directory.GetFiles(folder).Single(static file => BldHome.Run("tar", "-tf", file).Output.Contains("network", StringComparison.Ordinal));
        return BldHome.Peer("tar", "-xOf", layer, "network").Split('\n');
    }

    [Fact]
    public void A_killed_build_leaves_nothing_that_the_next_one_cannot_remove()
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN touch /started && sleep 1000\n");
        using (var build = _home.Start("bud", "-t", "killed", _home.In("context")))
        {
            var temporary = Path.Combine(_home.Store, "tmp");
            Assert.True(SpinWait.SpinUntil(() => Directory.EnumerateFiles(temporary, "started", SearchOption.AllDirectories).Any(), TimeSpan.FromSeconds(20)));
            build.Kill();
            build.WaitForExit();
        }

        Assert.True(SpinWait.SpinUntil(() => Containers() == 0, TimeSpan.FromSeconds(5)), "the step outlived its builder");
        Assert.DoesNotContain(_home.Folder, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        _home.Build("FROM localhost/busybox\nRUN true\n", "-t", "next");
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_home.Store, "tmp")));
        Assert.DoesNotContain("killed", _home.Succeed("images"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_helper_of_the_network_ends_with_the_build(bool killed)
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN readlink /proc/self/ns/net > /net; touch /started; for i in $(seq 100); do test -e /end/now && exit; sleep 0.1; done\n");
        Directory.CreateDirectory(_home.In("end"));
        using var build = _home.Start("bud", "--no-cache", "-v", $"{_home.In("end")}:/end", _home.In("context"));
        var temporary = Path.Combine(_home.Store, "tmp");
        Assert.True(SpinWait.SpinUntil(() => Directory.EnumerateFiles(temporary, "started", SearchOption.AllDirectories).Any(), TimeSpan.FromSeconds(20)));
        var network = File.ReadAllText(Directory.EnumerateFiles(temporary, "net", SearchOption.AllDirectories).First()).Trim();
        Assert.NotEmpty(InNetwork(network));

        if (killed)
        {
            build.Kill();
        }
        else
        {
            File.WriteAllText(_home.In("end/now"), "");
        }

        build.WaitForExit();
        Assert.True(SpinWait.SpinUntil(() => InNetwork(network).Count == 0, TimeSpan.FromSeconds(5)), "somebody still lives in the build's network");
    }

    [Fact]
    public void Output_appended_to_a_file_stays_in_order()
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN echo from the command\n");
        var line = $"(echo first; {BldHome.Executable} {string.Join(' ', _home.Globals)} bud {_home.In("context")}; echo last) > {_home.In("log")} 2>&1";
        BldHome.Peer("sh", "-c", line);
        var log = File.ReadAllLines(_home.In("log"));

        Assert.Equal("first", log[0]);
        Assert.Equal("last", log[^1]);
        Assert.Contains("from the command", log);
    }

    /// <summary>The processes that are in a network namespace, or have it open.</summary>
    private static List<string> InNetwork(string network) =>
        [.. BldHome.Run("sh", "-c", $"ls -l /proc/[0-9]*/ns/net /proc/[0-9]*/fd 2>/dev/null | grep -F '{network}' || true").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static int Containers() => Directory.GetDirectories("/proc").Count(static process => ReadCommand(process).Contains("touch /started && sleep 1000", StringComparison.Ordinal));

    private static string ReadCommand(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static string LastLine(string text) => text[(text.LastIndexOf('\n') + 1)..];
}
