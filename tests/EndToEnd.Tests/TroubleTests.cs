namespace Bld.EndToEnd.Tests;

/// <summary>What happens when the machine doesn't play along: each time one sentence, nothing half-made, and the next build works.</summary>
public sealed class TroubleTests : IDisposable
{
    private readonly BldHome _home = new BldHome().WithBusybox();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("FROM scratch\nCOPY big /\n", "No space left on device")]
    [InlineData("FROM localhost/busybox\nRUN dd if=/dev/zero of=/big bs=1M count=40 2>&1\n", "exit code: 1")]
    public void A_full_disk_ends_the_build_and_costs_no_image(string dockerfile, string words)
    {
        var store = _home.In("small");
        Directory.CreateDirectory(store);
        BldHome.Peer("mount", "-t", "tmpfs", "-o", "size=24m", "none", store);
        try
        {
            string[] globals = ["--root", store, "--runroot", _home.In("small-run")];
            _home.Succeed("push", "-q", "localhost/busybox", $"oci:{_home.In("base")}:latest");
            var id = BldHome.Peer(BldHome.Executable, [.. globals, "pull", "-q", $"oci:{_home.In("base")}:latest"]);
            BldHome.Peer(BldHome.Executable, [.. globals, "tag", id, "localhost/busybox"]);
            _home.Write("context/Dockerfile", dockerfile);
            File.WriteAllBytes(_home.In("context/big"), new byte[40 << 20]);
            var before = BldHome.Peer(BldHome.Executable, [.. globals, "images", "-q"]);

            var outcome = BldHome.Run(BldHome.Executable, [.. globals, "bud", "-t", "never", _home.In("context")]);
            Assert.NotEqual(0, outcome.Code);
            Assert.Contains(words, outcome.Error + outcome.Output, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
            Assert.Equal(before, BldHome.Peer(BldHome.Executable, [.. globals, "images", "-q"]));

            _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN echo small > /small\n");
            File.Delete(_home.In("context/big"));
            BldHome.Peer(BldHome.Executable, [.. globals, "bud", "-q", "-t", "next", _home.In("context")]);
        }
        finally
        {
            BldHome.Peer("umount", store);
        }
    }

    [Fact]
    public void A_store_in_the_context_is_not_copied_into_itself()
    {
        using var home = new BldHome();
        home.Write("Dockerfile", "FROM scratch\nCOPY . /\n");
        home.Write("file", "content");
        home.Succeed("bud", "-q", "-o", home.In("out"), home.Folder);

        Assert.True(File.Exists(home.In("out/file")));
        Assert.False(Directory.Exists(home.In("out/store")));
        home.Write("Dockerfile", "FROM scratch\nCOPY store/images /\n");
        Assert.Contains("excluded by bld: it is the store, --root", home.Bld("bud", home.Folder).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_context_that_is_not_there_is_named()
    {
        var missing = _home.Bld("bud", _home.In("nowhere"));
        Assert.Equal(125, missing.Code);
        Assert.Contains("nowhere", missing.Error, StringComparison.Ordinal);
        Assert.Single(missing.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void Memory_does_not_grow_with_the_layer()
    {
        const int Limit = 100 << 10;
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN dd if=/dev/zero of=/big bs=1M count=300 2>/dev/null\n");
        var report = _home.In("time");
        BldHome.Peer("/usr/bin/env", ["bash", "-c", $"{BldHome.Executable} {string.Join(' ', _home.Globals)} bud -q {_home.In("context")} & pid=$!; while [ -e /proc/$pid/status ]; do grep VmHWM /proc/$pid/status >> {report} 2>/dev/null; sleep 0.05; done; wait $pid"]);
        var peak = File.ReadLines(report).Max(static line => int.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture));
        Assert.InRange(peak, 1, Limit);
    }

    /// <summary>While a RUN works the init of the next one is there already; in a pid namespace of the test's own it can be seen to go.</summary>
    [Theory]
    [InlineData("RUN false", "wait $!")]
    [InlineData("RUN sleep 100", "sleep 1; kill -9 $!; sleep 1")]
    public void An_init_that_was_started_ahead_ends_with_its_build(string instruction, string ending)
    {
        _home.Write("context/Dockerfile", $"FROM localhost/busybox\n{instruction}\nRUN true\n");
        var build = $"{BldHome.Executable} {string.Join(' ', _home.Globals)} bud -q --network host {_home.In("context")} >/dev/null 2>&1";
        var script = _home.Write("script", $"{build} & {ending}\nps -e -o args=\n");
        var left = BldHome.Run("unshare", "--pid", "--fork", "--mount-proc", "sh", script);
        Assert.Contains("ps -e", left.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("bld", left.Output.Replace(script, "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("sleep", left.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_executable_stays_small() =>
        Assert.InRange(new FileInfo(BldHome.Executable).Length, 1, IsShipped ? 15 << 20 : 40 << 20);

    // What developers publish without optimisation is larger.
    private static bool IsShipped => !File.Exists(BldHome.Executable + ".xml") || Environment.GetEnvironmentVariable("CI") == "true";
}
