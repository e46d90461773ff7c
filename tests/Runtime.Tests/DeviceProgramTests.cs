using Bld.Runtime.Cgroups;
using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Tests;

/// <summary>The list of devices as the kernel's cgroup v2 obeys it.</summary>
public sealed class DeviceProgramTests
{
    private static readonly DeviceRule Nothing = new() { Allow = false, Access = "rwm" };

    [Theory]
    [InlineData(": < /dev/null", true)]
    [InlineData(": < /dev/zero", false)]
    [InlineData(": < /dev/full", true)]
    [InlineData(": > /dev/full", false)]
    public void The_last_rule_that_fits_decides(string command, bool isAllowed)
    {
        DeviceRule[] rules =
        [
            Nothing,
            new() { Allow = true, Type = "c", Major = 1, Access = "rw" },
            new() { Allow = false, Type = "c", Major = 1, Minor = 5, Access = "r" },
            new() { Allow = false, Type = "c", Major = 1, Minor = 7, Access = "w" },
            new() { Allow = true, Type = "c", Major = 5, Minor = -1, Access = "rwm" },
        ];
        using var cgroup = new UnifiedCgroup();
        if (cgroup.Path.Length == 0)
        {
            // A host with cgroup v1 alone.
            return;
        }

        Assert.Equal(Errno.None, DeviceProgram.TryAttach(cgroup.Path, rules));
        using var shell = System.Diagnostics.Process.Start("/bin/sh", ["-c", $"echo $$ > {cgroup.Path}/cgroup.procs && ({command}) 2> /dev/null"]);
        shell.WaitForExit();
        Assert.Equal(isAllowed, shell.ExitCode == 0);
    }

    private sealed class UnifiedCgroup : IDisposable
    {
        internal UnifiedCgroup()
        {
            if (CgroupHost.All().Find(static place => place.IsUnified) is { } place)
            {
                Path = $"{place.Mount}/bld-test-{Guid.NewGuid():N}";
                Directory.CreateDirectory(Path);
            }
        }

        internal string Path { get; } = "";

        public void Dispose()
        {
            if (Path.Length > 0)
            {
                new CgroupDirectory { Path = Path, IsUnified = true }.Remove();
            }
        }
    }
}
