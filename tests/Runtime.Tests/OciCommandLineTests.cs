using Bld.Runtime.Oci;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Tests;

/// <summary>The command line as people and engines know it from runc and crun.</summary>
[Collection("alone")]
public sealed class OciCommandLineTests : IDisposable
{
    private readonly OciBundle _bundle = new("sleep", "100");

    public void Dispose() => _bundle.Dispose();

    [Fact]
    public void Bld_is_the_same_runtime_by_its_first_argument_and_by_the_name_of_a_link()
    {
        var link = $"{_bundle.Path}/bldrun";
        File.CreateSymbolicLink(link, OciBundle.Bld);
        var (help, features) = (_bundle.Run("--help"), _bundle.Run("features"));
        foreach (var program in (string[][])[[OciBundle.Bld, "runtime"], [link]])
        {
            _bundle.Program = program;
            Assert.Equal(help, _bundle.Run("--help"));
            Assert.Equal(features, _bundle.Run("features"));
            Assert.Equal(new Result(0, ""), _bundle.Run("run -d one"));
            Assert.Equal(new Result(7, ""), _bundle.Run("exec", "one", "sh", "-c", "exit 7"));
            Assert.Equal(new Result(1, "unknown command \"rum\" (did you mean run?); see bldrun --help\n"), _bundle.Run("rum"));
            Assert.Equal(new Result(0, ""), _bundle.Run("delete -f one"));
        }
    }

    [Theory]
    [InlineData("somebody", true)]
    [InlineData("root", false)]
    public void Root_of_a_user_namespace_has_its_states_where_the_users_are(string user, bool isUsers)
    {
        var runtime = Directory.CreateDirectory($"{_bundle.Path}/runtime").FullName;
        _bundle.Write(static spec => spec with { Process = spec.Process! with { Args = ["true"] } });
        _ = _bundle.RunUnder(["unshare", "-Ur", "env", $"USER={user}", $"XDG_RUNTIME_DIR={runtime}"], "--root", "", "run", "placed");
        Assert.Equal(isUsers, Directory.Exists($"{runtime}/bldrun"));
    }

    [Fact]
    public void A_part_of_a_configuration_that_is_none_is_named()
    {
        File.WriteAllText($"{_bundle.Path}/bad", "{bad");
        Assert.Equal(0, _bundle.Run("run -d one").Code);
        foreach (var words in (string[])["exec --process bad one", "update -r bad one"])
        {
            var result = _bundle.Run(words);
            Assert.Equal(1, result.Code);
            Assert.StartsWith("bad is no part of a container's configuration: ", result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_empty_value_is_one_that_was_not_given()
    {
        Assert.Equal(new Result(0, ""), _bundle.Run("run", "-d", "--bundle", "", "--pid-file", "", "--console-socket", "", "one"));
        Assert.Equal(new Result(0, ""), _bundle.Run("exec", "--process", "", "--cwd", "", "one", "true"));
    }

    [Fact]
    public void What_has_ended_gets_no_signal_and_no_limits_in_the_words_that_engines_look_for()
    {
        Assert.Equal(0, _bundle.Run("run -d one").Code);
        Assert.Equal(new Result(0, ""), _bundle.Run("kill one 0"));
        Assert.Equal(0, _bundle.Run("kill one KILL").Code);
        _bundle.WaitFor("one", "stopped");
        foreach (var words in (string[])["kill one 0", "kill one TERM", "update --pids-limit 9 one"])
        {
            Assert.Equal(new Result(1, "container not running: \"one\" has ended\n"), _bundle.Run(words));
        }
    }

    [Fact]
    public void A_kept_container_is_there_after_its_end_and_its_last_hook_waits_for_delete()
    {
        var log = _bundle.Root.In("tmp/stopped");
        _bundle.Write(spec => spec with
        {
            Process = spec.Process! with { Args = ["sh", "-c", "exit 3"] },
            Hooks = new HooksSpec { Poststop = [new HookSpec { Path = "/bin/sh", Args = ["sh", "-c", $"echo stopped >> {log}"] }] },
        });
        Assert.Equal(3, _bundle.Run("run --keep one").Code);
        Assert.Contains("\"stopped\"", _bundle.Run("state one").Output, StringComparison.Ordinal);
        Assert.False(File.Exists(log));
        Assert.Equal(new Result(0, ""), _bundle.Run("delete one"));
        Assert.Equal("stopped\n", File.ReadAllText(log));
    }

    [Fact]
    public void A_container_that_was_paused_before_its_start_is_resumed_first()
    {
        Assert.Equal(0, _bundle.Run("create one").Code);
        Assert.Equal(new Result(0, ""), _bundle.Run("pause one"));
        Assert.Equal(new Result(1, "cannot start container \"one\": it is paused\n"), _bundle.Run("start one"));
        Assert.Equal(new Result(0, ""), _bundle.Run("resume one"));
        Assert.Equal(new Result(0, ""), _bundle.Run("start one"));
        _bundle.WaitFor("one", "running");
    }

    [Fact]
    public void Ps_shows_the_lines_of_the_hosts_ps_or_numbers()
    {
        Assert.Equal(0, _bundle.Run("run -d one").Code);
        var process = new StateRoot($"{_bundle.Path}/state").Find("one").Pid;
        var lines = _bundle.Run("ps one -o pid,comm -e").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Equal($"{process} sleep", lines[1].Trim());
        Assert.Contains("column PID", _bundle.Run("ps one -o comm").Output, StringComparison.Ordinal);
        Assert.Contains("unknown format", _bundle.Run("ps -f bad one").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Descriptors_that_are_to_be_kept_are_those_that_were_given()
    {
        var result = _bundle.Run("run --preserve-fds 1 one");
        Assert.Equal(new Result(125, "descriptor 3 of the 1 to be kept was not given to this program\n"), result);
        Assert.Contains("it must not be below 0", _bundle.Run("run --preserve-fds -4 one").Output, StringComparison.Ordinal);
        string[] manager = ["sh", "-c", "export LISTEN_FDS=2147483647 LISTEN_PID=$$; exec \"$@\"", "sh"];
        Assert.Equal(new Result(125, "2147483647 descriptors can't be kept: a process has at most 1048576\n"), _bundle.RunUnder(manager, "run", "one"));
    }

    [Fact]
    public void Sockets_of_a_service_manager_reach_the_command()
    {
        File.WriteAllText($"{_bundle.Path}/socket", "connected");
        _bundle.Write(static spec => spec with { Process = spec.Process! with { Args = ["sh", "-c", "echo $LISTEN_FDS $LISTEN_PID; cat <&3"] } });
        string[] manager = ["sh", "-c", "exec 3<socket; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$@\"", "sh"];
        Assert.Equal(new Result(0, "1 1\nconnected"), _bundle.RunUnder(manager, "run", "one"));
        string[] other = ["sh", "-c", "exec 3<socket; export LISTEN_FDS=1 LISTEN_PID=1; exec \"$@\"", "sh"];
        Assert.StartsWith("\n", _bundle.RunUnder(other, "run", "one").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_further_process_says_only_what_differs_from_the_containers()
    {
        _bundle.Write(static spec => spec with { Process = spec.Process! with { Args = ["sleep", "100"], Env = ["PATH=/bin", "A=1"], Rlimits = [new RlimitSpec { Type = "RLIMIT_NOFILE", Soft = 77, Hard = 77 }] } });
        Assert.Equal(0, _bundle.Run("run -d one").Code);
        File.WriteAllText($"{_bundle.Path}/process", "{\"args\":[\"sh\",\"-c\",\"ulimit -n; grep CapPrm /proc/self/status\"],\"env\":[\"PATH=/bin\"],\"cwd\":\"/\"}");
        Assert.Equal(new Result(0, "77\nCapPrm:\t0000000020000420\n"), _bundle.Run("exec -p process one"));
        Assert.Equal(new Result(0, "A=2\n"), _bundle.Run("exec", "-e", "A=2", "one", "sh", "-c", "env | grep ^A="));
        Assert.Equal(new Result(125, "chdir to /made: no such file or directory\n"), _bundle.Run("exec --cwd /made one pwd"));
        Assert.False(Directory.Exists(_bundle.Root.In("made")));
        Assert.Contains("wants no terminal", _bundle.Run("exec --console-socket nothing one true").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_further_process_stays_below_the_containers_cgroup()
    {
        Assert.Equal(0, _bundle.Run("run -d one").Code);
        foreach (var path in (string[])["..", "a/../../b", "pids:.."])
        {
            Assert.Contains("is no cgroup below the container's own", _bundle.Run("exec", "--cgroup", path, "one", "true").Output, StringComparison.Ordinal);
        }

        Assert.Equal(new Result(0, ""), _bundle.Run("exec --cgroup / one true"));
        Assert.Equal(new Result(125, "the container has no cgroup of a controller \"nothing\"\n"), _bundle.Run("exec --cgroup nothing:below one true"));
    }

    [Fact]
    public void A_cgroup_that_others_are_in_is_not_taken()
    {
        _bundle.Write(spec => spec with { Process = spec.Process! with { Args = ["sleep", "100"] }, Linux = spec.Linux! with { CgroupsPath = "/" + Path.GetFileName(_bundle.Path) } });
        Assert.Equal(new Result(0, ""), _bundle.Run("run -d one"));
        var second = _bundle.Run("run two");
        Assert.Equal(125, second.Code);
        Assert.Contains("has processes that are not the container's", second.Output, StringComparison.Ordinal);
        Assert.Equal(new Result(0, ""), _bundle.Run("exec one true"));
    }

    [Fact]
    public void Limits_are_changed_with_units()
    {
        Assert.Equal(0, _bundle.Run("run -d one").Code);
        Assert.Equal(new Result(0, ""), _bundle.Run("update --memory 64m --kernel-memory 1m one"));
        Assert.Contains("\"limit\":67108864", _bundle.Run("events --stats one").Output, StringComparison.Ordinal);
        Assert.Contains("invalid argument \"much\"", _bundle.Run("update --memory much one").Output, StringComparison.Ordinal);
        Assert.Contains("it must not be above 65535", _bundle.Run("update --blkio-weight 65546 one").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_that_can_not_be_read_is_removed_by_force_and_hides_no_other()
    {
        Assert.Equal(0, _bundle.Run("run -d one").Code);
        Directory.CreateDirectory($"{_bundle.Path}/state/two");
        File.WriteAllText($"{_bundle.Path}/state/two/state.json", "{");
        var list = _bundle.Run("list -q");
        Assert.Equal(0, list.Code);
        Assert.Contains("one\n", list.Output, StringComparison.Ordinal);
        Assert.Contains("delete --force two removes the container", _bundle.Run("state two").Output, StringComparison.Ordinal);
        Assert.Equal(0, _bundle.Run("delete --force two").Code);
        Assert.False(Directory.Exists($"{_bundle.Path}/state/two"));
        File.WriteAllText($"{_bundle.Path}/state/one/config.json", "{");
        Assert.Equal(0, _bundle.Run("delete --force one").Code);
        Assert.False(Directory.Exists($"{_bundle.Path}/state/one"));
    }

    [Theory]
    [InlineData("--log-format bad list", "unknown log format \"bad\"")]
    [InlineData("checkpoint one", "checkpoint is not supported")]
    [InlineData("restore one", "restore is not supported")]
    public void What_there_is_not_is_said(string words, string expected)
    {
        var result = _bundle.Run(words);
        Assert.Equal(1, result.Code);
        Assert.Contains(expected, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Rootless_takes_its_value_as_runc_does() => Assert.Equal(new Result(0, ""), _bundle.Run("--rootless true list -q"));
}
