using System.Diagnostics;

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

    /// <summary>
    /// 100 starts; BLD_STARTS names another number (1000 is what a release has to stand). By a native process, as it ships, that collects
    /// all the time, in 48 MiB with all its containers and a file that would fill them twice.
    /// </summary>
    [Fact]
    public void Many_starts_under_memory_pressure_neither_fail_nor_leave_anything()
    {
        var starts = int.TryParse(Environment.GetEnvironmentVariable("BLD_STARTS"), out var wanted) ? wanted : 100;
        using var memory = new MemoryLimit(48 << 20);
        var start = new ProcessStartInfo("/bin/sh", ["-c", memory.Enter + "exec \"$@\" 2>&1", "sh", BusyboxRoot.InitExecutable, "starts", _root.Path, $"{starts}"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["DOTNET_GCgen0size"] = "0x10000";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();

        Assert.Equal($"starts {starts}, failures 0, descriptors 0, mounts 0, children 0, collections many", output);
        var groups = $"bld-{process.Id}-*";
        Assert.Empty(Cgroups.CgroupHost.All().SelectMany(place => Directory.GetDirectories(Cgroups.CgroupName.Base(place, "bld"), groups)));
    }
}
