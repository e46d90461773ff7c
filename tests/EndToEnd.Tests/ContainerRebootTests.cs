namespace Bld.EndToEnd.Tests;

/// <summary>
/// What was done in a working container is there after the machine went down (docs/state.md). Another boot is one whose id the kernel doesn't have: then only what was
/// synced is trusted.
/// </summary>
public sealed class ContainerRebootTests : IDisposable
{
    private const string AnotherBoot = "00000000-1111-2222-3333-444444444444";
    private readonly BldHome _home = new BldHome().WithBusybox();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("run", "run --network none C sh -c 'echo precious > /p'")]
    [InlineData("copy", "copy C F /p")]
    [InlineData("mount", "mount C >/dev/null; echo precious > \"$($BLD mount C)/p\"; $BLD umount C >/dev/null")]
    [InlineData("many", "run --network none C sh -c 'echo precious > /p'; for i in $(seq 70); do $BLD run --network none C touch /$i; done")]
    public void What_a_command_wrote_survives(string name, string commands)
    {
        _home.Write("file", "precious\n");
        var container = _home.Succeed("from", "--name", name, "localhost/busybox");
        Script($"$BLD {commands}", container);
        Reboot();
        Assert.Equal("precious", _home.Succeed("run", "--network", "none", container, "cat", "/p"));
        _home.Succeed("prune");
        _home.Succeed("commit", "-q", container, "kept");
        Assert.Equal("precious", _home.Succeed("run", "--network", "none", _home.Succeed("from", "kept"), "cat", "/p"));
    }

    [Fact]
    public void A_container_in_which_nothing_was_done_survives_too()
    {
        var container = _home.Succeed("from", "localhost/busybox");
        _home.Succeed("config", "--label", "a=b", container);
        Reboot();
        Assert.Equal("b", _home.Succeed("inspect", "--format", "{{index .OCIv1.Config.Labels \"a\"}}", container));
        _home.Succeed("commit", "-q", container, "kept");
    }

    [Fact]
    public void A_command_that_wrote_nothing_makes_no_change_and_one_that_changed_the_root_alone_does()
    {
        var container = _home.Succeed("from", "localhost/busybox");
        var before = Directory.GetDirectories($"{_home.Store}/snapshots").Length;
        _home.Succeed("run", "--network", "none", container, "true");
        Assert.Equal(before, Directory.GetDirectories($"{_home.Store}/snapshots").Length);
        _home.Succeed("run", "--network", "none", container, "chmod", "711", "/");
        Assert.Equal(before + 1, Directory.GetDirectories($"{_home.Store}/snapshots").Length);
        Assert.Equal("711", _home.Succeed("run", "--network", "none", container, "stat", "-c", "%a", "/"));
        _home.Succeed("commit", "-q", container, "changed");

        // The same through a mount.
        BldHome.Peer("chmod", "700", _home.Succeed("mount", container));
        _home.Succeed("umount", container);
        Assert.Equal("700", _home.Succeed("run", "--network", "none", container, "stat", "-c", "%a", "/"));
    }

    private void Script(string commands, string container)
    {
        var text = commands.Replace(" C ", $" {container} ", StringComparison.Ordinal).Replace(" C)", $" {container})", StringComparison.Ordinal)
            .Replace("$BLD", string.Join(' ', [BldHome.Executable, .. _home.Globals]), StringComparison.Ordinal).Replace(" F ", $" {_home.In("file")} ", StringComparison.Ordinal);
        BldHome.Peer("sh", "-ec", text);
    }

    // The boot's name is in what was recorded of snapshots, and in the mark of what is on the disk.
    private void Reboot()
    {
        var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        foreach (var record in Directory.GetFiles($"{_home.Store}/snapshots", "snapshot.json", SearchOption.AllDirectories))
        {
            File.WriteAllText(record, File.ReadAllText(record).Replace(boot, AnotherBoot, StringComparison.Ordinal));
        }

        File.Move($"{_home.Store}/synced/{boot}", $"{_home.Store}/synced/{AnotherBoot}");
    }
}
