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
        Assert.Throws<ContainerException>(() => BusyboxRoot.Run(_root.Request("true") with { Mounts = [Mount("/evil/file")] }));
        Assert.Throws<ContainerException>(() => BusyboxRoot.Run(_root.Request("true") with { Mounts = [Mount("/climb/file")] }));
        Assert.Empty(_outside.GetFileSystemInfos());
    }

    [Fact]
    public void A_proc_that_is_a_link_is_refused_CVE_2023_27561()
    {
        Directory.Delete(_root.In("proc"));
        Directory.CreateDirectory(_root.In("elsewhere"));
        File.CreateSymbolicLink(_root.In("proc"), "elsewhere");
        Assert.Throws<ContainerException>(() => _root.Shell("true"));
    }

    [Fact]
    public void A_mount_inside_proc_is_refused_CVE_2019_19921()
    {
        var mount = new ContainerMount { Spec = new MountSpec { Destination = "/proc/self/attr" }, Content = "x"u8.ToArray() };
        var failure = Assert.Throws<ContainerException>(() => BusyboxRoot.Run(_root.Request("true") with { Mounts = [mount] }));
        Assert.Contains("mounts inside /proc are not allowed", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dev_that_is_a_link_out_of_the_root_makes_no_node_outside_CVE_2026_41579()
    {
        Directory.Delete(_root.In("dev"));
        File.CreateSymbolicLink(_root.In("dev"), _outside.FullName);
        Assert.Throws<ContainerException>(() => _root.Shell("true"));
        Assert.Empty(_outside.GetFileSystemInfos());
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
    public void The_hosts_root_is_not_reachable()
    {
        var result = _root.Shell("cd / && cd ../../../.. && ls | grep -c busybox-root-marker; ls -d /" + _outside.Name + " /tmp/" + _outside.Name);
        Assert.NotEqual(0, result.Code);
        Assert.Equal(2, result.Output.Split("No such file or directory").Length - 1);
    }

    [Fact]
    public void A_working_directory_through_an_inherited_descriptor_is_refused_CVE_2024_21626()
    {
        var request = _root.Request("pwd");
        foreach (var number in (int[])[3, 4, 5, 6, 7, 8, 9, 10, 200, 201, 202])
        {
            var there = request with { Spec = request.Spec with { Process = request.Spec.Process! with { Cwd = $"/proc/self/fd/{number}" } } };
            var code = 0;
            try
            {
                code = BusyboxRoot.Run(there).Code;
            }
            catch (ContainerException)
            {
                code = 125;
            }

            Assert.NotEqual(0, code);
        }
    }
}
