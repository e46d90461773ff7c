using System.Globalization;

namespace Bld.EndToEnd.Tests;

/// <summary>The flags that say how commands run, each by what the command itself sees.</summary>
public sealed class RunFlagTests(BusyboxFixture fixture) : IClassFixture<BusyboxFixture>
{
    private readonly BldHome _home = fixture.Home;

    [Theory]
    [InlineData("grep CapBnd /proc/self/status", "0000000000200001", "--cap-drop", "all", "--cap-add", "chown,SYS_ADMIN")]
    [InlineData("ulimit -n; ulimit -Hn; ulimit -c", "100 200 0", "--ulimit", "nofile=100:200", "--ulimit", "core=0")]
    [InlineData("df -k /dev/shm | tail -1 | awk '{print $2}'", "1024", "--shm-size", "1m")]
    [InlineData("cat /etc/hosts", "10.9.8.7\tname.example", "--add-host", "name.example:10.9.8.7")]
    [InlineData("cat /etc/resolv.conf", "search a.example nameserver 9.9.9.9 options ndots:3", "--dns", "9.9.9.9", "--dns-search", "a.example", "--dns-option", "ndots:3")]
    [InlineData("test -e /etc/hosts || echo no hosts; test -e /etc/hostname || echo no hostname", "no hosts no hostname", "--no-hosts", "--no-hostname")]
    [InlineData("hostname; cat /etc/hostname", "pluto pluto", "--hostname", "pluto")]
    [InlineData("grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t1", "--security-opt", "no-new-privileges")]
    [InlineData("grep Seccomp: /proc/self/status", "Seccomp:\t0", "--security-opt", "seccomp=unconfined")]
    [InlineData("ls /proc/acpi /proc/sys/kernel/hostname; cat /proc/cpuinfo | wc -c", "/proc/acpi: 0", "--security-opt", "mask=/proc/cpuinfo")]
    [InlineData("mount | grep -c ' /proc/sys ' || true", "0", "--security-opt", "unmask=ALL")]
    [InlineData("id -G", "0 77 88", "--group-add", "77", "--group-add", "88")]
    [InlineData("cat /proc/1/comm", "bld", "--init")]
    [InlineData("test -c /dev/zero2 && stat -c %t:%T /dev/zero2", "1:5", "--device", "/dev/zero:/dev/zero2")]
    public void A_flag_shows_in_the_command(string command, string expected, params string[] flags)
    {
        var output = Run(command, flags);
        Assert.Contains(expected, string.Join(' ', output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pid")]
    [InlineData("ipc")]
    [InlineData("uts")]
    [InlineData("cgroup")]
    public void A_namespace_is_its_own_the_hosts_or_a_files(string type)
    {
        var flag = type == "cgroup" ? "--cgroupns" : "--" + type;
        var command = $"readlink /proc/self/ns/{type}";
        var host = BldHome.Peer("readlink", $"/proc/self/ns/{type}");
        using var other = System.Diagnostics.Process.Start("unshare", [$"--{type}", .. type == "pid" ? (string[])["--fork", "--kill-child"] : [], "sleep", "100"]);
        try
        {
            var process = type == "pid" ? Child(other.Id) : other.Id;
            var file = $"/proc/{process}/ns/{type}";
            Assert.True(SpinWait.SpinUntil(() => BldHome.Run("readlink", file).Output.Trim() != host, TimeSpan.FromSeconds(10)));

            Assert.DoesNotContain(host, Run(command), StringComparison.Ordinal);
            Assert.Contains(host, Run(command, flag, "host"), StringComparison.Ordinal);
            Assert.Contains(BldHome.Peer("readlink", file), Run(command, flag, file), StringComparison.Ordinal);
        }
        finally
        {
            other.Kill();
            other.WaitForExit();
        }
    }

    [Fact]
    public void Limits_of_the_cgroup_hold()
    {
        const string Files = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max "
            + "/sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpuset/cpuset.cpus /sys/fs/cgroup/cpuset.cpus 2>/dev/null; true";
        var values = Run(Files, "--memory", "64m", "--pids-limit", "50", "--cpu-quota", "50000", "--cpu-period", "100000", "--cpuset-cpus", "0", "--cpu-shares", "512").Split('\n');
        Assert.Contains("67108864", values);
        Assert.Contains("50", values);
        Assert.Contains(values, static value => value.StartsWith("50000", StringComparison.Ordinal));
        Assert.Contains("0", values);

        var killed = _home.Bld("bud", "--memory", "16m", "--memory-swap", "16m", Context("dd if=/dev/zero of=/dev/null bs=64M count=1"));
        Assert.NotEqual(0, killed.Code);
    }

    [Fact]
    public void A_cgroup_parent_holds_the_containers_cgroups()
    {
        var parent = $"/bld-test-{Guid.NewGuid().ToString("N")[..8]}";
        Assert.Contains(parent + "/", Run("cat /proc/self/cgroup", "--cgroup-parent", parent, "--memory", "64m", "--cgroupns", "host"), StringComparison.Ordinal);
        Assert.False(Directory.Exists("/sys/fs/cgroup/memory" + parent));
    }

    [Fact]
    public void A_volume_is_read_only_or_thrown_away_or_given_to_the_user_as_asked()
    {
        var source = _home.In("volume");
        Directory.CreateDirectory(Path.Combine(source, "below"));
        File.WriteAllText(Path.Combine(source, "file"), "from the host");

        Assert.Contains("from the host", Run("cat /v/file; ! touch /v/new 2>/dev/null", "--volume", $"{source}:/v:ro"), StringComparison.Ordinal);
        Run("echo changed > /v/file; echo new > /v/new; rmdir /v/below", "--volume", $"{source}:/v:O");
        Assert.Equal("from the host", File.ReadAllText(Path.Combine(source, "file")));
        Assert.Equal(["below", "file"], Directory.GetFileSystemEntries(source).Select(static entry => Path.GetFileName(entry)).Order());

        Run("echo written > /v/written", "--volume", $"{source}:/v:rw,z");
        Assert.Equal("written\n", File.ReadAllText(Path.Combine(source, "written")));
        File.CreateSymbolicLink(Path.Combine(source, "link"), "/etc/hostname");
        var owner = BldHome.Peer("stat", "-c", "%u", "/etc/hostname");
        Build("USER 1234:5678\nRUN test -O /v/file", "--volume", $"{source}:/v:U");
        Assert.Equal("1234:5678", BldHome.Peer("stat", "-c", "%u:%g", Path.Combine(source, "below")));
        Assert.Equal("1234", BldHome.Peer("stat", "-c", "%u", Path.Combine(source, "link")));
        Assert.Equal(owner, BldHome.Peer("stat", "-c", "%u", "/etc/hostname"));
    }

    [Fact]
    public void A_seccomp_file_decides_what_is_refused_by_capability_and_architecture()
    {
        var profile = _home.Write("seccomp.json", """
            {"defaultAction": "SCMP_ACT_ALLOW",
             "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
             "syscalls": [
               {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95, "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
               {"names": ["rmdir", "unlinkat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95, "includes": {"arches": ["s390x"]}}]}
            """);
        const string Command = "mkdir /a || echo refused; rmdir /tmp && echo removed";
        Assert.Contains("refused", Run(Command, "--security-opt", $"seccomp={profile}"), StringComparison.Ordinal);
        Assert.Contains("removed", Run(Command, "--security-opt", $"seccomp={profile}"), StringComparison.Ordinal);
        Assert.DoesNotContain("refused", Run(Command, "--security-opt", $"seccomp={profile}", "--cap-add", "sys_admin"), StringComparison.Ordinal);
    }

    [Fact]
    public void Hooks_of_a_directory_run_for_the_commands_that_they_name()
    {
        var seen = _home.In("seen");
        _home.Write("hooks/a.json", $$"""
            {"version": "1.0.0", "hook": {"path": "/bin/sh", "args": ["sh", "-c", "cat > {{seen}}"]}, "when": {"commands": ["^/bin/s.$"]}, "stages": ["createRuntime"]}
            """);
        _home.Write("hooks/b.json", """
            {"version": "1.0.0", "hook": {"path": "/bin/false"}, "when": {"commands": ["^nothing$"]}, "stages": ["prestart"]}
            """);
        Run("true", "--hooks-dir", _home.In("hooks"));
        Assert.Contains("\"status\":\"creating\"", File.ReadAllText(seen), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cache_id_names_no_path_CVE_2024_9675()
    {
        Build("RUN --mount=type=cache,id=../../escape,target=/c echo caught > /c/file");
        Assert.Empty(Directory.GetFileSystemEntries(_home.Folder, "escape*"));
        var kept = Directory.GetFiles(Path.Combine(_home.Store, "cache-mounts"), "file", SearchOption.AllDirectories);
        Assert.Contains(kept, static file => File.ReadAllText(file) == "caught\n");
    }

    [Theory]
    [InlineData("oci")]
    [InlineData("chroot")]
    public void Nothing_lies_above_the_root(string isolation)
    {
        const string Look = "cd /; test $(stat -c %d:%i /) = $(stat -c %d:%i /..) && test $(stat -c %d:%i /) = $(stat -c %d:%i ../..) && echo nothing above";
        Assert.Contains("nothing above", Build($"RUN {Look}", "--isolation", isolation), StringComparison.Ordinal);
        var container = _home.Succeed("from", "busybox");
        Assert.Equal("nothing above", _home.Succeed("run", "--isolation", isolation, container, "sh", "-c", Look));
    }

    [Fact]
    public void The_users_own_group_is_among_its_groups_CVE_2022_36109() =>
        Assert.Contains("Groups:\t8 \n", Build("USER 7:8\nRUN grep Groups: /proc/self/status"), StringComparison.Ordinal);

    [Theory]
    [InlineData("invalid value for memory: invalid size: 'foo'", "--memory", "foo")]
    [InlineData("invalid value for memory-swap: invalid size: 'bar'", "--memory-swap", "bar")]
    [InlineData("\"CAP_FOO\": unknown capability", "--cap-add", "foo")]
    [InlineData("capability \"CAP_CHOWN\" cannot be dropped and added", "--cap-add", "chown", "--cap-drop", "CHOWN")]
    [InlineData("invalid --security-opt name=value pair: \"foo\"", "--security-opt", "foo")]
    [InlineData("invalid --security-opt 2: \"foo=bar\"", "--security-opt", "foo=bar")]
    [InlineData("opening seccomp profile failed", "--security-opt", "seccomp=/no/file")]
    [InlineData("incorrect volume format \"a\", should be host-dir:ctr-dir[:option]", "--volume", "a")]
    [InlineData("invalid host path, must be an absolute path \"rel\"", "--volume", "rel:/b")]
    [InlineData("invalid container path \"b\", must be an absolute path", "--volume", "/tmp:b")]
    [InlineData("invalid option type \"zz\"", "--volume", "/tmp:/b:zz")]
    [InlineData("stat /nodev: no such file or directory", "--device", "/nodev")]
    [InlineData("invalid device mode: xyz", "--device", "/dev/null:/a:xyz")]
    [InlineData("invalid --dns, --dns=none may not be used with any other --dns options", "--dns", "none", "--dns", "1.1.1.1")]
    [InlineData("checking ipc namespace: stat foo: no such file or directory", "--ipc", "foo")]
    [InlineData("unrecognized isolation type \"foo\"", "--isolation", "foo")]
    [InlineData("userns-uid-map setting is malformed expected [\"uint32:uint32:uint32\"]: [\"0:1\"]", "--userns-uid-map", "0:1")]
    [InlineData("invalid ulimit type: foo", "--ulimit", "foo=1")]
    [InlineData("ulimit soft limit must be less than or equal to hard limit: 5 > 2", "--ulimit", "nofile=5:2")]
    [InlineData("invalid --shm-size: invalid size: 'x'", "--shm-size", "x")]
    public void A_value_that_is_none_is_told_before_anything_runs(string message, params string[] flags)
    {
        var outcome = _home.Bld(["bud", .. flags, Context("true")]);
        Assert.Equal(125, outcome.Code);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("STEP", outcome.Output, StringComparison.Ordinal);
    }

    private static int Child(int process)
    {
        var children = $"/proc/{process}/task/{process}/children";
        Assert.True(SpinWait.SpinUntil(() => File.ReadAllText(children).Length > 0, TimeSpan.FromSeconds(10)));
        return int.Parse(File.ReadAllText(children).Trim(), CultureInfo.InvariantCulture);
    }

    /// <summary>What a command prints under these flags.</summary>
    private string Run(string command, params string[] flags) => Build($"RUN {command}", flags);

    private string Build(string instructions, params string[] flags)
    {
        _home.Write("context/Dockerfile", $"FROM localhost/busybox\n{instructions}\n");
        var output = _home.Succeed(["bud", "--no-cache", .. flags, _home.In("context")]);
        return string.Join('\n', output.Split('\n').Where(static line => !line.StartsWith("STEP", StringComparison.Ordinal)));
    }

    private string Context(string command)
    {
        _home.Write("context/Dockerfile", $"FROM localhost/busybox\nRUN {command}\n");
        return _home.In("context");
    }
}
