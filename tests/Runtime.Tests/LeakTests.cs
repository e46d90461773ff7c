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
}
