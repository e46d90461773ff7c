namespace Bld.EndToEnd.Tests;

/// <summary>What containers.conf, mounts.conf and the environment say reaches the commands of a build.</summary>
public sealed class ContainersConfTests : IDisposable
{
    private readonly BldHome _home = new BldHome().WithBusybox();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void Containers_conf_gives_limits_capabilities_variables_and_sizes()
    {
        var file = _home.Write("containers.conf", """
            [containers]
            default_capabilities = ["CHOWN", "SYS_CHROOT"]
            default_ulimits = ["nofile=500:500"]
            env = ["FROM_CONF=yes", "PATH=/nowhere"]
            shm_size = "200k"
            volumes = ["/etc/passwd:/seen:ro"]
            """);
        var output = Build([("CONTAINERS_CONF", file)], "RUN ulimit -n; grep CapEff /proc/self/status; echo $FROM_CONF $PATH; df -k /dev/shm | tail -1; head -c 4 /seen\n");

        Assert.Contains("500\n", output, StringComparison.Ordinal);
        // CAP_CHOWN is 0 and CAP_SYS_CHROOT is 18.
        Assert.Contains("CapEff:\t0000000000040001\n", output, StringComparison.Ordinal);
        Assert.Contains("yes /bin\n", output, StringComparison.Ordinal);
        Assert.Contains(" 200 ", output, StringComparison.Ordinal);
        Assert.Contains("root", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Pasta_gets_the_options_of_the_command_line_and_of_containers_conf()
    {
        var file = _home.Write("containers.conf", "[network]\npasta_options = [\"-I\", \"conf0\", \"-a\", \"10.9.8.7\", \"-n\", \"24\"]\n");
        var output = Build([("CONTAINERS_CONF", file)], "RUN ifconfig conf0\n", "--network", "pasta:--mtu,1400");
        Assert.Contains("10.9.8.7", output, StringComparison.Ordinal);
        Assert.Contains("MTU:1400", output, StringComparison.Ordinal);

        var container = _home.Succeed("from", "--network", "pasta:-I,from0", "localhost/busybox");
        Assert.Contains("from0:", _home.Succeed("run", container, "cat", "/proc/net/dev"), StringComparison.Ordinal);
        Assert.Contains("run0:", _home.Succeed("run", "--network", "slirp4netns:mtu=1300", "--network", "pasta:-I,run0", container, "cat", "/proc/net/dev"), StringComparison.Ordinal);
        Assert.Contains("MTU:1300", _home.Succeed("run", "--network", "slirp4netns:mtu=1300", container, "ifconfig"), StringComparison.Ordinal);
        Assert.Contains("10.9.8.7", BldHome.Peer("env", [$"CONTAINERS_CONF={file}", BldHome.Executable, .. _home.Globals, "run", "--network", "pasta:--mtu,1300", container, "ifconfig"]), StringComparison.Ordinal);
        var failed = _home.Bld("run", "--network", "pasta:--no-such-option", container, "true");
        Assert.NotEqual(0, failed.Code);
        Assert.EndsWith("unrecognized option '--no-such-option'", failed.Error.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void Containers_conf_gives_name_servers_hosts_proxies_devices_and_the_profile_of_system_calls()
    {
        var profile = _home.Write("seccomp.json", """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":13}]}""");
        var file = _home.Write("containers.conf", $"""
            [containers]
            dns_servers = ["192.0.2.1"]
            dns_searches = ["conf.example"]
            dns_options = ["ndots:3"]
            http_proxy = false
            no_hosts = true
            devices = ["/dev/null:/dev/other:rw"]
            seccomp_profile = "{profile}"
            """);
        const string Look = "RUN cat /etc/resolv.conf; echo \"proxy=$http_proxy\"; test -c /dev/other && echo device; test -e /etc/hosts || echo no hosts; mkdir /made || echo refused\n";
        (string, string)[] environment = [("CONTAINERS_CONF", file), ("http_proxy", "http://proxy.example")];
        var output = Build(environment, Look);
        foreach (var expected in (string[])["nameserver 192.0.2.1", "search conf.example", "options ndots:3", "proxy=\n", "device\n", "no hosts\n", "refused\n"])
        {
            Assert.Contains(expected, output, StringComparison.Ordinal);
        }

        // A flag comes before the file.
        Assert.Contains("proxy=http://proxy.example\n", Build(environment, Look, "--http-proxy"), StringComparison.Ordinal);
    }

    [Fact]
    public void Flags_come_after_containers_conf()
    {
        var file = _home.Write("containers.conf", "[containers]\ndefault_ulimits = [\"nofile=500:500\"]\n");

        Assert.Contains("600\n", Build([("CONTAINERS_CONF", file)], "RUN ulimit -n\n", "--ulimit", "nofile=600:600"), StringComparison.Ordinal);
    }

    [Fact]
    public void Layers_that_leave_the_store_are_compressed_as_containers_conf_says()
    {
        var file = _home.Write("containers.conf", "[engine]\ncompression_format = \"zstd\"\ncompression_level = 5\n");
        var container = _home.Succeed("from", "localhost/busybox");
        Assert.Contains("+zstd", Written("push", "localhost/busybox"), StringComparison.Ordinal);
        Assert.Contains("+zstd", Written("commit", container), StringComparison.Ordinal);
        Assert.Contains("+gzip", Written("push", "--compression-format", "gzip", "localhost/busybox"), StringComparison.Ordinal);

        _home.Write("containers.conf", "[engine]\ncompression_format = \"lzma\"\n");
        var outcome = BldHome.Run("env", Push("push", "localhost/busybox"));
        Assert.Equal(125, outcome.Code);
        Assert.Contains("compression_format in containers.conf: unknown compression format \"lzma\"", outcome.Error, StringComparison.Ordinal);

        string[] Push(params string[] words) => [$"CONTAINERS_CONF={file}", BldHome.Executable, .. _home.Globals, words[0], "-q", .. words[1..], $"oci:{_home.In("layout")}:x"];

        string Written(params string[] words)
        {
            BldHome.Peer("env", Push(words));
            return BldHome.Peer("skopeo", "inspect", "--raw", $"oci:{_home.In("layout")}:x");
        }
    }

    [Fact]
    public void Default_mounts_are_seen_and_neither_committed_nor_written_to()
    {
        var secret = _home.Write("subscription/key", "secret\n");
        var file = _home.Write("mounts.conf", $"# comment\n{_home.In("subscription")}:/run/subscription\n/not/there:/x\n");
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN cat /run/subscription/key; echo changed > /run/subscription/key\nRUN test -e /run/subscription/key && ! test -e /x\n");
        var output = _home.Succeed("--default-mounts-file", file, "bud", "-t", "app", _home.In("context"));

        Assert.Contains("secret", output, StringComparison.Ordinal);
        Assert.Equal("secret\n", File.ReadAllText(secret));
        _home.Succeed("push", "-q", "app", $"docker-archive:{_home.In("app.tar")}");
        BldHome.Peer("sh", "-c", $"mkdir {_home.In("unpacked")} && tar xf {_home.In("app.tar")} -C {_home.In("unpacked")}");
        Assert.DoesNotContain(Directory.GetFiles(_home.In("unpacked"), "*", SearchOption.AllDirectories),
            static layer => BldHome.Run("tar", "tf", layer).Output.Contains("run/subscription/key", StringComparison.Ordinal));
    }

    [Fact]
    public void Links_in_a_default_mount_are_what_they_lead_to()
    {
        _home.Write("entitlement/key", "secret\n");
        Directory.CreateDirectory(_home.In("linking"));
        File.CreateSymbolicLink(_home.In("linking/folder"), _home.In("entitlement"));
        File.CreateSymbolicLink(_home.In("linking/file"), _home.In("entitlement/key"));
        File.CreateSymbolicLink(_home.In("linking/nowhere"), "/not/there");
        _home.Write("linking/plain", "plain\n");
        var file = _home.Write("mounts.conf", $"{_home.In("linking")}:/run/secrets\n");
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN cd /run/secrets; cat folder/key file plain; echo changed > folder/key; ls\nRUN ls -A /run\n");
        var output = _home.Succeed("--default-mounts-file", file, "bud", _home.In("context"));

        Assert.Contains("secret\nsecret\nplain\nfile\nfolder\nplain\n", output, StringComparison.Ordinal);
        Assert.Equal("secret\n", File.ReadAllText(_home.In("entitlement/key")));
    }

    [Fact]
    public void Our_own_names_of_variables_stand_for_Buildahs()
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nHEALTHCHECK CMD true\n");
        var id = BldHome.Peer("env", ["BLD_FORMAT=docker", BldHome.Executable, .. _home.Globals, "bud", "-q", _home.In("context")]);

        Assert.Equal("[CMD-SHELL true]", _home.Succeed("inspect", "--type", "image", "--format", "{{.Docker.Config.Healthcheck.Test}}", id));
    }

    [Fact]
    public void A_broken_file_is_told_with_its_line()
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\n");
        var file = _home.Write("containers.conf", "[containers]\nenv = [FROM_CONF]\n");
        var outcome = BldHome.Run("env", [$"CONTAINERS_CONF={file}", BldHome.Executable, .. _home.Globals, "bud", _home.In("context")]);

        Assert.Equal(125, outcome.Code);
        Assert.Contains($"{file}, line 2: 'FROM_CONF' is no value", outcome.Error, StringComparison.Ordinal);
    }

    private string Build((string Name, string Value)[] environment, string run, params string[] flags)
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\n" + run);
        return BldHome.Peer("env", [.. environment.Select(static each => $"{each.Name}={each.Value}"), BldHome.Executable, .. _home.Globals, "bud", "--no-cache", .. flags, _home.In("context")]);
    }
}
