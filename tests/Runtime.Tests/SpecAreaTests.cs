using System.Text;

using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Tests;

/// <summary>The runtime-spec area by area: a config.json with one thing in it, and what the container's own command sees of it.</summary>
public sealed class SpecAreaTests : IDisposable
{
    private readonly OciBundle _bundle = new("true");

    public void Dispose() => _bundle.Dispose();

    [Fact]
    public void A_tmpfs_can_begin_with_what_the_image_has_there()
    {
        File.WriteAllText(_bundle.Root.In("tmp/file"), "from the image");
        Expect("from the image", "cat /tmp/file && touch /tmp/new", spec => WithMount(spec, "/tmp", "tmpfs", "tmpfs", "tmpcopyup"));
        Assert.False(File.Exists(_bundle.Root.In("tmp/new")));
    }

    [Fact]
    public void A_tmpfs_that_begins_so_has_the_mode_that_is_asked_for() =>
        Expect("700", "stat -c %a /tmp", spec => WithMount(spec, "/tmp", "tmpfs", "tmpfs", "tmpcopyup", "mode=700"));

    [Theory]
    [InlineData("bind")]
    [InlineData("tmpfs")]
    public void Nothing_is_copied_up_into_a_bind_mount(string type)
    {
        var source = Directory.CreateDirectory($"{_bundle.Path}/source").FullName;
        File.WriteAllText(_bundle.Root.In("tmp/file"), "from the image");
        Expect("ran", "echo ran", spec => WithMount(spec, "/tmp", type, source, "bind", "tmpcopyup"));
        Assert.Empty(Directory.GetFileSystemEntries(source));
    }

    [Fact]
    public void A_bind_mount_may_have_the_type_none()
    {
        var source = Directory.CreateDirectory($"{_bundle.Path}/source").FullName;
        File.WriteAllText($"{source}/file", "of the host");
        Expect("of the host", "cat /tmp/file", spec => WithMount(spec, "/tmp", "none", source, "rbind", "ro"));
    }

    [Theory]
    [InlineData("shared", "shared:")]
    [InlineData("rshared", "shared:")]
    [InlineData("unbindable", "unbindable")]
    public void The_root_gets_its_propagation(string propagation, string expected) =>
        Expect(expected, "grep ' / / ' /proc/self/mountinfo || cat /proc/self/mountinfo | head -1", spec => spec with { Linux = spec.Linux! with { RootfsPropagation = propagation } });

    [Fact]
    public void A_file_and_a_directory_are_not_mounted_on_each_other()
    {
        File.WriteAllText(_bundle.Root.In("tmp/file"), "");
        Expect("mount /tmp/file: not a directory", "true", spec => WithMount(spec, "/tmp/file", "bind", "/tmp", "bind"));
        Expect("mount /tmp: is a directory", "true", spec => WithMount(spec, "/tmp", "bind", "/etc/passwd", "bind"));
    }

    [Fact]
    public void Of_two_variables_the_later_one_counts_and_an_empty_home_is_none() =>
        Expect("HOME=/root\nA=2\n", "env | grep -E '^(A|HOME)='", spec => spec with { Process = spec.Process! with { Env = ["A=1", "HOME=", "PATH=/bin", "A=2"] } });

    [Fact]
    public void Recursive_read_only_reaches_the_mounts_below()
    {
        Expect("refused", "mkdir /tmp/x 2>/dev/null || echo refused", spec => WithMount(spec, "/tmp", "bind", "/dev", "rbind", "rro"));
    }

    [Fact]
    public void Ids_of_a_bind_mount_are_mapped()
    {
        var source = Directory.CreateDirectory($"{_bundle.Path}/owned").FullName;
        IdMapping[] map = [new() { ContainerId = 0, HostId = 5000, Size = 10 }];
        Expect("5000:5000", "stat -c %u:%g /tmp", spec => WithMount(spec, "/tmp", "bind", source, "bind", "idmap") is var with
            ? with with { Mounts = [.. with.Mounts!.SkipLast(1), with.Mounts![^1] with { UidMappings = map, GidMappings = map }] }
            : with);
    }

    [Fact]
    public void A_user_namespace_maps_root_to_another_user_of_the_host()
    {
        IdMapping[] map = [new() { ContainerId = 0, HostId = 70000, Size = 1000 }];
        Expect("0 70000 1000", "echo $(cat /proc/self/uid_map)", spec => spec with
        {
            Linux = spec.Linux! with { Namespaces = [.. spec.Linux.Namespaces!, new NamespaceSpec { Type = "user" }], UidMappings = map, GidMappings = map },
        });
    }

    [Fact]
    public void A_time_namespace_has_its_own_uptime() =>
        Expect("later", "test $(cat /proc/uptime | head -c 8 | grep -o '^[0-9]*') -gt 1000000 && echo later", spec => spec with
        {
            Linux = spec.Linux! with
            {
                Namespaces = [.. spec.Linux.Namespaces!, new NamespaceSpec { Type = "time" }],
                TimeOffsets = new Dictionary<string, TimeOffsetSpec> { ["boottime"] = new() { Secs = 2_000_000 } },
            },
        });

    [Fact]
    public void A_device_is_made_with_its_mode_and_owner() =>
        Expect("crw-r----- 3:4", "stat -c '%A %u:%g' /dev/mine", spec => spec with
        {
            Linux = spec.Linux! with { Devices = [new DeviceSpec { Path = "/dev/mine", Type = "c", Major = 1, Minor = 5, FileMode = 0x1A0, Uid = 3, Gid = 4 }] },
        });

    [Fact]
    public void A_node_of_the_hosts_in_the_place_of_a_device_stays_as_it_is()
    {
        var folder = Directory.CreateTempSubdirectory("bld-node-").FullName;
        var node = Encoding.UTF8.GetBytes($"{folder}/null");
        try
        {
            Assert.Equal(Errno.None, FileCalls.TryMakeNode(FileCalls.CurrentDirectory, node, 0x2000, (1, 3)));
            FileCalls.ChangeOwner(FileCalls.CurrentDirectory, node, 5, 6);
            FileCalls.ChangeMode(FileCalls.CurrentDirectory, node, 0x1A0);
            Expect("crw-r----- 5:6", "stat -c '%A %u:%g' /dev/null", spec => spec with
            {
                Mounts = [.. spec.Mounts!, new MountSpec { Destination = "/dev/null", Type = "bind", Source = $"{folder}/null", Options = ["bind"] }],
            });
            Assert.Equal((5u, 6u, 0x1A0u), FileCalls.Status(FileCalls.CurrentDirectory, node) is var status ? (status.UserId, status.GroupId, status.Permissions) : default);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("net.ipv4.ip_forward", "1")]
    [InlineData("kernel/msgmax", "9000")]
    [InlineData("fs.mqueue.msg_max", "7")]
    public void A_sysctl_of_an_own_namespace_is_set(string name, string value) =>
        Expect(value, $"cat /proc/sys/{name.Replace('.', '/')}", spec => spec with { Linux = spec.Linux! with { Sysctl = new Dictionary<string, string> { [name] = value } } });

    [Theory]
    [InlineData("vm.swappiness", "belongs to no namespace")]
    [InlineData("kernel.pid_max", "belongs to no namespace")]
    [InlineData("kernel.hostname", "said by the field \"hostname\"")]
    [InlineData("net/../kernel/pid_max", "is no name of one")]
    [InlineData("net.ipv4.ip_forward", "needs its own network namespace", "network")]
    [InlineData("kernel.msgmax", "needs its own ipc namespace", "ipc")]
    [InlineData("kernel/domainname", "needs its own uts namespace", "uts")]
    public void A_sysctl_of_the_host_is_refused(string name, string expected, string without = "") =>
        Expect(expected, "true", spec => spec with
        {
            Hostname = null,
            Linux = spec.Linux! with
            {
                Sysctl = new Dictionary<string, string> { [name] = File.ReadAllText(name.Contains("..", StringComparison.Ordinal) ? "/proc/sys/kernel/pid_max" : $"/proc/sys/{name.Replace('.', '/')}").Trim() },
                Namespaces = [.. spec.Linux.Namespaces!.Where(item => item.Type != without)],
            },
        });

    [Fact]
    public void A_namespace_that_is_joined_by_the_hosts_path_is_the_hosts() =>
        Expect("needs its own network namespace", "true", spec => spec with
        {
            Linux = spec.Linux! with
            {
                Sysctl = new Dictionary<string, string> { ["net.ipv4.ip_forward"] = File.ReadAllText("/proc/sys/net/ipv4/ip_forward").Trim() },
                Namespaces = [.. spec.Linux.Namespaces!.Where(static item => item.Type != "network"), new NamespaceSpec { Type = "network", Path = "/proc/self/ns/net" }],
            },
        });

    [Theory]
    [InlineData("linux.intelRdt", "Intel RDT")]
    [InlineData("linux.resources.network", "(network)")]
    [InlineData("linux.resources.rdma", "(rdma)")]
    public void What_is_not_done_is_refused_and_empty_it_is_nothing(string path, string expected)
    {
        foreach (var (content, output) in ((string, string)[])[("{\"x\":1}", expected), ("{}", "ran")])
        {
            _bundle.Write(static spec => spec with { Process = spec.Process! with { Args = ["echo", "ran"] } });
            var text = File.ReadAllText($"{_bundle.Path}/config.json");
            var member = path.Split('.')[^1];
            var parent = path.Split('.')[^2];
            var place = text.IndexOf($"\"{parent}\": {{", StringComparison.Ordinal) + parent.Length + 5;
            File.WriteAllText($"{_bundle.Path}/config.json", text.Insert(place, $"\"{member}\": {content},"));
            Assert.Contains(output, _bundle.Run("run one").Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_configuration_that_contradicts_itself_is_refused()
    {
        Expect("names the pid namespace twice", "true", spec => spec with { Linux = spec.Linux! with { Namespaces = [.. spec.Linux.Namespaces!, new NamespaceSpec { Type = "pid" }] } });
        Expect("timeOffsets need a time namespace", "true", spec => spec with { Linux = spec.Linux! with { TimeOffsets = new Dictionary<string, TimeOffsetSpec> { ["boottime"] = new() { Secs = 1 } } } });
        Expect("unknown rootfsPropagation \"some\"", "true", spec => spec with { Linux = spec.Linux! with { RootfsPropagation = "some" } });
        Expect("it has no \"root\" with a path", "true", spec => spec with { Root = null });
        Expect("a bind mount without a source", "true", spec => spec with { Mounts = [.. spec.Mounts!, new MountSpec { Destination = "/tmp", Type = "bind" }] });
        Expect("set oomScoreAdj to 3000: invalid argument", "true", spec => spec with { Process = spec.Process! with { OomScoreAdj = 3000 } });
    }

    [Fact]
    public void Rlimits_groups_umask_and_oom_score_are_the_commands() =>
        Expect("77 7 0027 500", "echo $(ulimit -n) $(id -G | grep -o 7) $(umask) $(cat /proc/self/oom_score_adj)", spec => spec with
        {
            Process = spec.Process! with
            {
                Rlimits = [new RlimitSpec { Type = "RLIMIT_NOFILE", Soft = 77, Hard = 78 }],
                User = new UserSpec { Uid = 1000, Gid = 1001, AdditionalGids = [7], Umask = 0x17 },
                OomScoreAdj = 500,
            },
        });

    [Fact]
    public void Ambient_capabilities_reach_a_user_who_is_not_root() =>
        Expect("CapAmb:\t0000000000000400", "grep CapAmb /proc/self/status", spec => spec with
        {
            Process = spec.Process! with
            {
                User = new UserSpec { Uid = 1000, Gid = 1000 },
                Capabilities = new CapabilitiesSpec
                {
                    Bounding = ["CAP_NET_BIND_SERVICE"],
                    Permitted = ["CAP_NET_BIND_SERVICE"],
                    Inheritable = ["CAP_NET_BIND_SERVICE"],
                    Effective = ["CAP_NET_BIND_SERVICE"],
                    Ambient = ["CAP_NET_BIND_SERVICE"],
                },
            },
        });

    [Fact]
    public void Scheduler_and_priority_of_input_and_output_are_set() =>
        Expect("7", "cat /proc/self/stat | grep -o ') .*' | { read a b c d e f g h i j k l m n o p q r s rest; echo $r; }", spec => spec with
        {
            Process = spec.Process! with
            {
                Scheduler = new SchedulerSpec { Policy = "SCHED_BATCH", Nice = 7 },
                IoPriority = new IoPrioritySpec { Class = "IOPRIO_CLASS_IDLE" },
            },
        });

    [Fact]
    public void A_personality_changes_the_machines_name() =>
        Expect("0008", "head -c 4 /dev/null; cat /proc/self/personality | grep -o '....$'", spec => spec with { Linux = spec.Linux! with { Personality = new PersonalitySpec { Domain = "LINUX32" } } });

    [Fact]
    public void Masked_and_read_only_paths_hide_and_hold()
    {
        File.WriteAllText(_bundle.Root.In("etc/secret"), "secret");
        Expect("0 held", "echo $(cat /etc/secret | wc -c) $(mkdir /etc/x 2>/dev/null || echo held)", spec => spec with
        {
            Root = spec.Root! with { Readonly = false },
            Linux = spec.Linux! with { MaskedPaths = ["/etc/secret"], ReadonlyPaths = ["/etc"] },
        });
    }

    [Fact]
    public void A_filter_answers_with_the_errno_of_its_rule_and_by_argument() =>
        Expect("Protocol not available", "mkdir /tmp/x", spec => spec with
        {
            Root = spec.Root! with { Readonly = false },
            Linux = spec.Linux! with
            {
                Seccomp = new SeccompSpec { DefaultAction = "SCMP_ACT_ALLOW", Flags = ["SECCOMP_FILTER_FLAG_LOG"], Syscalls = [new SeccompRule { Names = ["mkdir", "mkdirat"], Action = "SCMP_ACT_ERRNO", ErrnoRet = 92 }] },
            },
        });

    [Fact]
    public void What_is_said_to_the_host_is_refused_without_a_namespace_for_it()
    {
        _bundle.Write(static spec => spec with
        {
            Hostname = "mine",
            Process = spec.Process! with { Args = ["true"] },
            Linux = spec.Linux! with { Namespaces = [.. spec.Linux.Namespaces!.Where(static item => item.Type != "uts")] },
        });
        Assert.Contains("host name would change the host's: it needs a uts namespace", _bundle.Run("run one").Output, StringComparison.Ordinal);
        var domain = File.ReadAllText("/proc/sys/kernel/domainname");
        Expect("domain name would change the host's: it needs a uts namespace", "true", spec => spec with
        {
            Hostname = null,
            Domainname = domain.Trim(),
            Linux = spec.Linux! with { Namespaces = [.. spec.Linux.Namespaces!.Where(static item => item.Type != "uts")] },
        });
    }

    private static ContainerSpec WithMount(ContainerSpec spec, string destination, string type, string source, params string[] options) =>
        spec with { Mounts = [.. spec.Mounts!, new MountSpec { Destination = destination, Type = type, Source = source, Options = options }] };

    private void Expect(string expected, string script, Func<ContainerSpec, ContainerSpec> change)
    {
        _bundle.Write(spec => change(spec with { Process = spec.Process! with { Args = ["sh", "-c", script], NoNewPrivileges = false } }));
        Assert.Contains(expected, _bundle.Run("run one").Output, StringComparison.Ordinal);
    }
}
