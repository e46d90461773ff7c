using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Tests;

public sealed class ConfinementTests : IDisposable
{
    private readonly BusyboxRoot _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Root_has_the_eleven_capabilities_and_nothing_to_inherit()
    {
        var result = _root.Shell("grep Cap /proc/self/status");
        Assert.Equal(
            "CapInh:\t0000000000000000\nCapPrm:\t00000000800405fb\nCapEff:\t00000000800405fb\nCapBnd:\t00000000800405fb\nCapAmb:\t0000000000000000\n",
            result.Output);
    }

    [Fact]
    public void Another_user_keeps_only_the_bounding_set()
    {
        var request = AsUser(_root.Request("sh", "-c", "grep -E 'CapPrm|CapEff|CapBnd' /proc/self/status; id"));
        Assert.Equal(
            "CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t00000000800405fb\nuid=1000(app) gid=1001(app) groups=2000(extra)\n",
            BusyboxRoot.Run(request).Output);
    }

    [Fact]
    public void Home_comes_from_the_images_passwd()
    {
        Assert.Equal("/home/app\n", BusyboxRoot.Run(AsUser(_root.Request("sh", "-c", "echo $HOME"))).Output);
    }

    [Fact]
    public void Init_and_its_threads_have_no_more_than_the_command()
    {
        var request = _root.Request("sh", "-c", "cat /proc/1/task/*/status | grep -E 'CapPrm|CapBnd|Seccomp:'") with { Init = true };
        var lines = BusyboxRoot.Run(request).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(6, lines.Length);
        Assert.All(lines, line => Assert.Contains(line, (string[])["CapPrm:\t00000000800405fb", "CapBnd:\t00000000800405fb", "Seccomp:\t2"]));
    }

    [Fact]
    public void The_filter_is_on() => Assert.Equal("Seccomp:\t2\n", _root.Shell("grep Seccomp: /proc/self/status").Output);

    [Fact]
    public void No_new_privileges_is_set_when_asked()
    {
        var request = _root.Request("sh", "-c", "grep -E 'NoNewPrivs|Seccomp:' /proc/self/status");
        request = request with { Spec = request.Spec with { Process = request.Spec.Process! with { NoNewPrivileges = true } } };
        Assert.Equal("NoNewPrivs:\t1\nSeccomp:\t2\n", BusyboxRoot.Run(request).Output);
    }

    [Fact]
    public void Masked_paths_show_nothing() => Assert.Equal("0\n0\n", _root.Shell("cat /proc/interrupts /proc/keys | wc -c; ls /sys/firmware | wc -l").Output);

    [Fact]
    public void Kernel_settings_can_not_be_written()
    {
        Assert.Contains("Read-only file system", _root.Shell("echo 1 > /proc/sys/kernel/panic").Output, StringComparison.Ordinal);
        Assert.Contains("Read-only file system", _root.Shell("mkdir /sys/fs/cgroup/memory/x || mkdir /sys/fs/cgroup/x").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_limit_is_a_million_or_what_this_host_allows()
    {
        var result = _root.Shell("ulimit -n; ulimit -Hn").Output.Split('\n');
        Assert.Equal(DefaultSpec.Limit("RLIMIT_NOFILE").Hard.ToString(System.Globalization.CultureInfo.InvariantCulture), result[0]);
        Assert.Equal(result[0], result[1]);
    }

    [Fact]
    public void A_read_only_root_is_read_only()
    {
        var request = _root.Request("touch", "/new");
        request = request with { Spec = request.Spec with { Root = request.Spec.Root! with { Readonly = true } } };
        Assert.Contains("Read-only file system", BusyboxRoot.Run(request).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_working_directory_is_made()
    {
        var request = _root.Request("pwd");
        request = request with { Spec = request.Spec with { Process = request.Spec.Process! with { Cwd = "/srv/deep/er" } } };
        Assert.Equal("/srv/deep/er\n", BusyboxRoot.Run(request).Output);
    }

    [Fact]
    public void The_working_directory_is_made_where_the_root_is_all_there_is()
    {
        using var root = FileCalls.Open(_root.Path, OpenFlags.Path | OpenFlags.Directory);
        var request = _root.Request("pwd");
        request = request with
        {
            Root = root,
            Spec = request.Spec with
            {
                Hostname = null,
                Mounts = [],
                Process = request.Spec.Process! with { Cwd = "/srv/deep/er" },
                Linux = request.Spec.Linux! with { Namespaces = [], MaskedPaths = null, ReadonlyPaths = null },
            },
        };
        Assert.Equal("/srv/deep/er\n", BusyboxRoot.Run(request).Output);
        Assert.True(Directory.Exists(_root.In("srv/deep/er")));
    }

    [Fact]
    public void A_compiled_filter_is_kept_and_used_again()
    {
        var directory = Directory.CreateTempSubdirectory("bld-seccomp-");
        var request = _root.Request("true");
        var seccomp = request.Spec.Linux!.Seccomp! with { Syscalls = [new SeccompRule { Names = ["uselib"], Action = "SCMP_ACT_ERRNO" }], DefaultAction = "SCMP_ACT_ALLOW" };
        request = request with
        {
            SeccompCache = directory.FullName,
            Spec = request.Spec with { Linux = request.Spec.Linux with { Seccomp = seccomp } },
        };
        Assert.Equal(0, BusyboxRoot.Run(request).Code);
        var file = Assert.Single(directory.GetFiles());
        Assert.Equal(0, file.Length % 8);
        Assert.Equal(0, BusyboxRoot.Run(request).Code);
        directory.Delete(recursive: true);
    }

    private static ContainerRequest AsUser(ContainerRequest request) => request with
    {
        Spec = request.Spec with
        {
            Process = request.Spec.Process! with
            {
                User = new UserSpec { Uid = 1000, Gid = 1001, AdditionalGids = [2000] },
                Capabilities = DefaultSpec.CapabilitiesOf(Security.Capabilities.Default, root: false),
            },
        },
    };
}
