using System.Text.Json;

namespace Bld.EndToEnd.Tests;

/// <summary>What people look at after a build: failed steps to step into, reports, layers, files, differences, the host.</summary>
public sealed class PeopleTests : IDisposable
{
    private readonly BldHome _home = new BldHome().WithBusybox();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void A_failed_step_can_be_entered_with_its_files_environment_mounts_user_and_directory()
    {
        _home.Write("secret", "whisper");
        _home.Write("context/Dockerfile", """
            FROM localhost/busybox
            ENV WHERE=here
            ARG KIND=argument
            RUN chmod 777 /root
            USER 1234
            WORKDIR /work
            RUN --mount=type=secret,id=s,mode=444 --mount=type=tmpfs,target=/scratch echo before > /root/made; exit 3
            """);
        var failed = _home.Bld("bud", "--secret", $"id=s,src={_home.In("secret")}", _home.In("context"));
        Assert.Equal(3, failed.Code);

        var visit = _home.Bld("debug", "--run", "cat /root/made; pwd; echo $WHERE $KIND; id -u; cat /run/secrets/s; echo; grep -c ' /scratch tmpfs' /proc/mounts; exit 5");
        Assert.Equal(5, visit.Code);
        Assert.Equal("before\n/work\nhere argument\n1234\nwhisper\n1\n", visit.Output);

        // What was done there is thrown away, and the step stays as it was.
        Assert.Equal(0, _home.Bld("debug", "--run", "echo changed > /root/made").Code);
        Assert.Equal("before\n", _home.Bld("debug", "--run", "cat /root/made").Output);
        Assert.Contains("exit   3  0:7  RUN", _home.Succeed("debug", "--list"), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_home.Store, "tmp")));
    }

    [Fact]
    public void A_failed_step_goes_after_a_day_and_credentials_are_not_written_down()
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN exit 3\n");
        Assert.Equal(3, _home.Bld("bud", "--creds", "me:hunter2", _home.In("context")).Code);
        var kept = Directory.GetDirectories(Path.Combine(_home.Store, "failed"));
        var files = Directory.EnumerateFiles(_home.Store, "*.json", SearchOption.AllDirectories);
        Assert.DoesNotContain(files, static file => File.ReadAllText(file).Contains("hunter2", StringComparison.Ordinal));

        Directory.SetLastWriteTimeUtc(Assert.Single(kept), DateTime.UtcNow.AddHours(-25));
        _home.Build("FROM localhost/busybox\n");
        Assert.Empty(Directory.GetDirectories(Path.Combine(_home.Store, "failed")));
        Assert.Contains("there is no failed step to enter", _home.Bld("debug").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shell_on_a_terminal_is_interactive()
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN echo before > /made; exit 3\n");
        Assert.Equal(3, _home.Bld("bud", _home.In("context")).Code);
        var typed = _home.Write("typed", "tty && cat /made\nexit 6\n");
        var outcome = BldHome.Run("sh", "-c", $"script -qec \"{BldHome.Executable} {string.Join(' ', _home.Globals)} debug\" /dev/null < {typed}");

        Assert.Equal(6, outcome.Code);
        Assert.Contains("/dev/pts/0", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("before", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_that_fails_on_a_terminal_can_be_entered_at_once()
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nENV WHERE=here\nRUN echo before > /made; exit 3\n");
        var typed = _home.Write("typed", "echo $WHERE; cat /made\nexit 6\n");
        var outcome = BldHome.Run("sh", "-c", $"TERM=xterm script -qec \"{BldHome.Executable} {string.Join(' ', _home.Globals)} bud --on-failure=shell {_home.In("context")}\" /dev/null < {typed}");

        // The build stays one that failed, whatever is done in the shell.
        Assert.Equal(3, outcome.Code);
        Assert.Contains("here", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("\nbefore", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_services_get_the_groups_that_their_logs_fold()
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN echo said\nRUN echo more; exit 4\n");
        string[] build = [BldHome.Executable, .. _home.Globals, "bud", "--no-cache", _home.In("context")];
        var github = BldHome.Run("env", ["GITHUB_ACTIONS=true", .. build]);
        Assert.Equal(4, github.Code);
        Assert.Contains("::group::STEP 2/3: RUN echo said\n", github.Output, StringComparison.Ordinal);
        Assert.Contains("\nsaid\n::endgroup::\nSTEP 2/3: RUN echo said: done in ", github.Output, StringComparison.Ordinal);
        Assert.Contains("\nmore\n::endgroup::\nSTEP 3/3: RUN echo more; exit 4: failed with exit code 4\n", github.Output, StringComparison.Ordinal);

        var gitlab = BldHome.Run("env", ["GITLAB_CI=true", .. build]);
        Assert.Matches("\\e\\[0Ksection_start:[0-9]+:step_1\\r\\e\\[0KSTEP 2/3: RUN echo said\n(not cached: [^\n]*\n)?said\n\\e\\[0Ksection_end:[0-9]+:step_1\\r\\e\\[0K\n", gitlab.Output);
        Assert.DoesNotContain("section_", BldHome.Run("env", build).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_build_on_a_terminal_shows_running_steps_and_ends_with_the_image()
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN printf '\\rhalf\\rall of it\\n'; sleep 1\n");
        var outcome = BldHome.Run("sh", "-c", $"TERM=xterm script -qec \"stty cols 60 rows 12; {BldHome.Executable} {string.Join(' ', _home.Globals)} bud -t shown {_home.In("context")}\" /dev/null");

        Assert.Equal(0, outcome.Code);
        Assert.Contains("▸ [2/2] RUN printf", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("│ all of it", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("✓ localhost/shown:latest ", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("STEP", outcome.Output, StringComparison.Ordinal);
        Assert.True(outcome.Output.LastIndexOf("?25h", StringComparison.Ordinal) > outcome.Output.LastIndexOf("?25l", StringComparison.Ordinal), "the cursor is shown again");
    }

    [Fact]
    public void The_report_is_one_page_without_scripts_that_names_steps_reasons_files_and_warnings()
    {
        _home.Write("context/data", "first");
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nENV API_TOKEN=x\nCOPY data /data\nRUN head -c 500000 /dev/zero > /big\nRUN rm /big && echo '<b>' > /x\n");
        _home.Succeed("bud", "-q", "-t", "told", _home.In("context"));
        _home.Write("context/data", "second");
        _home.Succeed("bud", "-q", "-t", "told", "--report", _home.In("page.html"), "--trace", _home.In("trace.json"), _home.In("context"));
        var page = File.ReadAllText(_home.In("page.html"));

        Assert.Contains("data changed: a7937b64 → 16367aac", page, StringComparison.Ordinal);
        Assert.Contains("follows step 3 (COPY data /data), which was built anew", page, StringComparison.Ordinal);
        Assert.Contains("<td class=\"n\">500 kB<td class=\"i\">/big<td class=\"n dim\">layer 5, hidden by 6", page, StringComparison.Ordinal);
        Assert.Contains("<mark>   2  ENV API_TOKEN=x</mark>", page, StringComparison.Ordinal);
        Assert.Contains("echo &#39;&lt;b&gt;&#39;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http", page.Replace("http://www.w3.org", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.True(page.Length < 1_000_000);

        using var trace = JsonDocument.Parse(File.ReadAllText(_home.In("trace.json")));
        var steps = trace.RootElement.GetProperty("traceEvents").EnumerateArray().Where(static each => each.GetProperty("ph").GetString() == "X").ToList();
        Assert.Equal(5, steps.Count);
        Assert.All(steps, static step => Assert.True(step.GetProperty("dur").GetDouble() >= 0));
        Assert.Equal(page.Length, _home.Bld("report", "-o", "-", "told").Output.Length);
    }

    [Fact]
    public void Layers_tree_and_diff_say_what_is_in_images()
    {
        _home.Build("FROM localhost/busybox\nRUN mkdir /d && echo one > /d/a && head -c 9000 /dev/zero > /d/b\nRUN rm /d/b && echo two > /d/a\n", "-t", "left");
        _home.Build("FROM localhost/busybox\nRUN mkdir /d && echo two > /d/a && chmod 600 /d/a && ln -s a /d/c\nENV X=1\n", "-t", "right");

        var layers = _home.Succeed("layers", "-f", "left");
        Assert.Contains("+    9.0 kB /d/b\n", layers, StringComparison.Ordinal);
        Assert.Contains("-    9.0 kB /d/b\n", layers, StringComparison.Ordinal);
        Assert.Contains("~       4 B /d/a\n", layers, StringComparison.Ordinal);
        Assert.Contains("9.0 kB wasted on files", layers, StringComparison.Ordinal);
        Assert.Contains("└─ a  [5: RUN /bin/sh -c rm /d/b", _home.Succeed("tree", "left", "/d"), StringComparison.Ordinal);

        var difference = _home.Bld("diff", "left", "right");
        Assert.Equal(1, difference.Code);
        Assert.Equal("+ environment X=1\n~            /d/a  (mode 644 → 600)\n+            /d/c\n3 differences, +0 B\n", difference.Output);
        Assert.Equal("no difference\n", _home.Succeed("diff", "left", "left") + "\n");
    }

    [Fact]
    public void The_doctor_finds_this_host_fit_and_says_so_in_json_too()
    {
        using var findings = JsonDocument.Parse(_home.Succeed("doctor", "--json"));
        Assert.All(findings.RootElement.EnumerateArray(), static finding => Assert.NotEqual("bad", finding.GetProperty("health").GetString()));
        Assert.Contains("overlay              mounted and written to", _home.Succeed("doctor"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_doctor_asks_the_registries_that_the_configuration_names()
    {
        using var registry = RegistryServer.Start(_home);
        var nobody = $"127.0.0.1:{TestPorts.Next()}";
        var file = _home.Write("registries.conf", $"""
            unqualified-search-registries = ["{registry.Host}", "no host"]
            [[registry]]
            location = "{registry.Host}/team"
            [[registry.mirror]]
            location = "{nobody}/team"
            """);
        string[] said = [.. _home.Succeed("--registries-conf", file, "doctor").Split('\n').Where(static line => line.Contains("  registries  ", StringComparison.Ordinal))];
        Assert.Equal(3, said.Length);
        Assert.Equal($"ok    registries           {registry.Host} answers", said[0]);
        Assert.StartsWith("warn  registries           no host is no host: ", said[1], StringComparison.Ordinal);
        Assert.StartsWith($"warn  registries           {nobody}: ", said[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Raw_json_is_a_line_an_event_with_the_reasons()
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN echo hello\n");
        var lines = _home.Succeed("bud", "--progress=rawjson", _home.In("context")).Split('\n').Select(static line => JsonDocument.Parse(line).RootElement).ToList();
        string[] events = [.. lines.Select(static line => line.GetProperty("event").GetString()!)];

        Assert.Equal(
            ["planned", "step-started", "step-looked-up", "step-finished", "step-started", "step-looked-up", "step-output", "step-finished", "image-committing", "image-committed"],
            events);
        Assert.StartsWith("first build", lines[5].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal("hello\n"u8.ToArray(), lines[6].GetProperty("data").GetBytesFromBase64());
    }
}
