namespace Bld.EndToEnd.Tests;

/// <summary>Podman runs its containers by <c>bldrun</c>: a caller that was not written for it.</summary>
public sealed class PodmanRuntimeTests : IDisposable
{
    private const string Image = "localhost/busybox";
    private readonly BldHome _home = new();
    private readonly List<string> _pods = [];

    public PodmanRuntimeTests()
    {
        // Podman's usual limits are above what a machine without CAP_SYS_RESOURCE can give, whatever the runtime.
        _home.Write("containers.conf", "[containers]\ndefault_ulimits = [\"nofile=1000:1000\", \"nproc=5000:5000\"]\n");
        Directory.CreateDirectory(_home.In("root/bin"));
        File.Copy("/bin/busybox", _home.In("root/bin/busybox"));
        BldHome.Peer("/bin/busybox", "--install", "-s", _home.In("root/bin"));
        BldHome.Peer("sh", "-c", $"for l in {_home.In("root/bin")}/*; do test -L $l && ln -sf busybox $l; done; tar -C {_home.In("root")} -cf {_home.In("root.tar")} .");
        Succeed("import", _home.In("root.tar"), Image);
    }

    public void Dispose()
    {
        _pods.ForEach(pod => Podman("pod", "rm", "-f", "-t", "0", pod));
        Podman("rm", "-f", "-a", "-t", "0");
        _home.Dispose();
    }

    [Fact]
    public void It_runs_executes_and_removes_with_exit_codes_and_a_terminal()
    {
        Assert.Equal("hello", Succeed("run", "--rm", Image, "echo", "hello"));
        Assert.Equal(42, Podman("run", "--rm", Image, "sh", "-c", "exit 42").Code);
        Assert.Contains("tty", Succeed("run", "--rm", "-t", Image, "sh", "-c", "test -t 0 && test -t 1 && echo tty"), StringComparison.Ordinal);
        Assert.Equal(127, Podman("run", "--rm", Image, "bahs").Code);

        Succeed("run", "-d", "--name", "one", Image, "sleep", "1000");
        Assert.Equal(7, Podman("exec", "one", "sh", "-c", "test $(cat /proc/1/comm) = sleep && exit 7").Code);
        Succeed("pause", "one");
        Succeed("unpause", "one");
        Assert.Contains("sleep", Succeed("top", "one"), StringComparison.Ordinal);
        Succeed("rm", "-f", "-t", "0", "one");
    }

    [Fact]
    public void Two_members_share_the_namespaces_of_a_pods_infra_container()
    {
        var pod = Pod("--share", "pid,ipc,uts,net");
        Succeed("run", "-d", "--pod", pod, "--name", "first", Image, "sleep", "2000");
        Assert.Contains("sleep 2000", Succeed("run", "--rm", "--pod", pod, Image, "ps"), StringComparison.Ordinal);
        foreach (var type in (string[])["net", "ipc", "uts", "pid"])
        {
            var link = $"/proc/self/ns/{type}";
            Assert.Equal(Succeed("exec", "first", "readlink", link), Succeed("run", "--rm", "--pod", pod, Image, "readlink", link));
        }
    }

    [Fact]
    public void Ids_are_mapped_by_a_user_namespace_that_exec_enters_too()
    {
        string[] mapped = ["--uidmap", "0:300000:1000", "--gidmap", "0:300000:1000"];
        Assert.Equal("0 300000 1000", Words(Succeed(["run", "--rm", .. mapped, Image, "cat", "/proc/self/uid_map"])));
        Succeed(["run", "-d", "--name", "mapped", .. mapped, Image, "sleep", "1000"]);
        Assert.Equal("0", Succeed("exec", "mapped", "id", "-u"));
        var process = Succeed("inspect", "--format", "{{.State.Pid}}", "mapped");
        Assert.Equal("300000", BldHome.Peer("stat", "-c", "%u", $"/proc/{process}"));
    }

    [Fact]
    public void Limits_devices_sysctls_and_a_read_only_root_arrive()
    {
        Assert.Contains(
            "1 67108864",
            Words(Succeed("run", "--rm", "--memory", "64m", "--sysctl", "net.ipv4.ip_forward=1", Image, "sh", "-c", "cat /proc/sys/net/ipv4/ip_forward /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; true")),
            StringComparison.Ordinal);
        var outcome = Podman("run", "--rm", "--read-only", "--tmpfs", "/scratch", Image, "sh", "-c", "touch /scratch/x && touch /x");
        Assert.NotEqual(0, outcome.Code);
        Assert.Contains("/x: Read-only file system", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Volumes_are_shared_and_what_an_exec_lacks_has_podmans_code()
    {
        Directory.CreateDirectory(_home.In("volume"));
        Assert.Contains("shared:", Succeed("run", "--rm", "-v", $"{_home.In("volume")}:/v:shared", Image, "grep", " /v ", "/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.Equal("700", Succeed("run", "--rm", "--tmpfs", "/t:mode=700", Image, "stat", "-c", "%a", "/t"));
        Succeed("run", "-d", "--name", "lacks", Image, "sleep", "1000");
        Assert.Equal(127, Podman("exec", "-w", "/nowhere", "lacks", "pwd").Code);
        Assert.Equal(126, Podman("exec", "lacks", "/bin").Code);
        Assert.Equal("B=2", Succeed("exec", "-e", "B=2", "lacks", "sh", "-c", "env | grep ^B="));
        Succeed("kill", "lacks");
    }

    private string Pod(params string[] flags)
    {
        var name = $"bld-{Guid.NewGuid().ToString("N")[..8]}";
        _pods.Add(name);
        Succeed(["pod", "create", "--name", name, "--infra-image", Image, "--infra-command", "/bin/sleep 1000", .. flags]);
        return name;
    }

    private static string Words(string text) => string.Join(' ', text.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));

    [Fact]
    public void An_ordinary_users_podman_calls_it_as_root_of_a_user_namespace()
    {
        using var user = new OrdinaryUser();
        File.Copy("/bin/busybox", user.In("busybox"));
        File.Copy(_home.In("containers.conf"), user.In("containers.conf"));
        const string Script = """
            export XDG_RUNTIME_DIR=$HOME/run CONTAINERS_CONF=$HOME/../containers.conf
            mkdir -m 700 $XDG_RUNTIME_DIR
            podman() { command podman --runtime $HOME/../bldrun --cgroup-manager cgroupfs --storage-driver vfs --events-backend file "$@"; }
            tar -C .. -c busybox | podman import -q - box >/dev/null
            podman run --rm --network none box /busybox sh -c 'id -u; exit 42'
            echo $?
            podman run --rm --network none --userns keep-id box /busybox id -u
            podman run --rm --network none box bahs
            echo $?
            podman run -d --name one --network none box /busybox sleep 100 >/dev/null
            podman exec one /busybox sh -c 'exit 7'
            echo $?
            ls $XDG_RUNTIME_DIR/bldrun | wc -l
            podman rm -f -t 0 one >/dev/null
            ls $XDG_RUNTIME_DIR/bldrun
            podman unshare sh -c 'mkdir -p bundle/rootfs && cp ../busybox bundle/rootfs && cd bundle && bldrun spec && sed -i -e "/\"terminal\"/s/true/false/" -e "s#\"sh\"#\"/busybox\",\"true\"#" config.json && bldrun run two'
            echo $?
            """;
        var outcome = user.Shell(Script);
        Assert.Equal($"0\n42\n{BldHome.Peer("id", "-u", user.Name)}\n127\n7\n1\n0\n", outcome.Output);
        Assert.Contains("exec: \"bahs\": executable file not found in $PATH", outcome.Error, StringComparison.Ordinal);
    }

    private Outcome Podman(params string[] arguments) => BldHome.Run("env",
    [
        $"CONTAINERS_CONF={_home.In("containers.conf")}", "podman", "--runtime", BldHome.RuntimeExecutable, "--root", _home.In("p"), "--runroot", _home.In("r"),
        "--tmpdir", _home.In("t"), "--cgroup-manager", "cgroupfs", "--storage-driver", "vfs", "--events-backend", "file", .. arguments,
    ]);

    private string Succeed(params string[] arguments)
    {
        var outcome = Podman(arguments);
        Assert.True(outcome.Code == 0, $"podman {string.Join(' ', arguments)}: exit {outcome.Code}\n{outcome.Output}{outcome.Error}");
        return outcome.Output.Trim();
    }
}
