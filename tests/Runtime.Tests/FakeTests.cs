using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Tests;

/// <summary>What hostile images put in the place of things that the runtime needs.</summary>
public sealed class FakeTests : IDisposable
{
    private readonly OciBundle _bundle = new("true");

    public void Dispose() => _bundle.Dispose();

    [Fact]
    public void A_joining_process_can_not_be_looked_into_CVE_2016_9962()
    {
        // Neither the runtime nor the one who looks has CAP_SYS_PTRACE: then only "dumpable" stands between them.
        var seen = $"{_bundle.Path}/seen";
        using var other = System.Diagnostics.Process.Start("setpriv", ["--bounding-set", "-sys_ptrace", "sleep", "100"]);
        Assert.True(SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{other.Id}/comm") == "sleep\n", TimeSpan.FromSeconds(10)));
        _bundle.Write(spec => spec with
        {
            Process = spec.Process! with { Args = ["true"] },
            Linux = spec.Linux! with
            {
                Namespaces = [.. spec.Linux.Namespaces!.Where(static item => item.Type != "network"), new NamespaceSpec { Type = "network", Path = $"/proc/{other.Id}/ns/net" }],
                Resources = null,
            },
            Hooks = new HooksSpec
            {
                CreateRuntime = [new HookSpec { Path = "/bin/sh", Args = ["sh", "-c", $"p=$(grep -o '\"pid\":[0-9]*' | grep -o '[0-9]*'); test -d /proc/$p && {{ readlink /proc/$p/exe || echo refused; }} > {seen} 2>&1"], Env = ["PATH=/usr/bin:/bin"] }],
            },
        });
        var result = _bundle.RunUnder(["setpriv", "--bounding-set", "-sys_ptrace"], "run", "one");
        other.Kill();
        other.WaitForExit();
        Assert.True(result.Code == 0, result.Output);
        Assert.Contains("refused", File.ReadAllText(seen), StringComparison.Ordinal);
    }

    [Fact]
    public void A_faked_proc_does_not_catch_what_init_writes_CVE_2025_52881()
    {
        var fake = Directory.CreateDirectory($"{_bundle.Path}/proc/sys/net/ipv4").FullName + "/ip_forward";
        File.WriteAllText(fake, "fake");
        var request = _bundle.Root.Request("true");
        var result = BusyboxRoot.Run(request with
        {
            Network = NetworkMode.None,
            Spec = request.Spec with
            {
                Mounts = [.. request.Spec.Mounts!.Where(static mount => mount.Destination != "/proc"), new MountSpec { Destination = "/proc", Type = "bind", Source = $"{_bundle.Path}/proc", Options = ["bind"] }],
                Linux = request.Spec.Linux! with { Sysctl = new Dictionary<string, string> { ["net.ipv4.ip_forward"] = "1" }, MaskedPaths = null, ReadonlyPaths = null },
            },
        });
        Assert.Equal("fake", File.ReadAllText(fake));
        Assert.True(result.Code == 0, result.Output);
    }

    [Fact]
    public void A_null_device_that_is_a_link_is_not_what_masks_CVE_2025_31133()
    {
        File.WriteAllText(_bundle.Root.In("etc/secret"), "secret");
        var devices = Directory.CreateDirectory($"{_bundle.Path}/dev").FullName;
        File.CreateSymbolicLink($"{devices}/null", "/etc/passwd");
        var request = _bundle.Root.Request("cat", "/etc/secret");
        var result = BusyboxRoot.Run(request with
        {
            Spec = request.Spec with
            {
                Mounts = [.. request.Spec.Mounts!.Where(static mount => !mount.Destination.StartsWith("/dev", StringComparison.Ordinal)), new MountSpec { Destination = "/dev", Type = "bind", Source = devices, Options = ["bind"] }],
                Linux = request.Spec.Linux! with { MaskedPaths = ["/etc/secret"], ReadonlyPaths = null },
            },
        });
        Assert.Equal((0, ""), (result.Code, result.Output));
    }

    [Fact]
    public void A_console_that_is_a_link_leads_nowhere_CVE_2025_52565()
    {
        using var root = new BusyboxRoot();
        Directory.CreateDirectory(root.In("dev/pts"));
        File.CreateSymbolicLink(root.In("dev/console"), "/etc/passwd");
        var request = root.Request("sh", "-c", "stat -c %F /etc/passwd > /tmp/kind");
        var (ours, theirs) = ProcessCalls.SocketPair();
        using (ours)
        using (theirs)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            using var container = Container.Start(
                request with
                {
                    Spec = request.Spec with
                    {
                        Process = request.Spec.Process! with { Terminal = true },
                        Mounts = [.. request.Spec.Mounts!.Where(static mount => mount.Destination is not ("/dev" or "/dev/shm" or "/dev/mqueue"))],
                    },
                    ConsoleSocket = theirs,
                },
                patience.Token);
            Assert.Equal(0, container.Wait(patience.Token));
        }

        Assert.Equal("regular file\n", File.ReadAllText(root.In("tmp/kind")));
    }
}
