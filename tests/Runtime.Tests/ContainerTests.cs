using System.Diagnostics;
using System.Globalization;

using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Tests;

public sealed class ContainerTests : IDisposable
{
    private readonly BusyboxRoot _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void The_command_is_process_1_and_sees_only_its_own_processes()
    {
        var result = _root.Shell("echo $$; ls /proc > /tmp/seen; grep -c '^[0-9]' /tmp/seen");
        // The shell and ls.
        Assert.Equal("1\n2\n", result.Output);
    }

    [Fact]
    public void The_exit_code_is_the_commands() => Assert.Equal(7, _root.Shell("exit 7").Code);

    [Fact]
    public void A_command_that_is_killed_gives_128_and_the_signal()
    {
        using var container = Container.Start(_root.Request("sleep", "60"), CancellationToken.None);
        container.Kill();
        Assert.Equal(137, container.Wait(CancellationToken.None));
    }

    [Fact]
    public void Nothing_outlives_the_command()
    {
        var marker = "4242" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var result = _root.Shell($"sleep {marker} & sleep {marker} & exit 0");
        Assert.Equal(0, result.Code);
        Assert.Equal(0, Processes.Count("sleep", marker));
    }

    [Fact]
    public void Cancelling_kills_the_container()
    {
        using var source = new CancellationTokenSource();
        using var container = Container.Start(_root.Request("sleep", "60"), source.Token);
        source.CancelAfter(50);
        Assert.ThrowsAny<OperationCanceledException>(() => container.Wait(source.Token));
    }

    [Fact]
    public void When_the_caller_is_killed_the_container_dies_with_it()
    {
        var marker = "4343" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        using var caller = Process.Start(new ProcessStartInfo(BusyboxRoot.InitExecutable, [_root.Path, marker]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        caller.StandardOutput.ReadLine();
        Assert.Equal(1, Processes.Count("sleep", marker));
        caller.Kill();
        caller.WaitForExit();
        Assert.True(SpinWait.SpinUntil(() => Processes.Count("sleep", marker) == 0, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void Streams_that_are_not_given_are_dev_null()
    {
        var request = _root.Request("sh", "-c", "readlink /proc/self/fd/0");
        Assert.Equal("/dev/null\n", BusyboxRoot.Run(request).Output);
    }

    [Fact]
    public void The_command_has_no_signal_blocked_or_ignored()
    {
        var lines = BusyboxRoot.Run(_root.Request("grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status")).Output.TrimEnd().Split('\n');
        Assert.Equal(["SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000", "SigCgt:\t0000000000000000"], lines);
    }

    [Fact]
    public void The_command_inherits_no_other_descriptor()
    {
        // ls holds the directory itself as 3.
        Assert.Equal("0\n1\n2\n3\n", _root.Shell("ls /proc/self/fd").Output);
    }

    [Fact]
    public void A_broken_pipe_ends_the_writer() => Assert.Equal("y\n", _root.Shell("yes | head -n 1").Output);

    [Fact]
    public void The_root_can_be_a_detached_mount_of_this_process()
    {
        Assert.Equal(Errno.None, MountCalls.TryOpenTree(
            FileCalls.CurrentDirectory, ByteString.From(_root.Path).Span, clone: true, recursive: false, out var tree));
        using (tree)
        {
            var request = _root.Request("cat", "/etc/group");
            var result = BusyboxRoot.Run(request with { Root = tree, Spec = request.Spec with { Root = null } });
            Assert.StartsWith("root:x:0:", result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_mount_can_be_a_detached_tree()
    {
        var other = Directory.CreateTempSubdirectory("bld-tree-");
        File.WriteAllText(Path.Combine(other.FullName, "file"), "from the other tree");
        Assert.Equal(Errno.None, MountCalls.TryOpenTree(
            FileCalls.CurrentDirectory, ByteString.From(other.FullName).Span, clone: true, recursive: false, out var tree));
        using (tree)
        {
            var mount = new ContainerMount { Spec = new MountSpec { Destination = "/mnt/other", Options = ["ro"] }, Tree = tree };
            var result = BusyboxRoot.Run(_root.Request("sh", "-c", "cat /mnt/other/file; touch /mnt/other/new") with { Mounts = [mount] });
            Assert.StartsWith("from the other tree", result.Output, StringComparison.Ordinal);
            Assert.Contains("Read-only file system", result.Output, StringComparison.Ordinal);
        }

        other.Delete(recursive: true);
    }

    [Fact]
    public void A_secret_is_a_file_in_memory_with_its_mode_and_owner()
    {
        var mount = new ContainerMount
        {
            Spec = new MountSpec { Destination = "/run/secrets/token" },
            Content = "s3cret"u8.ToArray(),
            Mode = 0x120,
            Uid = 1000,
            Gid = 1001,
        };
        var result = BusyboxRoot.Run(
            _root.Request("sh", "-c", "cat /run/secrets/token; echo; stat -c '%a %u %g' /run/secrets/token") with { Mounts = [mount] });
        Assert.Equal("s3cret\n440 1000 1001\n", result.Output);
        Assert.Equal(0, new FileInfo(_root.In("run/secrets/token")).Length);
    }

    [Fact]
    public void Init_reaps_orphans_and_gives_the_commands_code()
    {
        var result = BusyboxRoot.Run(
            _root.Request("sh", "-c", "(sleep 0 & ); sleep 0.2; ps | grep -c '\\[sleep\\]'; exit 9") with { Init = true });
        Assert.Equal(new Result(9, "0\n"), result);
    }

    [Fact]
    public void Init_forwards_signals()
    {
        var request = _root.Request("sh", "-c", "trap 'exit 33' TERM; touch /tmp/ready; while :; do sleep 0.05; done") with { Init = true };
        using var container = Container.Start(request, CancellationToken.None);
        Assert.True(SpinWait.SpinUntil(() => File.Exists(_root.In("tmp/ready")), TimeSpan.FromSeconds(5)));
        container.Signal(15);
        Assert.Equal(33, container.Wait(CancellationToken.None));
    }

    [Fact]
    public void Several_containers_run_at_once()
    {
        var results = Enumerable.Range(0, 8).AsParallel().WithDegreeOfParallelism(8).Select(i => _root.Shell($"exit {i}").Code).ToList();
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], results.Order());
    }

    [Fact]
    public void Without_a_network_there_is_only_lo_and_it_is_up()
    {
        var result = BusyboxRoot.Run(_root.Request("sh", "-c", "ip -o link | wc -l; ip -o addr show lo") with { Network = NetworkMode.None });
        Assert.StartsWith("1\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1/8", result.Output, StringComparison.Ordinal);
    }
}
