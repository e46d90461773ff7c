using Bld.Runtime.Spec;

namespace Bld.Runtime.Tests;

/// <summary>What a start leaves out, and what is made beside it (docs/decisions/0053, 0055).</summary>
[Collection("alone")]
public sealed class StartTests : IDisposable
{
    private static readonly string[] UnifiedHost = ["unshare", "-m", "sh", "-c", "umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\"", "sh"];

    private readonly OciBundle _bundle = new("true");

    public void Dispose() => _bundle.Dispose();

    [Fact]
    public void The_list_of_mounts_which_may_be_long_is_read_once_at_most_and_nobody_looks_at_processors_and_memory()
    {
        // The program for inits is unpacked once.
        Assert.Equal(new Result(0, ""), _bundle.Run("run", "first"));
        var trace = $"{_bundle.Path}/trace";
        Assert.Equal(new Result(0, ""), _bundle.RunUnder([.. UnifiedHost, "strace", "-f", "-qq", "-e", "trace=openat", "-o", trace], "run", "one"));
        var opened = File.ReadAllText(trace);
        Assert.Contains("config.json", opened, StringComparison.Ordinal);
        // Not at all where the kernel has no hierarchies of v1, mounted or not.
        Assert.InRange(opened.Split('\n').Count(static line => line.Contains("mountinfo", StringComparison.Ordinal)), 0, 1);
        Assert.DoesNotContain("/sys/devices/system/node", opened, StringComparison.Ordinal);
        Assert.DoesNotContain("/sys/devices/system/cpu/cpu0/cache", opened, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_loaded_by_a_start_not_for_a_filter_either()
    {
        _bundle.Write(spec => spec with
        {
            Process = spec.Process! with { Args = ["sh", "-c", "mkdir /dev/a"] },
            Linux = spec.Linux! with
            {
                Seccomp = new SeccompSpec { DefaultAction = "SCMP_ACT_ALLOW", Syscalls = [new SeccompRule { Names = ["mkdir", "mkdirat"], Action = "SCMP_ACT_ERRNO", ErrnoRet = 5 }] },
            },
        });
        var trace = $"{_bundle.Path}/trace";
        var result = _bundle.RunUnder(["strace", "-f", "-qq", "-e", "trace=open,openat", "-o", trace], "run", "one");
        Assert.Contains("mkdir: can't create directory '/dev/a': Input/output error", result.Output, StringComparison.Ordinal);
        var opened = File.ReadAllText(trace);
        Assert.Contains("config.json", opened, StringComparison.Ordinal);
        Assert.DoesNotContain(".so", opened, StringComparison.Ordinal);
    }

    [Fact]
    public void Namespaces_that_are_made_ahead_are_the_containers_and_nobody_elses()
    {
        var own = Network("self");
        var file = $"{_bundle.Path}/afterwards";
        _bundle.Write(spec => spec with
        {
            Process = spec.Process! with { Args = ["sh", "-c", "readlink /proc/self/ns/net; readlink /proc/self/ns/ipc; ip -o addr show lo; ip link show lo"] },
            Hooks = new HooksSpec { Poststop = [new HookSpec { Path = "/bin/sh", Args = ["sh", "-c", $"readlink /proc/self/ns/net /proc/self/ns/ipc > {file}"] }] },
        });
        var result = _bundle.Run("run", "one");
        var lines = result.Output.Split('\n');
        Assert.Equal(0, result.Code);
        Assert.StartsWith("net:[", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("ipc:[", lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain(lines[0], own, StringComparison.Ordinal);
        Assert.DoesNotContain(lines[1], own, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1/8", result.Output, StringComparison.Ordinal);
        Assert.Contains("LOOPBACK,UP", result.Output, StringComparison.Ordinal);
        Assert.Equal(own, File.ReadAllText(file));
    }

    [Theory]
    [InlineData(12)]
    [InlineData(63)]
    [InlineData(64)]
    public void A_limit_of_few_open_files_keeps_nothing_from_starting(int files)
    {
        _bundle.Write(spec => spec with
        {
            Process = spec.Process! with { Args = ["sh", "-c", "ulimit -n; ip link show lo"], Rlimits = [new RlimitSpec { Type = "RLIMIT_NOFILE", Soft = (ulong)files, Hard = (ulong)files }] },
        });
        var result = _bundle.Run("run", "one");
        Assert.Equal(0, result.Code);
        Assert.StartsWith($"{files}\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("LOOPBACK,UP", result.Output, StringComparison.Ordinal);
    }

    private static string Network(string process) =>
        $"{File.ResolveLinkTarget($"/proc/{process}/ns/net", returnFinalTarget: false)!.Name}\n{File.ResolveLinkTarget($"/proc/{process}/ns/ipc", returnFinalTarget: false)!.Name}\n";
}
