using System.Text.Json;

namespace Bld.EndToEnd.Tests;

/// <summary><c>bld mount</c>: a directory that other programs write to.</summary>
public sealed class ContainerMountTests : IDisposable
{
    private readonly BldHome _home = new BldHome().WithBusybox();
    private readonly string _container;

    public ContainerMountTests() => _container = _home.Succeed("from", "busybox");

    public void Dispose()
    {
        _home.Bld("umount", "-a");
        _home.Dispose();
    }

    [Fact]
    public void What_others_write_is_in_the_container_and_in_its_images()
    {
        var path = _home.Succeed("mount", _container);
        File.WriteAllText($"{path}/written", "by a program");
        File.Delete($"{path}/etc/group");
        Assert.Equal(path, _home.Succeed("mount", _container));
        Assert.Equal($"{_container} {path}", _home.Succeed("mount"));
        Assert.Equal(path, JsonDocument.Parse(_home.Succeed("mount", "--json")).RootElement[0].GetProperty("mountPoint").GetString());

        // A run sees it at once, and what it writes is seen through the mount; nothing that it was mounted on stays.
        Assert.Equal("by a program", Run("sh", "-c", "cat /written; echo run > /ran"));
        Assert.Equal("run\n", File.ReadAllText($"{path}/ran"));
        Assert.False(Directory.Exists($"{path}/proc"));
        _home.Succeed("copy", "-q", _container, "/etc/hostname", "/copied");
        Assert.True(File.Exists($"{path}/copied"));

        _home.Succeed("commit", "-q", _container, "mounted");
        Assert.True(File.Exists($"{path}/ran"));
        var names = _home.Files("mounted").Split('\n').Select(static line => line.Split(' ')[0]).ToList();
        Assert.Superset(new HashSet<string> { "written", "ran", "copied" }, names.ToHashSet());
        Assert.DoesNotContain("etc/group", names);

        Assert.Matches("^[0-9a-f]{64}$", _home.Succeed("umount", _container));
        Assert.Empty(Directory.EnumerateFileSystemEntries(path));
        Assert.Equal("by a program", Run("cat", "/written"));
        Assert.Equal("", _home.Succeed("mount"));
        Assert.Equal(2, _home.Manifest("mounted").GetProperty("layers").GetArrayLength() - _home.Manifest("busybox").GetProperty("layers").GetArrayLength() + 1);
    }

    [Fact]
    public void Of_several_those_are_mounted_that_are_there()
    {
        var other = _home.Succeed("from", "busybox");
        var mounted = _home.Bld("mount", _container, "no-such-container", other);
        Assert.Equal(125, mounted.Code);
        Assert.Contains("no-such-container", mounted.Error, StringComparison.Ordinal);
        Assert.Equal([_container, other], mounted.Output.TrimEnd().Split('\n').Select(static line => line.Split(' ')[0]));

        Assert.Matches("^[0-9a-f]{64}$", _home.Succeed("umount", other));
        Assert.Equal("", _home.Succeed("umount", other));
    }

    [Fact]
    public void Who_works_in_it_is_not_disturbed_by_a_commit_or_a_copy()
    {
        var path = _home.Succeed("mount", _container);
        File.WriteAllText($"{path}/before", "1");
        using (File.OpenRead($"{path}/before"))
        {
            _home.Succeed("commit", "-q", _container, "busy");
            _home.Succeed("copy", "-q", _container, "/etc/hostname", "/copied");
            Assert.True(File.Exists($"{path}/copied"));
            File.WriteAllText($"{path}/before", "2");
        }

        var other = _home.Succeed("from", "busy");
        Assert.Equal("1", _home.Succeed("run", "--network", "none", other, "cat", "/before"));
        _home.Succeed("umount", _container);
        Assert.Equal("2", Run("cat", "/before"));
    }

    [Fact]
    public void A_mount_that_a_reboot_took_is_found_settled_and_rm_takes_a_mount_along()
    {
        var path = _home.Succeed("mount", _container);
        File.WriteAllText($"{path}/kept", "x");
        BldHome.Peer("umount", path);
        Assert.Equal("x", Run("cat", "/kept"));
        Assert.Equal(path, _home.Succeed("mount", _container));
        Assert.True(File.Exists($"{path}/kept"));
        _home.Succeed("rm", _container);
        Assert.DoesNotContain(_home.Store, File.ReadAllText("/proc/self/mounts"), StringComparison.Ordinal);
        Assert.Equal(125, _home.Bld("mount", _container).Code);
        Assert.Equal(125, _home.Bld("umount", _container).Code);
    }

    private string Run(params string[] command) => _home.Succeed(["run", "--network", "none", _container, .. command]);
}
