using System.Globalization;
using System.Security.Cryptography;

namespace Bld.EndToEnd.Tests;

/// <summary>What an ordinary user can do, with ids of its own and with one only.</summary>
public sealed class RootlessTests : IDisposable
{
    private const string Dockerfile = """
        FROM scratch
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "-s", "/bin"]
        ENV PATH=/bin
        RUN mkdir -p /etc /home/u && echo root:x:0:0::/root:/bin/sh > /etc/passwd && id -u > /who && ln -s /who /link
        """;

    private readonly OrdinaryUser _user = new();

    public RootlessTests()
    {
        _user.Write("context/Dockerfile", Dockerfile);
        File.Copy("/bin/busybox", _user.In("context/busybox"));
    }

    public void Dispose() => _user.Dispose();

    [Fact]
    public void The_same_Dockerfile_gives_the_same_image_as_root_and_without()
    {
        _user.Write("context/Dockerfile", Dockerfile + "\nRUN chown 12:34 /who && rm /link && mkdir /d && chmod 2750 /d\nUSER 7\nRUN touch /tmp-mine 2>/dev/null || true\n");
        var script = $"bld bud -q --network none --timestamp 1700000000 {_user.In("context")}";
        using var root = new BldHome();
        var expected = root.Succeed("bud", "-q", "--network", "none", "--timestamp", "1700000000", _user.In("context"));
        Assert.Equal(expected, _user.Succeed(script));
    }

    [Fact]
    public void It_is_root_inside_and_has_its_own_network_and_its_store_at_home()
    {
        var host = BldHome.Peer("readlink", "/proc/self/ns/net");
        _user.Write("context/Dockerfile", Dockerfile + "\nRUN cat /who; readlink /proc/self/ns/net; ls -ld /dev/null; hostname\n");
        var output = _user.Succeed($"bld bud -t app {_user.In("context")} && bld images");

        Assert.Contains("\n0\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain(host, output, StringComparison.Ordinal);
        Assert.Contains("localhost/app", output, StringComparison.Ordinal);
        Assert.True(Directory.Exists(Path.Combine(_user.Home, "data/bld/images")));
        _user.Succeed($"bld push app oci:{_user.Home}/layout && test -e layout/oci-layout && bld rmi app");
    }

    [Fact]
    public void Fuse_overlayfs_gives_the_image_that_overlay_gives_and_ends()
    {
        _user.Write("context/Dockerfile", Dockerfile + """

            RUN mkdir -p /d/e /gone/below && echo one > /d/file && echo two > /d/e/other && echo s > /d/second && chown 5:6 /d/e && echo x > /gone/below/x
            RUN rm -r /gone && rm /d/e/other && echo more >> /d/file && chmod 4755 /d/second && mkfifo /pipe
            RUN rm -r /d/e && mkdir /d/e && echo new > /d/e/new && mkdir /gone && rm /link && mkdir /link
            RUN test ! -e /gone/below && test ! -e /d/e/other && test "$(cat /d/file)" = "$(printf 'one\nmore')"
            """);
        var build = $"bud -q --no-cache --network none --timestamp 1700000000 {_user.In("context")}";
        var fuse = _user.ShellWithFuse($"bld --storage-opt overlay.mount_program=/usr/bin/fuse-overlayfs {build}");
        Assert.True(fuse.Code == 0, fuse.Error);
        Assert.Equal(_user.Succeed($"bld {build}"), fuse.Output.Trim());
        Assert.Equal(0, _user.Count("fuse-overlayfs"));
    }

    [Fact]
    public void Fuse_overlayfs_is_used_where_overlay_is_refused()
    {
        _user.Write("context/Dockerfile", Dockerfile + "\nRUN grep -o ' / fuse[^ ]*' /proc/mounts || echo copied\n");
        var build = $"bld --root $OVERLAY/store --runroot $OVERLAY/run bud --no-cache --network none {_user.In("context")}";
        var fuse = _user.ShellWithFuse(build);
        Assert.True(fuse.Code == 0, fuse.Error);
        Assert.Contains("\n / fuse.fuse-overlayfs\n", fuse.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Unshare_runs_a_command_as_root_and_gives_its_exit_code()
    {
        Assert.Equal("0", _user.Succeed("bld unshare id -u"));
        Assert.Equal(42, _user.Shell("bld unshare sh -c 'exit 42'").Code);
        Assert.Equal(128 + 15, _user.Shell("bld unshare sh -c 'kill -TERM $$'").Code);
        var missing = _user.Shell("bld unshare bahs");
        Assert.Equal(127, missing.Code);
        Assert.Contains("exec: \"bahs\": executable file not found in $PATH", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Working_containers_are_run_committed_and_mounted_in_a_session()
    {
        _user.Succeed($"bld bud -q -t base {_user.In("context")}");
        var output = _user.Succeed("c=$(bld from base) && bld run $c -- sh -c 'id -u > /ran' && bld commit -q $c done && bld unshare -m ROOT=$c sh -c 'cat $ROOT/ran; echo more > $ROOT/written' && bld run $c cat /written");
        Assert.EndsWith("0\nmore", output, StringComparison.Ordinal);
        var mount = _user.Shell("bld mount $(bld containers -q)");
        Assert.Equal(125, mount.Code);
        Assert.Contains("bld unshare", mount.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_id_is_enough_for_images_of_root_and_is_told()
    {
        using var poor = new OrdinaryUser(hasRanges: false);
        var outcome = poor.Shell($"bld bud -q --network none --timestamp 1700000000 {_user.In("context")}");
        Assert.True(outcome.Code == 0, outcome.Error);
        Assert.Contains("only one user id is available", outcome.Error, StringComparison.Ordinal);
        using var root = new BldHome();
        Assert.Equal(root.Succeed("bud", "-q", "--network", "none", "--timestamp", "1700000000", _user.In("context")), outcome.Output.Trim());
    }

    [Fact]
    public void Root_without_the_right_to_mount_works_in_a_user_namespace_of_all_its_ids()
    {
        _user.Write("context/Dockerfile", Dockerfile + "\nRUN chown 12:34 /who\n");
        using var root = new BldHome();
        string[] build = ["bud", "-q", "--no-cache", "--network", "none", "--timestamp", "1700000000", _user.In("context")];
        var limited = BldHome.Run("setpriv", ["--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin", BldHome.Executable, .. root.Globals, .. build]);
        Assert.True(limited.Code == 0, limited.Error);
        Assert.Equal(root.Succeed(build), limited.Output.Trim());
    }

    [Fact]
    public void A_limit_without_a_cgroup_to_set_it_in_is_an_error_and_none_is_none()
    {
        _user.Succeed($"bld bud -q {_user.In("context")}");
        var outcome = _user.Shell($"bld bud --no-cache --memory 64m {_user.In("context")}");
        Assert.Equal(125, outcome.Code);
        Assert.Contains("cgroup", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void When_it_is_killed_the_container_dies_with_it()
    {
        var seconds = RandomNumberGenerator.GetInt32(1_000_000, 9_000_000).ToString(CultureInfo.InvariantCulture);
        _user.Write("context/Dockerfile", Dockerfile + $"\nRUN sleep {seconds}\n");
        using var build = _user.Start($"exec bld bud {_user.In("context")}");
        Assert.True(SpinWait.SpinUntil(() => IsRunning(seconds), TimeSpan.FromSeconds(30)));
        build.Kill();
        build.WaitForExit();
        Assert.True(SpinWait.SpinUntil(() => !IsRunning(seconds), TimeSpan.FromSeconds(10)));
    }

    private static bool IsRunning(string seconds) => BldHome.Run("pgrep", "-f", $"^sleep {seconds}$").Code == 0;
}
