using System.Text.Json.Nodes;

namespace Bld.EndToEnd.Tests;

/// <summary>
/// <c>bldrun --systemd-cgroup</c> with a real systemd: a manager of its own for the test, in a mount namespace where it looks like the system's.
/// </summary>
public sealed class SystemdDriverTests : IDisposable
{
    private const string Manager = """
        set -u
        # A manager takes all processes of the cgroup that it starts in for its own.
        for each in $(find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs | grep -E '^/sys/fs/cgroup(/[^/]*)?/cgroup.procs$'); do
            own=${each%/*}/bld-test-$$
            mkdir $own && { cat ${own%/*}/cpuset.cpus > $own/cpuset.cpus; cat ${own%/*}/cpuset.mems > $own/cpuset.mems; echo $$ > $own/cgroup.procs; } 2>/dev/null
        done
        mount -t tmpfs none /run
        mkdir -p /run/systemd/system /run/manager units
        export XDG_RUNTIME_DIR=/run/manager SYSTEMD_UNIT_PATH=$PWD/units
        for unit in default shutdown exit; do printf '[Unit]\nDescription=%s\n' $unit > units/$unit.target; done
        /lib/systemd/systemd --user --log-target=console > manager.log 2>&1 &
        manager=$!
        for i in $(seq 200); do test -S /run/manager/systemd/private && break; sleep 0.05; done
        ln -s /run/manager/systemd/private /run/systemd/private
        show() { systemctl --user show "$1" -p "$2" --value; }
        (. ./script)
        kill -9 $manager
        wait $manager 2>/dev/null
        $BLDRUN --systemd-cgroup run -b alone alone 2>&1
        for each in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do test -e $each && echo $$ > $each; done 2>/dev/null
        find /sys/fs/cgroup -depth -type d -path "*/bld-test-$$*" 2>/dev/null | xargs -r rmdir
        """;

    private readonly BldHome _home = new();

    public SystemdDriverTests()
    {
        Directory.CreateDirectory(_home.In("root/bin"));
        Directory.CreateDirectory(_home.In("root/proc"));
        File.Copy("/bin/busybox", _home.In("root/bin/busybox"));
    }

    public void Dispose() => _home.Dispose();

    [Fact]
    public void Containers_are_scopes_with_their_limits_and_gone_when_they_are_deleted()
    {
        Bundle("alone", "machine.slice:bld:alone", "cat", "/proc/self/cgroup");
        Bundle("two", "machine.slice:bld:two", "sleep", "1000");
        Bundle("wrong", "/no/triple", "true");
        var lines = Run("""
            $BLDRUN --systemd-cgroup run -b alone alone | grep -c '/machine.slice/bld-alone.scope$'
            systemctl --user is-active bld-alone.scope
            $BLDRUN --systemd-cgroup run -d -b two two
            systemctl --user is-active bld-two.scope
            show bld-two.scope Slice
            show bld-two.scope Description
            show bld-two.scope TasksMax
            show bld-two.scope CPUQuotaPerSecUSec
            show bld-two.scope MemoryMax
            show bld-two.scope MemoryLimit
            cat $(find /sys/fs/cgroup -path '*bld-two.scope/pids.max')
            cat $(find /sys/fs/cgroup -path '*bld-two.scope/memory.limit_in_bytes' -o -path '*bld-two.scope/memory.max')
            $BLDRUN delete -f two
            systemctl --user is-active bld-two.scope
            find /sys/fs/cgroup -name 'bld-*.scope'
            $BLDRUN --systemd-cgroup run -b wrong wrong 2>&1
            """);
        Assert.True(int.Parse(lines[0], System.Globalization.CultureInfo.InvariantCulture) > 0);
        Assert.Equal(["inactive", "active", "machine.slice", "bld container two", "30", "500ms"], lines[1..7]);
        Assert.Contains("52428800", lines[7..9]);
        Assert.Equal("30", lines[9]);
        Assert.Equal("52428800", lines[10]);
        Assert.Equal("inactive", lines[11]);
        Assert.Contains("wants cgroupsPath as slice:prefix:name, not \"/no/triple\"", lines[12], StringComparison.Ordinal);

        // The manager has ended by then.
        Assert.Contains("can't reach systemd at /run/systemd/private", lines[13], StringComparison.Ordinal);
        Assert.Equal(14, lines.Length);
    }

    [Fact]
    public void Commands_with_limits_are_scopes_where_the_command_line_wants_systemd()
    {
        using var home = new BldHome().WithBusybox();
        home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN cat /proc/self/cgroup\n");
        var bld = $"{BldHome.Executable} {string.Join(' ', home.Globals)} --cgroup-manager";
        var lines = Run($"""
            {bld} systemd bud --network none --cgroupns host --memory 50m --cgroup-parent machine.slice {home.In("context")} | grep -cE '/machine.slice/bld-[0-9]+-[0-9a-f]+[.]scope$'
            name=$({bld} systemd from --pids-limit 30 localhost/busybox)
            {bld} systemd run --network none --cgroupns host $name cat /proc/self/cgroup | grep -cE '/bld-[0-9]+-[0-9a-f]+[.]scope$'
            {bld} cgroupfs run --network none --cgroupns host $name cat /proc/self/cgroup | grep -cE '/bld-[0-9]+-[0-9a-f]+[.]scope$'
            systemctl --user list-units --all --no-legend 'bld-*'
            """);
        Assert.True(int.Parse(lines[0], System.Globalization.CultureInfo.InvariantCulture) > 0, string.Join('\n', lines));
        Assert.True(int.Parse(lines[1], System.Globalization.CultureInfo.InvariantCulture) > 0, string.Join('\n', lines));
        Assert.Equal("0", lines[2]);
    }

    [Theory]
    [InlineData("--cgroup-manager systemd", "--cgroup-parent /plain", "it has to be a slice")]
    [InlineData("--cgroup-manager guess", "", "--cgroup-manager guess is not known")]
    public void What_is_no_manager_of_cgroups_is_told(string manager, string parent, string expected) =>
        Assert.Contains(expected, _home.Bld([.. manager.Split(' '), "from", .. parent.Split(' ', StringSplitOptions.RemoveEmptyEntries), "scratch"]).Error, StringComparison.Ordinal);

    private string[] Run(string script)
    {
        _home.Write("script", script);
        _home.Write("manager", Manager);
        var output = BldHome.Peer("sh", "-c", $"cd {_home.Folder}; export BLDRUN=\"{BldHome.RuntimeExecutable} --root {_home.In("state")}\"; timeout 60 unshare -m sh manager");
        return output.Split('\n');
    }

    private void Bundle(string name, string cgroups, params string[] command)
    {
        Directory.CreateDirectory(_home.In(name));
        BldHome.Peer("sh", "-c", $"cd {_home.In(name)}; {BldHome.RuntimeExecutable} spec");
        var spec = JsonNode.Parse(File.ReadAllText(_home.In($"{name}/config.json")))!;
        spec["process"]!["terminal"] = false;
        spec["process"]!["args"] = new JsonArray([.. command.Prepend("/bin/busybox").Select(static word => (JsonNode)word)]);
        spec["root"]!["path"] = _home.In("root");
        spec["linux"]!["cgroupsPath"] = cgroups;
        spec["linux"]!["resources"] = JsonNode.Parse("""{"memory":{"limit":52428800},"pids":{"limit":30},"cpu":{"quota":50000,"period":100000}}""");

        // Its own view would show the cgroup as "/".
        var namespaces = spec["linux"]!["namespaces"]!.AsArray();
        namespaces.Remove(namespaces.Single(static each => each!["type"]!.GetValue<string>() == "cgroup"));
        File.WriteAllText(_home.In($"{name}/config.json"), spec.ToJsonString());
    }
}
