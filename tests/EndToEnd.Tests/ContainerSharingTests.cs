using System.Diagnostics;

namespace Bld.EndToEnd.Tests;

/// <summary>Commands that are in one working container at the same time.</summary>
public sealed class ContainerSharingTests : IDisposable
{
    private const string UntilStopped = "echo here > /first; while ! test -e /stop; do sleep 0.02; done; rm /stop; echo stopped > /stopped";
    private readonly BldHome _home = new BldHome().WithBusybox();
    private readonly string _container;
    private readonly string _directory;

    public ContainerSharingTests()
    {
        _container = _home.Succeed("from", "busybox");
        _directory = _home.In($"store/containers/{_home.Succeed("containers", "-q", "--notruncate")}");
    }

    private string Place => Path.Combine(_directory, "merged");

    public void Dispose()
    {
        _home.Bld("umount", "-a");
        _home.Bld("rm", "-a");
        _home.Dispose();
    }

    [Fact]
    public void A_second_command_sees_what_the_first_does_and_goes_on_without_it()
    {
        using var first = StartInRoot(UntilStopped, "/first");
        using var second = Start("echo too > /second; while test -e /first; do sleep 0.02; done; test -r /proc/self/status && echo alone > /alone");
        Until(() => File.Exists($"{Place}/second"));
        _home.Write("copied", "copied");
        _home.Succeed("copy", "-q", _container, _home.In("copied"), "/copied");
        Assert.Equal("here\ncopied", Run("cat /first /copied"));
        _home.Succeed("commit", "-q", _container, "during");

        Run("touch /stop");
        Assert.Equal(0, End(first));
        Assert.True(File.Exists($"{Place}/stopped"));
        Run("rm /first");
        Assert.Equal(0, End(second));

        // Nobody asked for the mount: it goes with the last of them, and all that they did is in the container.
        Assert.Empty(Directory.EnumerateFileSystemEntries(Place));
        Assert.Equal(["container.json", "lock", "merged"], Directory.EnumerateFileSystemEntries(_directory).Select(Path.GetFileName).Order());
        Assert.Equal("too\nstopped\nalone\ncopied", Run("cat /second /stopped /alone /copied"));

        var during = _home.Files("during").Split('\n').Select(static line => line.Split(' ')[0]).ToList();
        Assert.Superset(new HashSet<string> { "first", "second", "copied" }, during.ToHashSet());
        Assert.DoesNotContain("stopped", during);
        Assert.DoesNotContain("proc", during);
        Assert.DoesNotContain("etc/resolv.conf", during);
    }

    [Fact]
    public void Commands_that_are_killed_leave_the_root_to_the_next()
    {
        using var first = StartInRoot("echo 1 > /first; sleep 100", "/first");
        using var second = StartInRoot("echo 2 > /second; sleep 100", "/second");
        Kill(first);
        Assert.Equal("1\n2", Run("cat /first /second"));
        Kill(second);
        Assert.Equal("1\n2", Run("cat /first /second"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Place));
    }

    [Fact]
    public void A_mount_that_was_asked_for_outlasts_the_commands_and_one_that_was_given_up_does_not()
    {
        using var first = StartInRoot(UntilStopped, "/first");
        Assert.Equal(Place, _home.Succeed("mount", _container));
        Run("touch /stop");
        Assert.Equal(0, End(first));
        Assert.Equal("stopped\n", File.ReadAllText($"{Place}/stopped"));
        Assert.False(File.Exists($"{Place}/proc/self"));

        using var other = StartInRoot("rm /stopped; " + UntilStopped, "/first");
        _home.Succeed("umount", _container);
        Assert.True(File.Exists($"{Place}/first"));
        File.WriteAllText($"{Place}/stop", "");
        Assert.Equal(0, End(other));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Place));
        Assert.Equal("stopped", Run("cat /stopped"));
    }

    [Fact]
    public void What_was_made_to_mount_on_goes_with_the_last_command_and_never_through_a_link()
    {
        _home.Succeed("mount", _container);
        var outside = _home.In("outside");
        Directory.CreateDirectory($"{outside}/place");
        using var first = StartInRoot($"mv /made /moved; ln -s {outside} /made; " + UntilStopped, "/first", "--volume", $"{_home.Folder}:/made/place:ro");
        Assert.Equal("", Run("ls /proc/1 > /dev/null"));
        Assert.True(Directory.Exists($"{Place}/proc"));
        Run("touch /stop");
        Assert.Equal(0, End(first));
        Assert.True(Directory.Exists($"{outside}/place"));
        Assert.False(Directory.Exists($"{Place}/proc"));
        Assert.False(File.Exists($"{Place}/etc/resolv.conf"));
    }

    [Fact]
    public void A_container_is_removed_from_under_a_command()
    {
        using var first = Start("sleep 1; exit 7");
        Until(() => File.Exists(Path.Combine(_directory, "running.json")));
        _home.Succeed("rm", _container);
        Assert.Equal(7, End(first));
        Assert.False(Directory.Exists(_directory));
        Assert.Equal("", _home.Succeed("containers", "-q"));
    }

    private Process Start(string script, params string[] flags) => _home.Start(["run", "--network", "none", .. flags, _container, "sh", "-c", script]);

    /// <summary>Starts a script and waits for the file that it makes.</summary>
    private Process StartInRoot(string script, string made, params string[] flags)
    {
        var process = Start(script, flags);
        Until(() => _home.Bld("run", "--network", "none", _container, "test", "-e", made).Code == 0);
        return process;
    }

    private string Run(string script) => _home.Succeed("run", "--network", "none", _container, "sh", "-c", script);

    private static void Until(Func<bool> condition)
    {
        for (var since = Stopwatch.StartNew(); !condition(); Thread.Sleep(20))
        {
            Assert.True(since.Elapsed < TimeSpan.FromMinutes(1), "it didn't come about");
        }
    }

    private static int End(Process process)
    {
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(1)), "the command didn't end");
        return process.ExitCode;
    }

    private static void Kill(Process process)
    {
        process.Kill();
        process.WaitForExit();
    }
}
