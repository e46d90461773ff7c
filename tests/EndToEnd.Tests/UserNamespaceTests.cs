namespace Bld.EndToEnd.Tests;

/// <summary>Commands whose ids on the host are not those inside.</summary>
public sealed class UserNamespaceTests(BusyboxFixture fixture) : IClassFixture<BusyboxFixture>
{
    private const string Changes = """
        FROM localhost/busybox
        RUN mkdir -p /d/e /gone && echo one > /d/file && echo two > /d/e/other && ln /d/file /d/second && chown 5:6 /d/e && chmod 4755 /bin/busybox
        RUN rm -r /gone /d/e/other && echo more >> /d/file && chown 7:8 /d/second && mkdir -m 1777 /new && ln -s file /d/link
        USER 5:6
        RUN touch /d/e/mine && id -u > /new/who
        COPY Dockerfile /d/
        """;

    private readonly BldHome _home = fixture.Home;

    [Theory]
    [InlineData("overlay")]
    [InlineData("vfs")]
    public void The_image_has_the_ids_inside_and_is_the_same_as_without(string driver)
    {
        _home.Write("context/Dockerfile", Changes);
        string[] build = ["--storage-driver", driver, "bud", "-q", "--no-cache", "--timestamp", "1700000000"];
        Assert.Equal(
            _home.Succeed([.. build, _home.In("context")]),
            _home.Succeed([.. build, "--userns-uid-map", "0:200000:65536", "--userns-gid-map", "0:300000:65536", _home.In("context")]));
    }

    [Fact]
    public void An_ordinary_user_can_shift_the_ids_it_has()
    {
        using var user = new OrdinaryUser();
        user.Write("context/Dockerfile", Changes.Replace("localhost/busybox", "base", StringComparison.Ordinal));
        user.Write("base/Dockerfile", "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"--install\", \"-s\", \"/bin\"]\nENV PATH=/bin\nCMD sh\n");
        File.Copy("/bin/busybox", user.In("base/busybox"));
        user.Succeed($"bld bud -q -t base --timestamp 1700000000 {user.In("base")}");
        var build = $"bld bud -q --no-cache --timestamp 1700000000 {user.In("context")}";
        Assert.Equal(user.Succeed(build), user.Succeed($"{build} --userns-uid-map 0:1000:1000"));
    }

    [Fact]
    public void The_hosts_queues_are_left_out_where_they_cannot_be_mounted()
    {
        var container = _home.Succeed("from", "--ipc=host", "--userns=container", "--pid=private", "localhost/busybox");
        Assert.Equal("/", _home.Succeed("run", "--network", "none", container, "pwd"));
    }

    [Fact]
    public void Root_inside_is_the_mapped_user_on_the_host()
    {
        using var user = new OrdinaryUser();
        var place = Directory.CreateDirectory(_home.In("volume")).FullName;
        BldHome.Peer("chmod", "777", place);
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN --mount=type=cache,target=/c touch /v/made /c/kept && stat -c %u /c/kept /bin && grep -c . /proc/self/uid_map\n");
        string[] build = ["bud", "--no-cache", "--volume", $"{place}:/v"];
        var output = _home.Succeed([.. build, "--userns-uid-map", "0:200000:1000", "--userns-gid-map", "0:300000:1000", _home.In("context")]);
        Assert.Contains("\n0\n0\n1\n", output, StringComparison.Ordinal);
        Assert.Equal("200000:300000", BldHome.Peer("stat", "-c", "%u:%g", $"{place}/made"));

        // The same cache, with another map and with none.
        File.Delete($"{place}/made");
        _home.Succeed([.. build, "--userns-uid-map-user", user.Name, _home.In("context")]);
        Assert.Equal(BldHome.Peer("sh", "-c", $"grep ^{user.Name}: /etc/subuid | cut -d: -f2"), BldHome.Peer("stat", "-c", "%u", $"{place}/made"));
        File.Delete($"{place}/made");
        _home.Succeed([.. build, _home.In("context")]);
        Directory.Delete(place, recursive: true);
    }

    [Fact]
    public void A_working_container_keeps_what_from_said_and_run_may_say_otherwise()
    {
        // Buildah takes them before the command's name too.
        var container = _home.Succeed("--userns-uid-map", "0:200000:1000", "from", "localhost/busybox");
        string[] map = ["cat", "/proc/self/uid_map"];
        Assert.Equal(["0", "200000", "1000"], Words(_home.Succeed(["run", container, .. map])));
        Assert.Equal(["0", "0", "4294967295"], Words(_home.Succeed(["run", "--userns", "host", container, .. map])));
        Assert.Equal(["0", "400000", "10"], Words(_home.Succeed(["run", "--userns-uid-map", "0:400000:10", container, .. map])));
        Assert.Equal("200000", _home.Succeed("inspect", "--format", "{{(index .IDMappingOptions.UIDMap 0).HostID}}", container));
        var own = BldHome.Peer("readlink", "/proc/self/ns/user");
        Assert.NotEqual(own, _home.Succeed("run", "--userns", "private", container, "readlink", "/proc/self/ns/user"));
        _home.Succeed("run", container, "touch", "/made");
        Assert.Equal("0", _home.Succeed("run", "--userns", "host", container, "stat", "-c", "%u", "/made"));
        _home.Succeed("rm", container);
    }

    [Fact]
    public void A_namespace_that_is_there_is_joined_with_its_ids()
    {
        using var other = System.Diagnostics.Process.Start("unshare", ["--user", "sleep", "100"]);
        try
        {
            var file = $"/proc/{other.Id}/ns/user";
            var own = BldHome.Peer("readlink", "/proc/self/ns/user");
            Assert.True(SpinWait.SpinUntil(() => BldHome.Run("readlink", file).Output.Trim() != own, TimeSpan.FromSeconds(10)));
            File.WriteAllText($"/proc/{other.Id}/uid_map", "0 500000 100");
            File.WriteAllText($"/proc/{other.Id}/gid_map", "0 500000 100");
            var container = _home.Succeed("from", "localhost/busybox");
            Assert.Equal(BldHome.Peer("readlink", file), _home.Succeed("run", "--userns", file, container, "readlink", "/proc/self/ns/user"));
            _home.Succeed("run", "--userns", file, container, "touch", "/made");
            Assert.Equal("0", _home.Succeed("run", container, "stat", "-c", "%u", "/made"));
            _home.Succeed("rm", container);
        }
        finally
        {
            other.Kill();
            other.WaitForExit();
        }
    }

    [Theory]
    [InlineData("can not specify ID mappings while using host's user namespace", "--userns", "host", "--userns-uid-map", "0:1:2")]
    [InlineData("/etc/subuid gives \"nobody-here\" no ids", "--userns-uid-map-user", "nobody-here")]
    [InlineData("checking user namespace: stat /no/file: no such file or directory", "--userns", "/no/file")]
    [InlineData("the command's user namespace has no id 99", "--userns-uid-map", "0:200000:5")]
    public void What_can_not_be_is_told(string message, params string[] flags)
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nUSER 99\nRUN true\n");
        var outcome = _home.Bld(["bud", .. flags, _home.In("context")]);
        Assert.Equal(125, outcome.Code);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
