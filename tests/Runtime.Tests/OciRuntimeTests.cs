using System.Globalization;
using System.Text;
using System.Text.Json;

using Bld.Runtime.Cgroups;
using Bld.Runtime.Linux;
using Bld.Runtime.Oci;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Tests;

/// <summary>The life of a container as an engine leads it (runtime-spec, "Lifecycle"), through the program's command line.</summary>
[Collection("alone")]
public sealed class OciRuntimeTests
{
    [Fact]
    public void A_container_is_created_started_killed_and_deleted()
    {
        using var bundle = new OciBundle("sh", "-c", "echo ran; sleep 100");
        var created = bundle.Run("create --pid-file pid life");
        Assert.Equal(new Result(0, ""), created);
        Assert.Equal("created", Field(bundle.Run("state life"), "status"));
        var process = Field(bundle.Run("state life"), "pid");
        Assert.Equal(process, File.ReadAllText($"{bundle.Path}/pid"));
        Assert.Equal(0, bundle.Run("start life").Code);
        Assert.Equal("running", Field(bundle.Run("state life"), "status"));
        Assert.Contains("it is running", bundle.Run("delete life").Output, StringComparison.Ordinal);
        Assert.Contains("exists already", bundle.Run("create life").Output, StringComparison.Ordinal);
        Assert.Equal(0, bundle.Run("kill life KILL").Code);
        bundle.WaitFor("life", "stopped");
        Assert.Equal(new Result(0, ""), bundle.Run("delete life"));
        Assert.Equal(1, bundle.Run("state life").Code);
        Assert.False(Directory.Exists($"{bundle.Path}/state/life"));
    }

    [Fact]
    public void A_command_that_is_not_there_is_an_error_of_create_on_stderr_and_in_the_log_and_leaves_nothing()
    {
        using var bundle = new OciBundle("bahs");
        var result = bundle.Run("create typo");
        Assert.Equal(new Result(1, "exec: \"bahs\": executable file not found in $PATH\n"), result);
        using var line = JsonDocument.Parse(File.ReadAllText(bundle.LogFile));
        Assert.Equal("error", line.RootElement.GetProperty("level").GetString());
        Assert.Equal("exec: \"bahs\": executable file not found in $PATH", line.RootElement.GetProperty("msg").GetString());
        Assert.True(line.RootElement.GetProperty("time").TryGetDateTime(out _));
        Assert.Equal("", bundle.Run("list -q").Output);
        Assert.Equal(127, bundle.Run("run typo").Code);
        Assert.False(Directory.Exists($"{bundle.Path}/state/typo"));
    }

    [Fact]
    public void Run_gives_the_commands_code_and_forgets_the_container()
    {
        using var bundle = new OciBundle("sh", "-c", "echo out; echo err >&2; exit 7");
        var result = bundle.Run("run once");
        Assert.Equal(7, result.Code);
        Assert.Equal("out\nerr\n", result.Output);
        Assert.Equal("", bundle.Run("list -q").Output);
        Assert.Empty(Directory.GetDirectories("/sys/fs/cgroup", "once", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("umount -R /sys/fs/cgroup")]
    [InlineData("umount -R /sys/fs/cgroup; mount -t tmpfs none /mnt; mkdir /mnt/pids; mount -t cgroup -o pids none /mnt/pids")]
    [InlineData("true")]
    public void A_host_that_has_cgroup_v2_alone_or_over_or_beside_other_hierarchies_will_do(string first)
    {
        // The hierarchy's own root, which the container must not see, has no cgroup.events.
        using var bundle = new OciBundle("sh", "-c", "grep ^0: /proc/self/cgroup; ls /sys/fs/cgroup/cgroup.events");
        string[] host = ["unshare", "-m", "sh", "-c", first + "; mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\"", "sh"];
        Assert.Equal(new Result(0, "0::/\n/sys/fs/cgroup/cgroup.events\n"), bundle.RunUnder(host, "run", "unified"));
    }

    [Theory]
    [InlineData("shared")]
    [InlineData("rshared")]
    public void A_root_that_is_shared_takes_no_mount_from_the_host(string propagation)
    {
        using var bundle = new OciBundle();
        bundle.Write(spec => spec with { Process = spec.Process! with { Args = ["echo", "ran"] }, Linux = spec.Linux! with { RootfsPropagation = propagation } });
        // A host of systemd's shares all its mounts; this one is for the test alone.
        string[] host = ["unshare", "-m", "sh", "-c", "mount --make-rshared / && before=$(cat /proc/self/mountinfo) && \"$@\" && test \"$before\" = \"$(cat /proc/self/mountinfo)\"", "sh"];
        Assert.Equal(new Result(0, "ran\n"), bundle.RunUnder(host, "run", "parted"));
    }

    [Fact]
    public void Exec_joins_the_namespaces_and_gives_its_own_code()
    {
        using var bundle = new OciBundle("sleep", "100");
        Assert.Equal(0, bundle.Run("run -d host").Code);
        var inside = bundle.Run("exec", "-e", "A=1", "--cwd", "/tmp", "-u", "1000:1001", "host", "sh", "-c", "echo $A $(pwd) $(id -u):$(id -g) $(readlink /proc/self/ns/net); test -d /proc/1 && exit 9");
        Assert.Equal(9, inside.Code);
        var network = new FileInfo($"/proc/{Field(bundle.Run("state host"), "pid")}/ns/net").LinkTarget;
        Assert.Equal($"1 /tmp 1000:1001 {network}\n", inside.Output);
        Assert.Contains("executable file not found", bundle.Run("exec host bahs").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_container_joins_the_firsts_namespaces_as_in_a_pod()
    {
        using var bundle = new OciBundle("sleep", "100");
        Assert.Equal(0, bundle.Run("run -d infra").Code);
        var process = Field(bundle.Run("state infra"), "pid");
        bundle.Write(spec => spec with
        {
            Hostname = null,
            Process = spec.Process! with { Args = ["sh", "-c", "for i in net ipc uts pid; do readlink /proc/self/ns/$i; done"] },
            Linux = spec.Linux! with
            {
                Namespaces =
                [
                    Joined("network", process, "net"), Joined("ipc", process, "ipc"), Joined("uts", process, "uts"), Joined("pid", process, "pid"),
                    new NamespaceSpec { Type = "mount" },
                ],
            },
        });
        var expected = string.Concat(((string[])["net", "ipc", "uts", "pid"]).Select(name => new FileInfo($"/proc/{process}/ns/{name}").LinkTarget + "\n"));
        Assert.Equal(new Result(0, expected), bundle.Run("run member"));
    }

    [Fact]
    public void Hooks_of_all_six_kinds_run_in_their_order()
    {
        using var bundle = new OciBundle();
        var log = bundle.Root.In("tmp/hooks");
        HookSpec Host(string name) => new() { Path = "/bin/sh", Args = ["sh", "-c", $"echo {name} $(grep -o '\"id\":\"[a-z]*\"') >> {log}"] };
        HookSpec Inside(string name) => new() { Path = "/bin/sh", Args = ["sh", "-c", $"echo {name} >> /tmp/hooks"], Env = ["PATH=/bin"] };
        bundle.Write(spec => spec with
        {
            Root = spec.Root! with { Readonly = false },
            Process = spec.Process! with { Args = ["sh", "-c", "echo command >> /tmp/hooks; sleep 100"] },
            Hooks = new HooksSpec
            {
                Prestart = [Host("prestart")],
                CreateRuntime = [Host("createRuntime")],
                CreateContainer = [Host("createContainer")],
                StartContainer = [Inside("startContainer")],
                Poststart = [Host("poststart")],
                Poststop = [Host("poststop")],
            },
        });
        Assert.Equal(new Result(0, ""), bundle.Run("create hooks"));
        Assert.Equal("prestart \"id\":\"hooks\"\ncreateRuntime \"id\":\"hooks\"\ncreateContainer \"id\":\"hooks\"\n", File.ReadAllText(log));
        Assert.Equal(new Result(0, ""), bundle.Run("start hooks"));
        Assert.Equal(0, bundle.Run("delete -f hooks").Code);
        var lines = File.ReadAllLines(log);
        Assert.Equal("startContainer", lines[3]);
        Assert.Equal(["command", "poststart \"id\":\"hooks\""], lines[4..6].Order(StringComparer.Ordinal));
        Assert.Equal("poststop \"id\":\"hooks\"", lines[^1]);
    }

    [Theory]
    [InlineData("prestart")]
    [InlineData("createRuntime")]
    [InlineData("createContainer")]
    public void What_a_failing_hook_has_begun_the_last_hooks_undo_each_for_itself(string kind)
    {
        using var bundle = new OciBundle();
        var log = bundle.Root.In("tmp/hooks");
        HookSpec Hook(string command) => new() { Path = "/bin/sh", Args = ["sh", "-c", command] };
        IReadOnlyList<HookSpec>? Failing(string name) => name == kind ? [Hook("exit 4"), Hook($"echo never >> {log}")] : null;
        bundle.Write(spec => spec with
        {
            Hooks = new HooksSpec
            {
                Prestart = Failing("prestart"),
                CreateRuntime = Failing("createRuntime"),
                CreateContainer = Failing("createContainer"),
                Poststop = [Hook($"echo first >> {log}; exit 5"), Hook($"echo second >> {log}")],
            },
        });
        var result = bundle.Run("create hooks");
        Assert.Equal(1, result.Code);
        Assert.Contains("hook /bin/sh: exit status 4\n", result.Output, StringComparison.Ordinal);
        Assert.Equal("first\nsecond\n", File.ReadAllText(log));
        Assert.Equal("", bundle.Run("list -q").Output);
    }

    [Fact]
    public void Hooks_inside_are_told_the_number_that_the_container_sees()
    {
        using var bundle = new OciBundle();
        HookSpec Hook(string program, string log) => new() { Path = program, Args = ["sh", "-c", $"cat >> {log}; echo >> {log}"], Env = ["PATH=/bin"] };
        bundle.Write(spec => spec with
        {
            Root = spec.Root! with { Readonly = false },
            Process = spec.Process! with { Args = ["true"] },
            Hooks = new HooksSpec { CreateContainer = [Hook("/bin/sh", bundle.Root.In("tmp/hooks"))], StartContainer = [Hook("/bin/sh", "/tmp/hooks")] },
        });
        Assert.Equal(new Result(0, ""), bundle.Run("run hooks"));
        var states = File.ReadAllLines(bundle.Root.In("tmp/hooks"));
        Assert.Equal(["creating", "created"], states.Select(static state => Field(new Result(0, state), "status")));
        Assert.All(states, static state => Assert.Equal("1", Field(new Result(0, state), "pid")));
        Assert.All(states, static state => Assert.Equal("hooks", Field(new Result(0, state), "id")));
    }

    [Fact]
    public void A_killed_create_leaves_no_process_behind()
    {
        using var bundle = new OciBundle("sleep", "100");
        bundle.Write(spec => spec with
        {
            Process = spec.Process! with { Args = ["sleep", "100"] },
            Hooks = new HooksSpec { CreateRuntime = [new HookSpec { Path = "/bin/sh", Args = ["sh", "-c", "kill -9 $PPID; sleep 0.2"] }] },
        });
        Assert.NotEqual(0, bundle.Run("create dead").Code);
        Assert.Equal("", bundle.Run("list -q").Output);
        for (var i = 0; i < 100 && InitsBelow(bundle) > 0; i++)
        {
            Thread.Sleep(10);
        }

        Assert.Equal(0, InitsBelow(bundle));
        Assert.Equal(new Result(0, ""), bundle.Run("delete -f dead"));
    }

    [Fact]
    public void Features_and_the_template_are_what_callers_can_read()
    {
        using var bundle = new OciBundle("true");
        using var features = JsonDocument.Parse(bundle.Run("features").Output);
        Assert.Equal(6, features.RootElement.GetProperty("hooks").GetArrayLength());
        Directory.CreateDirectory($"{bundle.Path}/new");
        Assert.Equal(new Result(0, ""), bundle.Run("spec --rootless -b new"));
        var spec = ContainerSpec.Parse(File.ReadAllBytes($"{bundle.Path}/new/config.json"));
        Assert.Contains(spec.Linux!.Namespaces!, static item => item.Type == "user");
        Assert.Contains("exists already", bundle.Run("spec -b new").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_could_leave_the_state_directory_are_refused()
    {
        using var bundle = new OciBundle("true");
        foreach (var name in (string[])["../x", "a/b", ".", "..", ".x", ""])
        {
            Assert.Contains("invalid container ID", bundle.Run("run", name).Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Processes_are_frozen_and_thawed_and_limits_change()
    {
        using var bundle = new OciBundle("sleep", "100");
        Assert.Equal(0, bundle.Run("run -d cold").Code);
        var container = new StateRoot($"{bundle.Path}/state").Find("cold");
        Assert.Equal(new Result(0, ""), bundle.Run("pause cold"));
        Assert.Equal("paused", container.Status);
        Assert.Contains("it is paused", bundle.Run("exec cold true").Output, StringComparison.Ordinal);
        Assert.Equal(new Result(0, ""), bundle.Run("resume cold"));
        Assert.Equal("running", container.Status);
        Assert.Equal(new Result(0, ""), bundle.Run("update --pids-limit 33 cold"));
        using var statistics = JsonDocument.Parse(bundle.Run("events --stats cold").Output);
        Assert.Equal(33, statistics.RootElement.GetProperty("data").GetProperty("pids").GetProperty("limit").GetInt32());
        Assert.Equal($"[\n  {container.Pid}\n]\n", bundle.Run("ps -f json cold").Output);
    }

    [Fact]
    public void Events_tell_of_block_devices_swap_and_huge_pages()
    {
        using var bundle = new OciBundle();
        var disk = DiskOf(bundle.Path);
        // The kernel counts for cgroup v1 only what a disk does that has ever had a limit.
        var limits = new BlockIoSpec { ThrottleWriteBpsDevice = disk is { } device ? [new ThrottleDevice { Major = device.Major, Minor = device.Minor, Rate = 1L << 40 }] : [] };
        bundle.Write(spec => spec with
        {
            Process = spec.Process! with { Args = ["sh", "-c", "dd if=/dev/zero of=/file bs=64k count=4 conv=fsync 2> /dev/null; sleep 100"] },
            Linux = spec.Linux! with { Resources = (spec.Linux.Resources ?? new ResourcesSpec()) with { BlockIo = limits } },
        });
        Assert.Equal(0, bundle.Run("run -d busy").Code);
        var data = Await(() => bundle.Run("events --stats busy").Output, data => disk is null || Written(data) >= 4 * 65536);

        var cgroups = new StateRoot($"{bundle.Path}/state").Find("busy").Cgroups;
        Assert.Equal(Has("memory.memsw.usage_in_bytes") || Has("memory.swap.current"), data.GetProperty("memory").TryGetProperty("swap", out _));
        Assert.Equal(Has("hugetlb.2MB.usage_in_bytes") || Has("hugetlb.2MB.current"), data.GetProperty("hugetlb").TryGetProperty("2MB", out _));

        Directory.CreateDirectory($"{bundle.Path}/gone");
        Assert.Empty(new CgroupDirectory { Path = $"{bundle.Path}/gone/cgroup" }.Files("hugetlb."));

        bool Has(string file) => cgroups.Any(cgroup => File.Exists($"{cgroup.Path}/{file}"));
    }

    [Fact]
    public void Block_devices_of_cgroup_v2_are_told_as_those_of_v1()
    {
        var folder = Directory.CreateTempSubdirectory("bld-cgroup-");
        File.WriteAllText($"{folder}/io.stat", "254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=7 wbytes=0 rios=3 wios=0\nwrong\n");
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            OciStatistics.WriteDevices(writer, new CgroupDirectory { Path = folder.FullName, IsUnified = true, Controllers = ["blkio"] });
            writer.WriteEndObject();
        }

        folder.Delete(recursive: true);
        using var parsed = JsonDocument.Parse(buffer.ToArray());
        string Told(string list) => string.Join(' ', parsed.RootElement.GetProperty("blkio").GetProperty(list).EnumerateArray().Select(
            static each => $"{each.GetProperty("major")}:{each.GetProperty("minor")} {each.GetProperty("op")} {each.GetProperty("value")}"));
        Assert.Equal("254:0 Read 4096 8:16 Read 7 254:0 Write 8192 8:16 Write 0 254:0 Discard 0", Told("ioServiceBytesRecursive"));
        Assert.Equal("254:0 Read 1 8:16 Read 3 254:0 Write 2 8:16 Write 0 254:0 Discard 0", Told("ioServicedRecursive"));
    }

    /// <summary>The whole disk that holds a path; null for a file system that isn't on one.</summary>
    private static (uint Major, uint Minor)? DiskOf(string path)
    {
        var (major, minor) = FileCalls.Status(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path)).Device;
        var entry = $"/sys/dev/block/{major}:{minor}";
        if (!Directory.Exists(entry))
        {
            return null;
        }

        var disk = File.Exists($"{entry}/partition") ? Path.GetDirectoryName(Directory.ResolveLinkTarget(entry, returnFinalTarget: true)!.FullName)! : entry;
        var numbers = File.ReadAllText($"{disk}/dev").Trim().Split(':');
        return (uint.Parse(numbers[0], CultureInfo.InvariantCulture), uint.Parse(numbers[1], CultureInfo.InvariantCulture));
    }

    private static long Written(JsonElement data) =>
        data.TryGetProperty("blkio", out var devices) && devices.TryGetProperty("ioServiceBytesRecursive", out var list)
            ? list.EnumerateArray().Where(static each => each.GetProperty("op").GetString() == "Write").Sum(static each => each.GetProperty("value").GetInt64())
            : 0;

    private static JsonElement Await(Func<string> read, Predicate<JsonElement> isThere)
    {
        for (var tries = 0; ; tries++)
        {
            using var document = JsonDocument.Parse(read());
            var data = document.RootElement.GetProperty("data").Clone();
            if (isThere(data))
            {
                return data;
            }

            Assert.True(tries < 100, data.ToString());
            Thread.Sleep(100);
        }
    }

    // An init that waits has its bundle's directory as its own.
    private static int InitsBelow(OciBundle bundle) =>
        Directory.GetDirectories("/proc").Count(directory => char.IsAsciiDigit(directory[^1]) && new FileInfo($"{directory}/cwd").LinkTarget == bundle.Path);

    private static NamespaceSpec Joined(string type, string process, string name) => new() { Type = type, Path = $"/proc/{process}/ns/{name}" };

    private static string Field(Result state, string name)
    {
        using var document = JsonDocument.Parse(state.Output);
        return document.RootElement.GetProperty(name).ToString();
    }
}
