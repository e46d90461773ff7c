using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Bld.EndToEnd.Tests;

/// <summary>Machines that share their steps' results; each store is a machine.</summary>
public sealed class SharedCacheTests : IDisposable
{
    // What a RUN makes can't be made twice, so equal images mean that it ran once.
    private const string Dockerfile = """
        FROM scratch AS base
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "-s", "/bin"]
        ENV PATH=/bin
        FROM base AS made
        COPY input /input
        RUN head -c 16 /dev/urandom > /random && mkdir -p /d/e && ln /random /d/hard && ln -s random /d/soft && chmod 4755 /random
        FROM base
        COPY --from=made /d /d
        RUN head -c 16 /dev/urandom > /mine && rm /bin/cat
        """;

    // Each step shows which result of the one before it was made on.
    private const string Chained = """
        FROM scratch
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "-s", "/bin"]
        RUN ["/bin/busybox", "sh", "-c", "busybox head -c 16 /dev/urandom > /one"]
        RUN ["/bin/busybox", "cp", "/one", "/two"]
        """;

    private readonly BldHome _first = new();
    private readonly BldHome _second = new();
    private readonly CacheRegistry _registry = new();

    public SharedCacheTests()
    {
        foreach (var home in new[] { _first, _second })
        {
            home.Write("context/input", "one");
            home.Write("context/Dockerfile", Dockerfile);
            File.Copy("/bin/busybox", home.In("context/busybox"));
        }
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        _registry.Dispose();
    }

    [Theory]
    [InlineData("type=registry,ref={0}/cache,mode=max", "type=registry,ref={0}/cache")]
    [InlineData("{0}/cache", "{0}/cache")]
    [InlineData("type=registry,ref={0}/cache:main,mode=max,compression=zstd", "type=registry,ref={0}/cache:main")]
    [InlineData("type=local,dest={1}/shared,mode=max", "type=local,src={1}/shared")]
    public void A_cold_machine_with_a_warm_cache_runs_nothing(string to, string from)
    {
        var made = _first.Succeed("bud", "-q", "--cache-to", Named(to), _first.In("context"));

        var output = _second.Succeed("bud", "--cache-from", Named(from), _second.In("context"));

        Assert.Equal(6, output.Split("Using cache").Length - 1);
        Assert.Equal(made, output.Split('\n')[^1]);
        Assert.Equal(made, _second.Succeed("bud", "-q", _second.In("context")));
    }

    [Fact]
    public void What_is_made_of_fetched_layers_can_be_pushed_and_run_by_others()
    {
        _first.Succeed("bud", "-q", "--cache-to", $"{_registry.Host}/cache", _first.In("context"));
        _second.Succeed("bud", "-q", "-t", "app", "--cache-from", $"{_registry.Host}/cache", _second.In("context"));
        _second.Succeed("push", "-q", "app", $"docker://{_registry.Host}/app:1");

        var manifest = BldHome.Peer("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{_registry.Host}/app:1");
        Assert.Contains("tar+gzip", manifest, StringComparison.Ordinal);
        BldHome.Peer("skopeo", "copy", "-q", "--src-tls-verify=false", $"docker://{_registry.Host}/app:1", $"dir:{_second.In("copied")}");
    }

    [Fact]
    public void Only_what_is_used_is_fetched()
    {
        _first.Succeed("bud", "-q", "--cache-to", $"{_registry.Host}/cache", _first.In("context"));
        _second.Write("context/Dockerfile", Dockerfile + "\nRUN exit 3\n");

        // The stage that only COPY looks into is needed for its content; nothing is fetched twice, and nothing that wasn't asked for.
        var outcome = _second.Bld("bud", "--cache-from", $"{_registry.Host}/cache", _second.In("context"));

        Assert.Equal(3, outcome.Code);
        Assert.Equal(6, outcome.Output.Split("Using cache").Length - 1);
    }

    [Theory]
    [InlineData("--cache-to", "type=inline")]
    [InlineData("--build-arg", "BUILDKIT_INLINE_CACHE=1")]
    public void An_image_can_carry_its_own_cache(string flag, string value)
    {
        var made = _first.Succeed("bud", "-q", "-t", "app", flag, value, _first.In("context"));
        _first.Succeed("push", "-q", "app", $"docker://{_registry.Host}/app:1");

        var again = _second.Succeed("bud", "--target", "base", "--cache-from", $"type=registry,ref={_registry.Host}/app:1", _second.In("context"));

        Assert.Equal(2, again.Split("Using cache").Length - 1);
        Assert.Equal(made, _first.Succeed("bud", "-q", _first.In("context")));
        Assert.Contains("type=inline", _first.Bld("bud", "--format", "docker", "--cache-to", "type=inline", _first.In("context")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Writers_at_the_same_time_lose_nothing_of_each_other()
    {
        var directory = _first.In("shared");
        string[] places = [$"type=registry,ref={_registry.Host}/cache,mode=max", $"type=local,dest={directory},mode=max"];
        // Nothing in common: of two results with one key the later stays, and what was made on the other doesn't fit it.
        _second.Write("context/Dockerfile", Dockerfile.Replace("COPY busybox", "COPY --chmod=755 busybox", StringComparison.Ordinal));
        using var one = _first.Start(["bud", "-q", .. places.SelectMany(static place => new[] { "--cache-to", place }), _first.In("context")]);
        using var two = _second.Start(["bud", "-q", .. places.SelectMany(static place => new[] { "--cache-to", place }), _second.In("context")]);
        string[] made = [one.StandardOutput.ReadToEnd().Trim(), two.StandardOutput.ReadToEnd().Trim()];
        foreach (var writer in new[] { one, two })
        {
            Assert.Equal("", writer.StandardError.ReadToEnd());
            writer.WaitForExit();
            Assert.Equal(0, writer.ExitCode);
        }

        foreach (var from in new[] { $"{_registry.Host}/cache", $"type=local,src={directory}" })
        {
            using var third = new BldHome();
            Assert.Equal(made[0], third.Succeed("bud", "-q", "--cache-from", from, _first.In("context")));
            Assert.Equal(made[1], third.Succeed("bud", "-q", "--cache-from", from, _second.In("context")));
        }
    }

    [Fact]
    public void A_step_is_found_though_another_machine_has_published_other_layers_for_those_below()
    {
        _first.Write("context/Dockerfile", Chained);
        _first.Succeed("bud", "-q", "--cache-to", $"{_registry.Host}/cache", "-o", $"type=local,dest={_first.In("out")}", _first.In("context"));
        _second.Write("context/Dockerfile", Chained[..Chained.LastIndexOf('\n')]);
        _second.Succeed("bud", "-q", "--cache-to", $"{_registry.Host}/cache", _second.In("context"));

        using var third = new BldHome();
        string[] build = ["bud", "--cache-from", $"{_registry.Host}/cache", "-o", $"type=local,dest={third.In("out")}", _first.In("context")];
        Assert.Equal(4, third.Succeed(build).Split("Using cache").Length - 1);
        Assert.Equal(File.ReadAllBytes(_first.In("out/one")), File.ReadAllBytes(third.In("out/one")));
        Assert.Equal(File.ReadAllBytes(_first.In("out/one")), File.ReadAllBytes(third.In("out/two")));
    }

    [Fact]
    public void A_hit_brings_the_layers_that_it_was_made_on()
    {
        _first.Write("context/Dockerfile", Chained);
        _first.Write("context/Short", Chained[..Chained.LastIndexOf('\n')]);
        _first.Succeed("bud", "-q", _first.In("context"));
        _first.Succeed("bud", "-q", "--no-cache", "-f", _first.In("context/Short"), _first.In("context"));

        // What left is looked at: here the image's root is the snapshot that its last command saw, whatever its layers say.
        _first.Succeed("bud", "-q", "-t", "app", _first.In("context"));
        _first.Succeed("push", "-q", "app", $"{_registry.Host}/app:1");
        _second.Write("from/Dockerfile", $"FROM {_registry.Host}/app:1\n");
        _second.Succeed("bud", "-q", "-o", $"type=local,dest={_second.In("out")}", _second.In("from"));

        Assert.Equal(File.ReadAllBytes(_second.In("out/one")), File.ReadAllBytes(_second.In("out/two")));
    }

    [Fact]
    public void A_damaged_layer_is_told_and_its_step_runs()
    {
        _first.Succeed("bud", "-q", "--cache-to", $"{_registry.Host}/cache", _first.In("context"));
        _registry.DamageLayers();

        var outcome = _second.Bld("bud", "--cache-from", $"{_registry.Host}/cache", _second.In("context"));

        Assert.Equal(0, outcome.Code);
        Assert.Contains("begins again", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_second.Store, "tmp")));
    }

    [Fact]
    public void A_cache_that_cannot_be_reached_is_a_warning()
    {
        var outcome = _second.Bld(
            "bud", "--retry", "0", "--cache-from", "127.0.0.1:1/cache", "--cache-from", "type=local,src=/nonexistent", "--cache-to", "127.0.0.1:1/cache", _second.In("context"));

        Assert.Equal(0, outcome.Code);
        Assert.Contains("the cache 127.0.0.1:1/cache is not used", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("the cache /nonexistent is not used", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("not all in the cache 127.0.0.1:1/cache", outcome.Error, StringComparison.Ordinal);
        var quiet = _second.Bld("bud", "-q", "--retry", "0", "--cache-to", "127.0.0.1:1/cache", _second.In("context"));
        Assert.Contains("not all in the cache 127.0.0.1:1/cache", quiet.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_place_is_refused_before_anything_is_built()
    {
        foreach (var place in new[] { "type=s3,bucket=b", "type=registry", "type=local,src=/tmp", "type=registry,ref=a/b,mode=all", "ref=a/b", "type=registry,ref=a/b,mounts=some", "type=inline,mounts=true" })
        {
            Assert.Equal(125, _second.Bld("bud", "--cache-to", place, _second.In("context")).Code);
        }
    }

    [Theory]
    [InlineData("type=registry,ref={0}/cache", "type=registry,ref={0}/cache")]
    [InlineData("type=registry,ref={0}/cache:main,compression=zstd", "type=registry,ref={0}/cache:main")]
    [InlineData("type=local,dest={1}/shared,compression=uncompressed", "type=local,src={1}/shared")]
    public void What_cache_mounts_hold_comes_to_a_cold_machine_when_it_is_asked_for(string to, string from)
    {
        UseMount(_first, Named(to) + ",mounts=true", "echo kept > /cache/one; ln -s one /cache/link; chown 5:6 /cache/one; cat /run/secrets/s > /dev/null");

        Assert.Equal("5 kept", UseMount(_second, null, "stat -c %u /cache/link /cache/one | tail -n 1; cat /cache/link", Named(from)).ReplaceLineEndings(" "));
        using var third = NewMachine();
        UseMount(_first, Named(to).Replace("/cache", "/other", StringComparison.Ordinal).Replace("/shared", "/other", StringComparison.Ordinal), "true");
        Assert.Equal(
            "empty",
            UseMount(third, null, "ls /cache | grep . || echo empty", Named(from).Replace("/cache", "/other", StringComparison.Ordinal).Replace("/shared", "/other", StringComparison.Ordinal)));
        if (Directory.Exists(_first.In("shared")))
        {
            Assert.DoesNotContain(
                Directory.EnumerateFiles(_first.In("shared"), "*", SearchOption.AllDirectories),
                static file => File.ReadAllText(file).Contains("whisper", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Machines_that_write_the_same_cache_mount_at_the_same_time_lose_nothing_of_each_other()
    {
        var place = $"type=registry,ref={_registry.Host}/cache,mounts=true";
        var from = $"type=registry,ref={_registry.Host}/cache";
        Parallel.Invoke(() => UseMount(_first, place, "echo 1 > /cache/one; echo first > /cache/both"), () => UseMount(_second, place, "echo 2 > /cache/two"));

        using var third = NewMachine();
        Assert.Equal("both one two", UseMount(third, place, "ls /cache # third", from).ReplaceLineEndings(" "));

        // What a machine has put together is all that the next one needs.
        UseMount(third, place, "rm /cache/one");
        using var fourth = NewMachine();
        Assert.Equal("both two", UseMount(fourth, null, "ls /cache # fourth", from).ReplaceLineEndings(" "));
    }

    private static BldHome NewMachine()
    {
        var home = new BldHome();
        Directory.CreateDirectory(home.In("context"));
        File.Copy("/bin/busybox", home.In("context/busybox"));
        return home;
    }

    /// <summary>Runs a command with a cache mount and a secret, and gives what it wrote.</summary>
    private static string UseMount(BldHome home, string? to, string command, params string[] from)
    {
        home.Write("secret", "whisper");
        home.Write("context/Dockerfile", $"""
            FROM scratch
            COPY busybox /bin/busybox
            RUN ["/bin/busybox", "--install", "-s", "/bin"]
            ENV PATH=/bin
            RUN --mount=type=cache,target=/cache --mount=type=secret,id=s {command}
            """);
        string[] flags = [.. to is null ? [] : new[] { "--cache-to", to }, .. from.SelectMany(static place => new[] { "--cache-from", place })];
        var outcome = home.Bld(["bud", "--secret", $"id=s,src={home.In("secret")}", .. flags, home.In("context")]);
        Assert.True(outcome is { Code: 0, Error: "" }, outcome.Output + outcome.Error);
        var lines = outcome.Output.Split('\n').SkipWhile(line => !line.StartsWith("STEP 5/5", StringComparison.Ordinal)).Skip(1);
        return string.Join('\n', lines.TakeWhile(static line => !line.StartsWith("-->", StringComparison.Ordinal)));
    }

    private string Named(string place) => place.Replace("{0}", _registry.Host, StringComparison.Ordinal).Replace("{1}", _first.Folder, StringComparison.Ordinal);

    /// <summary>Debian's docker-registry on a free port of loopback.</summary>
    private sealed class CacheRegistry : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("bld-cache-").FullName;
        private readonly Process _process;

        internal CacheRegistry()
        {
            Host = $"127.0.0.1:{TestPorts.Next()}";
            File.WriteAllText(
                $"{_folder}/config.yml",
                $"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {_folder}/data}}}}\nhttp: {{addr: '{Host}'}}\n");
            _process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", $"{_folder}/config.yml"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
            for (var tries = 0; !Answers(); tries++)
            {
                Assert.True(tries < 200, "docker-registry doesn't start");
                Thread.Sleep(50);
            }
        }

        internal string Host { get; }

        /// <summary>Changes a byte of everything that is compressed.</summary>
        internal void DamageLayers()
        {
            foreach (var path in Directory.EnumerateFiles($"{_folder}/data/docker/registry/v2/blobs", "data", SearchOption.AllDirectories))
            {
                var bytes = File.ReadAllBytes(path);
                if (bytes is [0x1F, 0x8B, ..])
                {
                    bytes[^20] ^= 0xFF;
                    File.WriteAllBytes(path, bytes);
                }
            }
        }

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
            Directory.Delete(_folder, recursive: true);
        }

        private bool Answers()
        {
            try
            {
                using var client = new TcpClient();
                client.Connect(IPEndPoint.Parse(Host));
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }
}
