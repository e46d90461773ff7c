namespace Bld.Runtime.Tests;

/// <summary>Runs alone: it counts what belongs to the whole process.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;

[Collection("alone")]
public sealed class LeakTests : IDisposable
{
    private readonly BusyboxRoot _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void A_start_leaks_no_descriptor_and_no_mount_here()
    {
        _root.Shell("true");
        var descriptors = Directory.GetFiles("/proc/self/fd").Length;
        var mounts = File.ReadAllText("/proc/self/mountinfo");
        for (var i = 0; i < 20; i++)
        {
            _root.Shell("true");
        }

        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, descriptors + 2);
        Assert.Equal(mounts, File.ReadAllText("/proc/self/mountinfo"));
    }

    /// <summary>200 starts; BLD_STARTS names another number (1000 is what a release has to stand).</summary>
    [Fact]
    public void Many_starts_under_memory_pressure_neither_fail_nor_leave_anything()
    {
        const int Workers = 4;
        var starts = int.TryParse(Environment.GetEnvironmentVariable("BLD_STARTS"), out var wanted) ? wanted : 200;
        _root.Shell("true");
        var descriptors = Directory.GetFiles("/proc/self/fd").Length;
        var mounts = File.ReadAllText("/proc/self/mountinfo");
        using var done = new CancellationTokenSource();
        var pressure = new Thread(() => Collect(done.Token));
        pressure.Start();
        Parallel.For(0, starts, new ParallelOptions { MaxDegreeOfParallelism = Workers }, i =>
        {
            var limited = i % 10 == 0;
            var request = _root.Request("sh", "-c", "exit 3");
            var result = BusyboxRoot.Run(limited
                ? request with { Spec = request.Spec with { Linux = request.Spec.Linux! with { Resources = new Spec.ResourcesSpec { Pids = new Spec.PidsSpec { Limit = 20 } } } } }
                : request with { Init = i % 2 == 0 });
            Assert.Equal((3, ""), (result.Code, result.Output));
        });
        done.Cancel();
        pressure.Join();

        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, descriptors + 8);
        Assert.Equal(mounts, File.ReadAllText("/proc/self/mountinfo"));
        // Other tests run at the same time, and leave a few detached containers that nobody here waits for; a leak would show by every start.
        Assert.True(SpinWait.SpinUntil(static () => Children().Count(IsZombie) < 10, TimeSpan.FromSeconds(10)), "somebody was not reaped");
        var groups = $"bld-{Environment.ProcessId}-*";
        Assert.Empty(Cgroups.CgroupHost.All().SelectMany(place => Directory.GetDirectories(Cgroups.CgroupName.Base(place, "bld"), groups)));
    }

    // Collections all the time, each of which stops every thread wherever it is.
    private static void Collect(CancellationToken stop)
    {
        var kept = new byte[64][];
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            kept[i % kept.Length] = new byte[1 << 20];
            GC.Collect(i % 3);
            Thread.Sleep(1);
        }
    }

    private static bool IsZombie(string child) => ReadOrEmpty($"/proc/{child}/stat").Contains(") Z ", StringComparison.Ordinal);

    // Processes and threads end while they are looked at.
    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static IEnumerable<string> Children() =>
        Directory.GetDirectories("/proc/self/task").SelectMany(static task => ReadOrEmpty($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
