using System.Globalization;
using System.Security.Cryptography;

namespace Bld.EndToEnd.Tests;

/// <summary>Roots without overlay, and containers without namespaces: what is left where a host allows no more.</summary>
public sealed class StorageTests(BusyboxFixture fixture) : IClassFixture<BusyboxFixture>
{
    private const string Changes = """
        FROM localhost/busybox
        RUN mkdir -p /d/e /gone/below && echo one > /d/file && echo two > /d/e/other && ln /d/file /d/second && ln -s file /d/link && touch -d @1000000000 /d/old
        RUN rm -r /gone && rm /d/e/other && echo more >> /d/file && chmod 600 /d/second && mkdir -p /new/deep && mkfifo /new/pipe && rm /d/link && mkdir /d/link && touch -d @1000000000 /d/old
        RUN echo same > /d/old && touch -d @1000000000 /d/old && chown 5:6 /d/e && touch -d @1000000000 /d/e
        COPY Dockerfile /d/
        RUN cat /d/old /d/second && test ! -e /gone && test -p /new/pipe && test -d /d/link && test "$(stat -c %u:%g /d/e)" = 5:6
        """;

    private readonly BldHome _home = fixture.Home;

    [Fact]
    public void Copies_give_the_image_that_overlay_gives()
    {
        _home.Write("context/Dockerfile", Changes);
        string[] build = ["bud", "-q", "--no-cache", "--layers=false", "--timestamp", "1700000000", _home.In("context")];
        var overlay = _home.Succeed(["--storage-driver", "overlay", .. build]);
        Assert.Equal(Files(overlay), Files(_home.Succeed(["--storage-driver", "vfs", .. build])));
    }

    [Fact]
    public void A_store_on_a_file_system_that_overlay_refuses_works_by_itself()
    {
        // An overlay's own directory can't be the upper directory of another.
        var place = _home.In("nested");
        BldHome.Peer("mkdir", "-p", $"{place}/lower", $"{place}/upper", $"{place}/work", $"{place}/merged");
        _home.Write("context/Dockerfile", "FROM scratch\nCOPY busybox /bin/sh\nRUN echo made > /made\nRUN read a < /made; test \"$a\" = made\n");
        File.Copy("/bin/busybox", _home.In("context/busybox"), overwrite: true);
        var script = $"mount -t tmpfs none {place} && mkdir {place}/lower {place}/upper {place}/work {place}/merged && "
            + $"mount -t overlay -o lowerdir={place}/lower,upperdir={place}/upper,workdir={place}/work none {place}/merged && "
            + $"{BldHome.Executable} --root {place}/merged/store --runroot {place}/run bud -q {_home.In("context")}";
        var outcome = BldHome.Run("unshare", "--mount", "sh", "-c", script);
        Assert.True(outcome.Code == 0, outcome.Error);
        Assert.Matches("^[0-9a-f]{64}\n$", outcome.Output);
    }

    [Fact]
    public void An_unknown_driver_is_told()
    {
        var outcome = _home.Bld("--storage-driver", "zfs", "images");
        Assert.Equal(125, outcome.Code);
        Assert.Contains("unknown storage driver \"zfs\"", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Isolation_chroot_shares_the_hosts_processes_and_network_and_leaves_no_process_behind()
    {
        var seconds = RandomNumberGenerator.GetInt32(1_000_000, 9_000_000).ToString(CultureInfo.InvariantCulture);
        _home.Write("context/Dockerfile", $"""
            FROM localhost/busybox
            RUN for n in pid net ipc uts mnt; do readlink /proc/self/ns/$n; done; grep -E 'Seccomp:|CapBnd' /proc/self/status; touch /sys/x 2>/dev/null || echo read-only; grep -cE ' /sys(/[^ ]*)? rw' /proc/self/mountinfo || true; echo $(find /dev -type b -o -type c | sort)
            RUN (setsid sleep {seconds} &); sleep 0.1
            """);
        var output = _home.Succeed("bud", "--no-cache", "--isolation", "chroot", _home.In("context"));
        foreach (var (type, isShared) in ((string, bool)[])[("pid", true), ("net", true), ("ipc", true), ("uts", false), ("mnt", false)])
        {
            Assert.Equal(isShared, output.Contains(BldHome.Peer("readlink", $"/proc/self/ns/{type}"), StringComparison.Ordinal));
        }

        Assert.Contains("Seccomp:\t2", output, StringComparison.Ordinal);
        Assert.Contains("CapBnd:\t00000000800405fb", output, StringComparison.Ordinal);
        Assert.Contains("\nread-only\n0\n/dev/full /dev/null /dev/pts/ptmx /dev/random /dev/tty /dev/urandom /dev/zero\n", output, StringComparison.Ordinal);
        Assert.NotEqual(0, BldHome.Run("pgrep", "-f", $"^sleep {seconds}$").Code);
    }

    [Fact]
    public void A_killed_build_takes_the_processes_of_isolation_chroot_with_it()
    {
        var seconds = RandomNumberGenerator.GetInt32(1_000_000, 9_000_000).ToString(CultureInfo.InvariantCulture);
        _home.Write("context/Dockerfile", $"FROM localhost/busybox\nRUN (setsid sleep {seconds} &); sleep {seconds}\n");
        using var build = _home.Start("bud", "--no-cache", "--isolation", "chroot", _home.In("context"));
        Assert.True(SpinWait.SpinUntil(() => BldHome.Run("pgrep", "-fc", $"^sleep {seconds}$").Output.Trim() == "2", TimeSpan.FromSeconds(30)));
        build.Kill();
        build.WaitForExit();
        Assert.True(SpinWait.SpinUntil(() => BldHome.Run("pgrep", "-f", $"^sleep {seconds}$").Code != 0, TimeSpan.FromSeconds(10)));
    }

    /// <summary>The listing of an image's layers: names, modes, owners, sizes, times and links.</summary>
    private string Files(string image)
    {
        var folder = _home.In($"files-{image[..12]}");
        _home.Succeed("push", "-q", "--disable-compression", image, $"dir:{folder}");
        var layers = Directory.GetFiles(folder).Where(static file => BldHome.Run("tar", "-tf", file).Code == 0);
        return string.Join('\n', layers.Select(static file => BldHome.Peer("tar", "--numeric-owner", "-tvf", file)).Order(StringComparer.Ordinal));
    }
}
