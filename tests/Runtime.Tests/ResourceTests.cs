using Bld.Runtime.Cgroups;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Tests;

public sealed class ResourceTests : IDisposable
{
    private readonly BusyboxRoot _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void A_limit_of_processes_holds_and_its_cgroup_goes_with_the_container()
    {
        if (CgroupHost.All().Find(static each => each.Controllers.Contains("pids")) is not { } place)
        {
            Assert.Contains("no such cgroup controller", Assert.Throws<ContainerException>(() => Run(Pids, "true")).Message, StringComparison.Ordinal);
            return;
        }

        var result = Run(Pids, "sleep 1 & sleep 1 & sleep 1 & sleep 1 & sleep 1 & sleep 1 & wait");
        Assert.Contains("fork", result.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(place.Mount + place.Own, $"bld-{Environment.ProcessId}-*"));
    }

    [Fact]
    public void A_limit_that_this_host_can_not_set_is_named()
    {
        var failure = Assert.Throws<ContainerException>(
            () => Run(new ResourcesSpec { Unified = new Dictionary<string, string> { ["nonsense.max"] = "1" } }, "true"));
        Assert.Equal("the limit of nonsense.max can't be set: this host has no such cgroup controller", failure.Message);
    }

    [Fact]
    public void Every_limit_has_its_file_or_a_reason()
    {
        var settings = CgroupSettings.From(new ResourcesSpec
        {
            Memory = new MemorySpec { DisableOomKiller = true },
            Cpu = new CpuSpec { Quota = 50000, Burst = 10000, RealtimePeriod = 1000000, RealtimeRuntime = 9000, Idle = 1 },
            BlockIo = new BlockIoSpec
            {
                Weight = 505,
                LeafWeight = 20,
                WeightDevice = [new WeightDevice { Major = 8, Minor = 1, Weight = 10, LeafWeight = 30 }],
                ThrottleReadBpsDevice = [new ThrottleDevice { Major = 8, Minor = 1, Rate = 1000 }],
                ThrottleWriteIopsDevice = [new ThrottleDevice { Major = 8, Minor = 2, Rate = 7 }],
            },
        });
        Assert.Equal(
            [
                "memory.oom_control=1 -", "cpu.cfs_quota_us=50000 cpu.max=50000 100000", "cpu.cfs_burst_us=10000 cpu.max.burst=10000", "cpu.rt_period_us=1000000 -",
                "cpu.rt_runtime_us=9000 -", "cpu.idle=1 cpu.idle=1", "blkio.weight=505 io.weight=5000", "blkio.leaf_weight=20 -", "blkio.weight_device=8:1 10 io.weight=8:1 1",
                "blkio.leaf_weight_device=8:1 30 -", "blkio.throttle.read_bps_device=8:1 1000 io.max=8:1 rbps=1000", "blkio.throttle.write_iops_device=8:2 7 io.max=8:2 wiops=7",
            ],
            settings.Select(static setting => $"{Show(setting.First)} {Show(setting.Second)}"));
    }

    [Fact]
    public void A_weight_goes_where_the_scheduler_of_this_kernel_has_it()
    {
        if (CgroupHost.All().Find(static each => each.Controllers.Contains("blkio")) is not { } place)
        {
            return;
        }

        var result = Run(new ResourcesSpec { BlockIo = new BlockIoSpec { Weight = 300 } }, "echo ran");
        // A v2 kernel may have neither the cost model nor BFQ, and then says which limit it is.
        Assert.True(result == new Result(0, "ran\n") || (place.IsUnified && result.Output.Contains("io weight", StringComparison.Ordinal)), result.Output);
    }

    [Fact]
    public void A_cgroups_path_stays_in_its_hierarchy()
    {
        string Name(string path) => CgroupName.Of(_root.Request("true") is var request ? request with { Spec = request.Spec with { Linux = request.Spec.Linux! with { CgroupsPath = path } } } : null!, 1);
        Assert.Equal("/up", Name("/a/../../up"));
        Assert.Equal("up/down", Name("../up/./down"));
        Assert.Equal("/a/b", Name("/a/b/"));
        Assert.Equal("/up.slice/a-b.scope", Name("../../up:a:b"));
        foreach (var path in (string[])["/", "..", "/a/.."])
        {
            Assert.Contains("is the root of the host's cgroups", Assert.Throws<ContainerException>(() => Name(path)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Hooks_run_around_the_container_and_get_its_state()
    {
        var log = _root.In("hooks");
        HookSpec Hook(string name) => new() { Path = "/bin/sh", Args = ["sh", "-c", $"echo {name} $(grep -o '\"status\":\"[a-z]*\"') >> {log}"] };
        var request = _root.Request("cat", "/hooks");
        request = request with
        {
            Spec = request.Spec with
            {
                Hooks = new HooksSpec { CreateRuntime = [Hook("create")], CreateContainer = [Hook("inside")], Poststop = [Hook("stop")] },
            },
        };
        var result = BusyboxRoot.Run(request);
        Assert.Equal("create \"status\":\"creating\"\ninside \"status\":\"creating\"\n", result.Output);
        Assert.EndsWith("stop \"status\":\"stopped\"\n", File.ReadAllText(log), StringComparison.Ordinal);
    }

    [Fact]
    public void A_hook_that_fails_keeps_the_container_from_starting()
    {
        var request = _root.Request("true");
        var hooks = new HooksSpec { Prestart = [new HookSpec { Path = "/bin/sh", Args = ["sh", "-c", "exit 4"] }] };
        var failure = Assert.Throws<ContainerException>(() => BusyboxRoot.Run(request with { Spec = request.Spec with { Hooks = hooks } }));
        Assert.Equal("hook /bin/sh: exit status 4", failure.Message);
    }

    [Fact]
    public void A_namespace_can_be_joined_by_path()
    {
        var first = _root.Request("sleep", "20");
        using var owner = Container.Start(first with { Spec = first.Spec with { Hostname = "shared-name" } }, CancellationToken.None);
        var second = _root.Request("hostname");
        var namespaces = new List<NamespaceSpec>(second.Spec.Linux!.Namespaces!);
        namespaces.RemoveAll(item => item.Type == "uts");
        namespaces.Add(new NamespaceSpec { Type = "uts", Path = $"/proc/{owner.Pid}/ns/uts" });
        second = second with { Spec = second.Spec with { Hostname = null, Linux = second.Spec.Linux with { Namespaces = namespaces } } };
        Assert.Equal("shared-name\n", BusyboxRoot.Run(second).Output);
    }

    [Fact]
    public void What_is_not_supported_is_refused_and_not_left_out()
    {
        var request = _root.Request("true");
        var linux = request.Spec.Linux! with { Namespaces = [.. request.Spec.Linux!.Namespaces!, new NamespaceSpec { Type = "user" }] };
        Assert.Throws<ContainerException>(() => BusyboxRoot.Run(request with { Spec = request.Spec with { Linux = linux } }));
    }

    private static string Show((string File, string Value)? target) => target is { } some ? $"{some.File}={some.Value}" : "-";

    private static ResourcesSpec Pids => new() { Pids = new PidsSpec { Limit = 4 } };

    private Result Run(ResourcesSpec resources, string script)
    {
        var request = _root.Request("sh", "-c", script);
        return BusyboxRoot.Run(request with { Spec = request.Spec with { Linux = request.Spec.Linux! with { Resources = resources } } });
    }
}
