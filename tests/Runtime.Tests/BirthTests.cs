using System.Diagnostics;

namespace Bld.Runtime.Tests;

/// <summary>Processes that begin in their cgroup, on a host that has cgroup v2 alone (docs/decisions/0049).</summary>
[Collection("alone")]
public sealed class BirthTests : IDisposable
{
    private static readonly string[] Host = ["unshare", "-m", "sh", "-c", "umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\"", "sh"];

    private readonly OciBundle _bundle = new("sh", "-c", "grep ^0: /proc/self/cgroup; grep -E '^Sig(Pnd|Blk|Ign|Cgt)' /proc/self/status; cd /proc/self/fd; echo *");

    public void Dispose() => _bundle.Dispose();

    [Theory]
    [InlineData("run", "one")]
    [InlineData("exec", "host", "grep", "^0:", "/proc/self/cgroup")]
    public void Init_is_not_moved_which_would_wait_for_all_processors(params string[] words)
    {
        using var host = new OciBundle("sleep", "100");
        var bundle = words[0] == "run" ? _bundle : host;
        Assert.Equal(new Result(0, ""), host.RunUnder(Host, "run", "-d", "host"));
        var trace = $"{bundle.Path}/trace";
        var result = bundle.RunUnder([.. Host, "strace", "-f", "-qq", "-e", "trace=clone3", "-o", trace], words);

        // There, where its cgroup has the path that it was made at.
        Assert.Equal(new Result(0, ""), host.RunUnder(Host, "delete", "-f", "host"));
        Assert.True(result.Code == 0, result.Output);
        Assert.StartsWith("0::/", result.Output, StringComparison.Ordinal);
        Assert.Contains(File.ReadAllLines(trace), static line => line.Contains("CLONE_VM|CLONE_VFORK", StringComparison.Ordinal) && line.Contains("CLONE_INTO_CGROUP", StringComparison.Ordinal));
    }

    [Fact]
    public void The_command_has_no_signal_blocked_or_ignored_and_no_file_but_the_standard_ones()
    {
        var lines = _bundle.RunUnder([.. Host, "env", "--ignore-signal=USR1"], "run", "one").Output.Split('\n');
        Assert.Equal("0::/", lines[0]);
        Assert.All(lines[1..4], static line => Assert.EndsWith("\t0000000000000000", line, StringComparison.Ordinal));

        // The fourth is the shell's own, for the directory that it lists.
        Assert.Contains(lines[5], (string[])["0 1 2", "0 1 2 3"]);
    }

    [Fact]
    public void A_program_for_inits_that_can_not_be_executed_is_told_and_nothing_is_left()
    {
        // With a cache of its own.
        const string Spoil = "mkdir -p cache /var/cache/bld; mount --bind cache /var/cache/bld; \"$@\" || exit; for f in cache/init-*; do truncate -r $f empty; cat empty > $f; done; \"$@\"";
        _bundle.Write(static spec => spec with { Process = spec.Process! with { Args = ["true"] } });
        Assert.Equal(new Result(125, "spawn init: exec format error\n"), _bundle.RunUnder([.. Host, "sh", "-c", Spoil, "sh"], "run", "one"));
        Assert.Equal(new Result(0, ""), _bundle.RunUnder(Host, "run", "one"));
    }

    [Fact]
    public void It_starts_again_and_again()
    {
        const int Starts = 200;
        _bundle.Write(static spec => spec with { Process = spec.Process! with { Args = ["true"] } });
        var watch = Stopwatch.StartNew();
        var script = $"for i in $(seq {Starts}); do timeout -s KILL 10 \"$@\" || {{ echo failed $i; exit 1; }}; done";
        Assert.Equal(new Result(0, ""), _bundle.RunUnder([.. Host, "sh", "-c", script, "sh"], "run", "one"));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void A_copy_becomes_the_program_or_tells_why_not()
    {
        Assert.Equal((7, "b 40\n"), Start("fork", "/bin/sh", "/sys/fs/cgroup", "-c", "echo $A $(ls /proc/self/fd | grep 40); exit 7"));
        Assert.Equal((1, "ENOENT -1\n"), Start("fork", "/no/program", "/sys/fs/cgroup"));
        Assert.Equal((1, "EACCES -1\n"), Start("fork", "/etc/passwd", "/sys/fs/cgroup"));
        Assert.Equal((1, "EBADF -1\n"), Start("fork", "/bin/true", "/tmp"));
    }

    private static (int Code, string Output) Start(params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(Host[0], [.. Host[1..], BusyboxRoot.InitExecutable, .. words]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
