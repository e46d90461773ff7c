using System.Text;

using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Tests;

/// <summary>What hostile images try.</summary>
public sealed class TrapTests : IDisposable
{
    private readonly BusyboxRoot _root = new();
    private readonly DirectoryInfo _outside = Directory.CreateTempSubdirectory("bld-outside-");

    public void Dispose()
    {
        _root.Dispose();
        _outside.Delete(recursive: true);
    }

    [Fact]
    public void A_link_of_the_image_does_not_lead_a_mount_out_of_the_root_CVE_2021_30465()
    {
        File.CreateSymbolicLink(_root.In("evil"), _outside.FullName);
        File.CreateSymbolicLink(_root.In("climb"), "../../../../../../../../" + _outside.FullName);
        ContainerMount Mount(string place) => new() { Spec = new MountSpec { Destination = place }, Content = "x"u8.ToArray() };

        // The link means a directory inside the root, which does not exist: refused, and nothing is made outside.
        foreach (var place in (string[])["/evil/file", "/climb/file"])
        {
            var failure = Record.Exception(() => BusyboxRoot.Run(_root.Request("true") with { Mounts = [Mount(place)] }));
            Assert.Empty(_outside.GetFileSystemInfos());
            Assert.IsType<ContainerException>(failure);
        }
    }

    [Theory]
    [InlineData("proc")]
    [InlineData("sys")]
    public void A_proc_or_sys_that_is_a_link_is_refused_CVE_2023_27561(string name)
    {
        Directory.Delete(_root.In(name));
        Directory.CreateDirectory(_root.In("elsewhere"));
        File.CreateSymbolicLink(_root.In(name), "elsewhere");
        Assert.Throws<ContainerException>(() => _root.Shell("true"));
    }

    [Fact]
    public void A_mount_inside_proc_is_refused_CVE_2019_19921()
    {
        var mount = new ContainerMount { Spec = new MountSpec { Destination = "/proc/self/attr", Type = "tmpfs", Source = "tmpfs" } };
        var failure = Assert.Throws<ContainerException>(() => BusyboxRoot.Run(_root.Request("true") with { Mounts = [mount] }));
        Assert.Contains("mounts inside /proc are not allowed", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dev_that_is_a_link_out_of_the_root_makes_no_node_outside_CVE_2026_41579()
    {
        Directory.Delete(_root.In("dev"));
        File.CreateSymbolicLink(_root.In("dev"), _outside.FullName);
        var failure = Record.Exception(() => BusyboxRoot.Run(WithoutMountsOnDev(_root.Request("true"))));
        Assert.Empty(_outside.GetFileSystemInfos());
        Assert.IsType<ContainerException>(failure);
    }

    [Fact]
    public void Something_else_in_the_place_of_a_device_is_refused()
    {
        File.WriteAllText(_root.In("dev/null"), "a file");
        var failure = Assert.Throws<ContainerException>(() => BusyboxRoot.Run(WithoutMountsOnDev(_root.Request("true"))));
        Assert.Contains("something else is there already", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_inits_executable_can_not_be_written_from_inside_CVE_2019_5736()
    {
        // While init runs, the kernel refuses with "text file busy" anyway; the attack waits for its end. So a program that isn't running.
        var program = _root.In("program");
        File.Copy(BusyboxRoot.InitExecutable, program);
        using var opened = InitExecutable.Open(program);
        var errno = FileCalls.TryOpen(FileCalls.CurrentDirectory, Encoding.ASCII.GetBytes($"/proc/self/fd/{opened.DangerousGetHandle()}"), OpenFlags.WriteOnly, 0, out var file);
        file.Dispose();
        Assert.Equal(Errno.EROFS, errno);
    }

    [Fact]
    public void The_inits_executable_in_memory_is_sealed_CVE_2019_5736()
    {
        using var copy = InitExecutable.CopyToMemory(BusyboxRoot.InitExecutable);
        using var file = FileCalls.Open($"/proc/self/fd/{copy.DangerousGetHandle()}", OpenFlags.WriteOnly);
        Assert.Equal(Errno.EPERM, FileCalls.TryWrite(file, "x"u8));
    }

    [Theory]
    [InlineData("/proc/keys /proc/timer_list")]
    [InlineData("/dev/stdin /dev/stdout /dev/stderr")]
    [InlineData("/dev/null")]
    public void The_hosts_null_device_keeps_its_owner_and_mode(string names)
    {
        static (uint, uint, uint) Null() => FileCalls.Status(FileCalls.CurrentDirectory, "/dev/null"u8) is var status ? (status.UserId, status.GroupId, status.Permissions) : default;
        var before = Null();
        try
        {
            // Without streams, which then are the null device.
            using var container = Container.Start(_root.Request("sh", "-c", $"chmod 600 {names}; chown 5:6 {names}; echo x > /dev/null && exit 7"), CancellationToken.None);
            Assert.Equal(7, container.Wait(CancellationToken.None));
            Assert.Equal(before, Null());
        }
        finally
        {
            FileCalls.ChangeOwner(FileCalls.CurrentDirectory, "/dev/null"u8, before.Item1, before.Item2);
            FileCalls.ChangeMode(FileCalls.CurrentDirectory, "/dev/null"u8, before.Item3);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_hosts_root_is_not_reachable(bool withFile)
    {
        // A file's mount has its place on top of the host's root for a while, and the old root was what stayed (".." of "/" leads up a mount).
        var file = new ContainerMount { Spec = new MountSpec { Destination = "/tmp/file" }, Content = "x"u8.ToArray() };
        var result = BusyboxRoot.Run(
            _root.Request("sh", "-c", "cd /; stat -c %d:%i / /.. ../..; grep -cE '^[^ ]+ [^ ]+ [^ ]+ [^ ]+ / ' /proc/self/mountinfo; ls -d /../" + _outside.FullName) with
            {
                Mounts = withFile ? [file] : [],
            });
        var lines = result.Output.Split('\n');
        Assert.Equal([lines[0], lines[0]], lines[1..3]);
        Assert.Equal("1", lines[3]);
        Assert.Contains("No such file or directory", lines[4], StringComparison.Ordinal);
    }

    [Fact]
    public void A_working_directory_through_an_inherited_descriptor_is_refused_CVE_2024_21626()
    {
        var request = _root.Request("pwd");
        using var input = FileCalls.Open(_outside.FullName, OpenFlags.ReadOnly | OpenFlags.Directory);
        var there = request with { Input = input, Spec = request.Spec with { Process = request.Spec.Process! with { Cwd = "/proc/self/fd/0" } } };
        var failure = Assert.Throws<ContainerException>(() => BusyboxRoot.Run(there));
        Assert.Contains("the working directory lies outside of the container's root", failure.Message, StringComparison.Ordinal);
    }

    private static ContainerRequest WithoutMountsOnDev(ContainerRequest request) => request with
    {
        Spec = request.Spec with { Mounts = [.. request.Spec.Mounts!.Where(static mount => !mount.Destination.StartsWith("/dev", StringComparison.Ordinal))] },
    };
}
