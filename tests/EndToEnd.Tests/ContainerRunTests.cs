using System.Diagnostics;

namespace Bld.EndToEnd.Tests;

/// <summary><c>bld run</c>, by what the command sees and leaves.</summary>
public sealed class ContainerRunTests(BusyboxFixture fixture) : IClassFixture<BusyboxFixture>
{
    private readonly BldHome _home = fixture.Home;

    [Fact]
    public void Exit_codes_come_through_and_changes_stay()
    {
        var container = From();
        Assert.Equal("hello", Run(container, "sh", "-c", "echo hello | tee /file"));
        var failed = _home.Bld("run", "--network", "none", container, "--", "sh", "-c", "echo more >> /file; exit 42");
        Assert.Equal(42, failed.Code);
        Assert.Equal("hello\nmore", Run(container, "cat", "/file"));
        Assert.Equal(0, _home.Bld("run", "--network", "none", "--valid-exit-codes", "0,42", container, "sh", "-c", "exit 42").Code);

        var missing = _home.Bld("run", "--network", "none", container, "no-such-program");
        Assert.Equal(127, missing.Code);
        Assert.Contains("no-such-program", missing.Error, StringComparison.Ordinal);
        Assert.Equal(125, _home.Bld("run", container).Code);
    }

    [Fact]
    public void Exit_codes_that_are_not_in_the_list_are_failures_0_too()
    {
        var container = From();
        string[] run = ["run", "--network", "none"];
        Fails("exit status 0 is not in the list of valid exit codes [1 42]", "--valid-exit-codes", "1", "--valid-exit-codes", "42", container, "true");
        var other = _home.Bld([.. run, "--valid-exit-codes", "0", container, "sh", "-c", "exit 3"]);
        Assert.Equal(3, other.Code);
        Assert.Contains("exit status 3 is not in the list of valid exit codes [0]", other.Error, StringComparison.Ordinal);
        foreach (var wrong in new[] { "256", "-1", "one", "1,", " 1" })
        {
            Fails("exit codes are numbers from 0 to 255", $"--valid-exit-codes={wrong}", container, "touch", "/ran");
        }

        Run(container, "test", "!", "-e", "/ran");

        void Fails(string expected, params string[] arguments)
        {
            var outcome = _home.Bld([.. run, .. arguments]);
            Assert.Equal(125, outcome.Code);
            Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_backslash_makes_a_colon_a_part_of_a_volumes_path()
    {
        _home.Write("a:b/file", "colon");
        var volume = $"{_home.In("a")}\\:b:/a\\:b";
        var container = From();
        Assert.Equal("colon", Run(container, ["-v", volume], "cat", "/a:b/file"));
        Assert.Equal("colon\nmore", Run(container, ["-v", volume + ":O"], "sh", "-c", "echo; echo more > /a:b/more; cat /a:b/file; echo; cat /a:b/more"));
        Assert.False(File.Exists(_home.In("a:b/more")));
        Assert.Equal("colon", Run(_home.Succeed("from", "-v", volume + ":ro", "localhost/busybox"), "cat", "/a:b/file"));
        _home.Build("FROM localhost/busybox\nRUN test -e /a:b/file\n", "--no-cache", "-v", volume);
    }

    [Fact]
    public void The_changes_of_an_overlay_volume_stay_where_the_caller_wants_them()
    {
        var container = From();
        var (volume, upper, work) = (_home.In("lasting"), _home.In("lasting-upper"), _home.In("lasting-work"));
        _home.Write("lasting/file", "below");
        Directory.CreateDirectory(upper);
        Directory.CreateDirectory(work);
        var option = $"{volume}:/v:O,upperdir={upper},workdir={work}";
        Run(container, ["-v", option], "sh", "-c", "echo changed > /v/file; echo new > /v/new");
        Assert.Equal("below", File.ReadAllText(Path.Combine(volume, "file")));
        Assert.Equal("changed\n", File.ReadAllText(Path.Combine(upper, "file")));
        Assert.Equal("changed\nnew", Run(container, ["-v", option], "cat", "/v/file", "/v/new"));

        Refused($"{volume}:/v:O,upperdir={upper}", "upperdir= and workdir= go together, and with option O only");
        Refused($"{volume}:/v:upperdir={upper},workdir={work}", "upperdir= and workdir= go together, and with option O only");
        Refused($"{volume}:/v:O,upperdir={upper}/none,workdir={work}", $"the directory {upper}/none for its changes: no such file or directory");

        void Refused(string text, string expected)
        {
            var outcome = _home.Bld("run", "--network", "none", "-v", text, container, "true");
            Assert.Equal(125, outcome.Code);
            Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_configuration_and_the_flags_make_the_environment()
    {
        var container = From();
        _home.Succeed("config", "--env", "A=image", "--env", "B=image", "--workingdir", "/made/here", "--entrypoint", "[\"no-such-entrypoint\"]", container);
        var id = _home.Succeed("containers", "-q", "--filter", $"name={container}");
        Environment.SetEnvironmentVariable("BLD_TEST_OUTER", "outer");
        Assert.Equal("image flag outer /made/here", Run(container, ["-e", "B=flag", "-e", "BLD_TEST_OUTER"], "sh", "-c", "echo $A $B $BLD_TEST_OUTER $PWD"));
        Assert.Equal("/bin", Run(container, "sh", "-c", "echo $PATH"));
        Assert.Equal($"{id[..12]} {id[..12]}", Run(container, "sh", "-c", "echo $(hostname) $HOSTNAME"));
        Assert.Equal("mars", Run(container, ["--hostname", "mars"], "hostname"));
        Assert.Equal("7:8 7:8", Run(container, ["--user", "7:8", "--workingdir", "/of/7"], "sh", "-c", "echo $(id -u):$(id -g) $(stat -c %u:%g /of/7)"));
        Assert.Equal("1", Run(container, "sh", "-c", "ls -d /made/here | wc -l"));
    }

    [Fact]
    public void Input_streams_through_and_no_terminal_is_invented()
    {
        var container = From();
        Assert.Equal("3 not a tty", BldHome.Peer(
            "sh", "-c", $"printf 'a\\nb\\nc\\n' | {Command()} run --network none {container} sh -c 'echo $(wc -l) $(tty)'"));
    }

    [Fact]
    public void A_terminal_is_there_for_who_sits_at_one()
    {
        var container = From();
        var run = $"{Command()} run --network none {container} sh -c 'test -t 0 && test -t 1 && test -t 2 && echo yes; exit 5'";
        var outcome = BldHome.Run("script", "-qec", run, "/dev/null");
        Assert.Contains("yes", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(5, outcome.Code);
        Assert.Contains("/dev/pts/", Run(container, ["--terminal"], "tty"), StringComparison.Ordinal);
    }

    [Fact]
    public void Volumes_and_mounts_are_seen_and_leave_nothing()
    {
        var container = From();
        _home.Write("volume/file", "content");
        var volume = _home.In("volume");
        Assert.Equal("content", Run(container, ["-v", $"{volume}:/v:ro"], "sh", "-c", "touch /v/x 2>/dev/null; cat /v/file"));
        Run(container, ["-v", $"{volume}:/v:O"], "sh", "-c", "echo gone > /v/file");
        Assert.Equal("content", File.ReadAllText($"{volume}/file"));
        Assert.False(File.Exists($"{volume}/x"));
        Assert.Contains("the mode \"8x\" is no octal number", _home.Bld("run", "--mount", "type=tmpfs,target=/t,tmpfs-mode=8x", container, "true").Error, StringComparison.Ordinal);
        Assert.Equal("tmpfs", Run(container, ["--mount", "type=tmpfs,target=/t,tmpfs-size=1M"], "sh", "-c", "echo x > /t/x; stat -f -c %T /t"));
        Run(container, ["--mount", "type=cache,target=/c"], "sh", "-c", "echo kept > /c/x");
        Assert.Equal("kept", Run(container, ["--mount", "type=cache,target=/c"], "cat", "/c/x"));
        Run(container, ["-v", $"{volume}:/u:U", "--user", "12:34"], "true");
        Assert.Equal("12:34", BldHome.Peer("stat", "-c", "%u:%g", $"{volume}/file"));
        _home.Succeed("commit", "-q", container, "volumes");
        var files = _home.Files("volumes").Split('\n').Select(static line => line.Split(' ')[0]).ToList();
        Assert.DoesNotContain("v", files);
        Assert.DoesNotContain("t", files);
        Assert.DoesNotContain("etc/resolv.conf", files);
        Assert.DoesNotContain("proc", files);
    }

    [Fact]
    public void A_bind_is_read_only_or_loses_what_is_written_and_its_source_lies_in_the_context()
    {
        var container = From();
        _home.Write("bound/file", "content");
        var bound = _home.In("bound");
        Assert.Equal("refused", Run(container, ["--mount", $"type=bind,src={bound},dst=/b"], "sh", "-c", "echo new 2>/dev/null > /b/new || echo refused"));
        Assert.Equal("new content", Run(container, ["--mount", $"type=bind,src={bound},dst=/b,rw"], "sh", "-c", "echo new > /b/new; echo $(cat /b/new /b/file)"));
        Assert.Equal("contentmore", Run(container, ["--mount", $"type=bind,src={bound}/file,dst=/b,rw"], "sh", "-c", "echo more >> /b; cat /b"));
        Assert.Equal("content", File.ReadAllText($"{bound}/file"));
        Assert.False(File.Exists($"{bound}/new"));

        File.CreateSymbolicLink($"{bound}/out", "/etc/hostname");
        Assert.Equal("content", Run(container, ["--contextdir", bound, "--mount", "type=bind,src=/file,dst=/b"], "cat", "/b"));
        Assert.Equal("file\nout", Run(container, ["--contextdir", bound, "--mount", "type=bind,dst=/b"], "ls", "/b"));
        Fails("stat out in", "run", "--contextdir", bound, "--mount", "type=bind,src=out,dst=/b", container, "true");
        Fails("must set volume source", "run", "--mount", "type=bind,dst=/b", container, "true");
    }

    [Fact]
    public void A_tmpfs_may_begin_with_what_it_covers_and_a_missing_volume_is_told_by_from()
    {
        var container = From();
        Assert.Contains("group", Run(container, ["--mount", "type=tmpfs,dst=/etc,tmpcopyup"], "sh", "-c", "ls /etc; rm /etc/group"), StringComparison.Ordinal);
        Assert.Equal("/etc/group", Run(container, "ls", "/etc/group"));
        Assert.Equal("", Run(container, ["-v", $"{_home.Folder}:/v:ro,nocopy"], "true"));
        Fails("stat /no-such-directory: no such file or directory", "from", "-v", "/no-such-directory:/v", "busybox");
        Fails("invalid IP address in add-host: \"nowhere\"", "from", "--add-host", "there:nowhere", "busybox");
    }

    [Fact]
    public void What_from_said_counts_for_run()
    {
        var container = _home.Succeed("from", "--network", "none", "--cap-drop", "all", "--add-host", "there:1.2.3.4", "--shm-size", "1m", "busybox");
        Assert.Equal("0000000000000000", _home.Succeed("run", container, "sh", "-c", "grep CapEff /proc/self/status | cut -f2"));
        Assert.Contains("1.2.3.4\tthere", _home.Succeed("run", container, "cat", "/etc/hosts"), StringComparison.Ordinal);
        Assert.Equal("lo", _home.Succeed("run", container, "ls", "/sys/class/net"));
    }

    [Fact]
    public void The_container_can_read_what_it_is()
    {
        var container = _home.Succeed("from", "--name", "named", "--network", "none", "--hostname", "box", "busybox");
        Assert.Contains("127.0.1.1\tbox named", _home.Succeed("run", container, "cat", "/etc/hosts"), StringComparison.Ordinal);
        Assert.Equal(
            "bld named localhost/busybox:latest 64 64 0",
            _home.Succeed("run", container, "sh", "-c", ". /run/.containerenv; echo ${engine%%-*} $name $image ${#id} ${#imageid} $rootless"));
        // A step of a build sees the same each time.
        _home.Write("seen/Dockerfile", "FROM busybox\nRUN . /run/.containerenv; echo seen ${engine%%-*}-$name$id$image$imageid-$rootless\n");
        Assert.Contains("seen bld--0\n", _home.Succeed("bud", "--network", "none", _home.In("seen")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_is_killed_leaves_the_container_as_it_was()
    {
        var container = From();
        using (var run = _home.Start("run", "--network", "none", container, "sh", "-c", "touch /half; echo ready; sleep 60"))
        {
            Assert.Equal("ready", run.StandardOutput.ReadLine());
            run.Kill();
            run.WaitForExit();
        }

        Assert.Equal("no", Run(container, "sh", "-c", "test -e /half && echo yes || echo no"));
        // The killed container may need a moment to let go of its root; whoever opens the store then removes it.
        Assert.True(SpinWait.SpinUntil(
            () => _home.Bld("containers", "-q").Code == 0 && !Directory.EnumerateFileSystemEntries($"{_home.Store}/tmp").Any(), TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void A_command_gets_every_one_of_many_volumes()
    {
        var volumes = new List<string>();
        for (var i = 0; i < 40; i++)
        {
            _home.Write($"many/{i}/file", $"{i} ");
            volumes.AddRange("-v", $"{_home.In("many")}/{i}:/many/{i}");
        }

        Assert.Equal(
            string.Join(' ', Enumerable.Range(0, 40)),
            Run(From(), [.. volumes], "sh", "-c", "i=0; while [ $i -lt 40 ]; do cat /many/$i/file; i=$((i+1)); done"));
    }

    /// <summary>A process of several threads that opens its 65th file waits for all processors, 5 to 12 ms.</summary>
    [Fact]
    public void Neither_bld_nor_init_needs_room_for_more_than_64_open_files()
    {
        // A shell's child begins with the table that the shell's open files need: what it got from whoever runs the tests has to go.
        const string Script = """for f in /proc/self/fd/*; do n=${f##*/}; ((n > 9)) && eval "exec $n>&-"; done; "$@" & echo $!; wait""";
        using var shell = BldHome.StartProcess("bash", ["-c", Script, "bash", BldHome.Executable, .. _home.Globals, "run", "--network", "none", From(), "sh", "-c", "echo ready; sleep 60"]);
        var bld = shell.StandardOutput.ReadLine()!;
        try
        {
            Assert.Equal("ready", shell.StandardOutput.ReadLine());
            var children = Directory.GetDirectories($"/proc/{bld}/task").SelectMany(static task => File.ReadAllText($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
            Assert.NotEmpty(children);
            Assert.All([bld, .. children], static process => Assert.Contains("FDSize:\t64\n", File.ReadAllText($"/proc/{process}/status"), StringComparison.Ordinal));
        }
        finally
        {
            BldHome.Peer("kill", "-KILL", bld);
            shell.WaitForExit();
        }
    }

    [Fact]
    public void Ctrl_C_ends_a_command()
    {
        var container = From();
        // Who runs the tests in the background has the interrupt ignored, and children inherit that.
        var start = new ProcessStartInfo("env") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in (string[])["--default-signal=INT", BldHome.Executable, .. _home.Globals, "run", "--network", "none", container, "sh", "-c", "echo ready; sleep 60"])
        {
            start.ArgumentList.Add(word);
        }

        using var run = Process.Start(start)!;
        Assert.Equal("ready", run.StandardOutput.ReadLine());
        var watch = Stopwatch.StartNew();
        BldHome.Peer("kill", "-INT", $"{run.Id}");
        Assert.True(run.WaitForExit(TimeSpan.FromSeconds(20)));
        Assert.Equal(130, run.ExitCode);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void ONBUILD_triggers_run_when_a_container_is_made()
    {
        _home.Write("triggered.txt", "from here");
        _home.Build("FROM busybox\nONBUILD RUN echo ran > /ran\nONBUILD ENV SET=yes\nONBUILD COPY triggered.txt /copied\n", "-t", "triggers", "--network", "none");
        var start = new ProcessStartInfo(BldHome.Executable) { WorkingDirectory = _home.Folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in (string[])[.. _home.Globals, "from", "--network", "none", "triggers"])
        {
            start.ArgumentList.Add(word);
        }

        using var process = Process.Start(start)!;
        var container = process.StandardOutput.ReadToEnd().Trim();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
        Assert.Equal("triggers-working-container", container);
        Assert.Equal("ran from here yes", Run(container, "sh", "-c", "echo $(cat /ran) $(cat /copied) $SET"));

        // From elsewhere the file is missing: no container is left.
        Assert.Equal(125, _home.Bld("from", "--network", "none", "--name", "failed", "triggers").Code);
        Assert.DoesNotContain("failed", _home.Succeed("containers"), StringComparison.Ordinal);
    }

    private static string Quote(string word) => $"'{word}'";

    private string Command() => string.Join(' ', ((string[])[BldHome.Executable, .. _home.Globals]).Select(Quote));

    private void Fails(string words, params string[] arguments)
    {
        var outcome = _home.Bld(arguments);
        Assert.Equal(125, outcome.Code);
        Assert.Contains(words, outcome.Error, StringComparison.Ordinal);
    }

    private string From() => _home.Succeed("from", "busybox");

    private string Run(string container, params string[] command) => Run(container, [], command);

    private string Run(string container, string[] flags, params string[] command) =>
        _home.Succeed(["run", "--network", "none", .. flags, container, .. command]);
}
