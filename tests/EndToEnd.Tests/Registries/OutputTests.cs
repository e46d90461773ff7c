using System.Net.Sockets;
using System.Text;

namespace Bld.EndToEnd.Tests;

/// <summary>Where images and root file systems go besides the store: outputs of a build, and other programs' places.</summary>
public sealed class OutputTests(RegistryHome shared) : IClassFixture<RegistryHome>
{
    private const string Dockerfile = "FROM localhost/busybox\nRUN echo out > /file && ln -s file /link && chown 7:8 /file && mkdir -m 2755 /dir";
    private readonly BldHome _home = shared.Home;

    [Fact]
    public void The_root_file_system_goes_into_a_directory_as_it_is()
    {
        var place = _home.In("local/out");
        _home.Build(Dockerfile, "-o", place);
        Assert.Equal("file 7 8 644\ndir 0 0 2755\nlink 0 0 777", BldHome.Peer("sh", "-c", $"cd {place} && stat -c '%n %u %g %a' file dir link"));
        Assert.True(File.Exists(Path.Combine(place, "bin/sh")));
    }

    [Fact]
    public void A_tar_file_on_standard_output_is_nothing_but_a_tar_file()
    {
        _home.Write("stdout/Dockerfile", Dockerfile);
        var command = $"{BldHome.Executable} {string.Join(' ', _home.Globals)} bud -o - {_home.In("stdout")} 2>/dev/null";
        Assert.Contains("-rw-r--r-- 7/8", BldHome.Peer("sh", "-c", $"{command} | tar --numeric-owner -tv file"), StringComparison.Ordinal);
        _home.Build(Dockerfile, "--output", $"type=tar,dest={_home.In("root.tar")}");
        Assert.Equal("out", BldHome.Peer("tar", "-xOf", _home.In("root.tar"), "file"));
        _home.Build(Dockerfile, "--output", $"dest={_home.In("untyped")}");
        Assert.Equal("out\n", File.ReadAllText(_home.In("untyped/file")));
    }

    [Fact]
    public void Archives_and_layouts_are_read_by_skopeo_and_by_bld()
    {
        _home.Build(
            Dockerfile, "-t", "outputs", "-o", $"type=oci,dest={_home.In("oci.tar")}", "-o", $"type=docker,dest={_home.In("docker.tar")}",
            "-o", $"type=oci,tar=false,dest={_home.In("oci-dir")},compression=zstd", "-o", $"type=registry,name={shared.Registry.Host}/outputs:1");
        string[] references =
        [
            $"oci-archive:{_home.In("oci.tar")}", $"docker-archive:{_home.In("docker.tar")}", $"oci:{_home.In("oci-dir")}",
        ];
        for (var i = 0; i < references.Length; i++)
        {
            BldHome.Peer("skopeo", "inspect", references[i]);
            shared.SucceedElsewhere($"output-{i}", "pull", "-q", references[i]);
        }

        Assert.Contains("+zstd", BldHome.Peer("skopeo", "inspect", "--raw", references[2]), StringComparison.Ordinal);
        BldHome.Peer("skopeo", "inspect", "--tls-verify=false", $"docker://{shared.Registry.Host}/outputs:1");
    }

    [Fact]
    public void An_archive_has_all_names_of_the_image()
    {
        _home.Build(
            Dockerfile, "-t", "several:1", "-t", "several:2", "-o", $"type=oci,dest={_home.In("several.tar")}", "-o", $"type=oci,tar=false,\"name=a:1,a:2\",dest={_home.In("several")}",
            "-o", $"type=docker,dest={_home.In("several-docker.tar")}");
        foreach (var reference in new[] { $"oci-archive:{_home.In("several.tar")}:localhost/several", $"oci:{_home.In("several")}:a", $"docker-archive:{_home.In("several-docker.tar")}:localhost/several" })
        {
            var digest = BldHome.Peer("skopeo", "inspect", "--format", "{{.Digest}}", $"{reference}:1");
            Assert.Equal(digest, BldHome.Peer("skopeo", "inspect", "--format", "{{.Digest}}", $"{reference}:2"));
        }
    }

    [Fact]
    public void What_differs_in_annotations_alone_is_written_with_its_own()
    {
        foreach (var revision in new[] { "1", "2", "1" })
        {
            var (place, file) = (_home.In($"annotated-{revision}"), _home.In("annotated.id"));
            _home.Build(Dockerfile, "--annotation", $"rev={revision}", "-t", $"dir:{place}", "--iidfile", file);
            Assert.Contains($"\"rev\":\"{revision}\"", File.ReadAllText($"{place}/manifest.json"), StringComparison.Ordinal);
            Assert.Equal(revision, _home.Succeed("inspect", "--format", "{{index .ImageAnnotations \"rev\"}}", File.ReadAllText(file)));
        }

        var container = _home.Succeed("from", "scratch");
        foreach (var revision in new[] { "1", "2" })
        {
            _home.Succeed("config", "--annotation", $"rev={revision}", container);
            _home.Succeed("commit", "-q", "--timestamp", "0", container, $"dir:{_home.In($"committed-{revision}")}");
            Assert.Contains($"\"rev\":\"{revision}\"", File.ReadAllText(_home.In($"committed-{revision}/manifest.json")), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_build_for_the_cache_alone_names_no_image_and_has_made_the_steps()
    {
        const string Text = "FROM localhost/busybox\nRUN echo for the cache > /file\n";
        _home.Build(Text, "-t", "cache-alone", "-o", "type=cacheonly");
        Assert.DoesNotContain("cache-alone", _home.Succeed("images"), StringComparison.Ordinal);
        _home.Write("context/Dockerfile", Text);
        Assert.Contains("Using cache", _home.Bld("bud", "-t", "cache-alone", _home.In("context")).Output, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("cache-alone", _home.Succeed("images"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tag_with_a_transport_says_where_the_image_goes()
    {
        var name = $"{shared.Registry.Host}/tagged/app:1";
        _home.Build(
            Dockerfile, "-t", $"oci-archive:{_home.In("tagged.tar")}", "-t", $"dir:{_home.In("tagged-dir")}", "-t", $"docker://{name}", "-t", "containers-storage:example.com/tagged:1",
            "--compression-format", "zstd");
        BldHome.Peer("skopeo", "inspect", $"oci-archive:{_home.In("tagged.tar")}");
        Assert.Contains("+zstd", BldHome.Peer("skopeo", "inspect", "--raw", $"dir:{_home.In("tagged-dir")}"), StringComparison.Ordinal);
        BldHome.Peer("skopeo", "inspect", "--tls-verify=false", $"docker://{name}");
        var names = _home.Succeed("images", "--format", "{{.Name}}:{{.Tag}}").Split('\n');
        Assert.Contains("example.com/tagged:1", names);
        Assert.DoesNotContain(name, names);
        Assert.Equal(125, _home.Bld("bud", "-t", $"oci:{_home.In("tagged.tar")}/x", _home.In("context")).Code);
    }

    [Fact]
    public void A_build_is_signed_where_it_is_pushed_to()
    {
        var (key, publicKey, name) = (_home.In("bud.pem"), _home.In("bud.pub"), $"{shared.Registry.Host}/signed-build:1");
        BldHome.Peer("openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", key);
        BldHome.Peer("openssl", "ec", "-in", key, "-pubout", "-out", publicKey);
        var policy = _home.Write("bud-policy.json", $$"""{"default":[{"type":"sigstoreSigned","keyPath":"{{publicKey}}"}] }""");
        _home.Build(Dockerfile, "-t", $"docker://{name}");
        Assert.Equal(125, shared.Elsewhere("signed-build", "pull", "-q", "--signature-policy", policy, name).Code);
        _home.Build(Dockerfile, "-t", name, "--push", "--sign-by", key);
        shared.SucceedElsewhere("signed-build", "pull", "-q", "--signature-policy", policy, name);
        Assert.Contains("--sign-by signs images in registries only", _home.Bld("bud", "--sign-by", key, "-t", name, _home.In("context")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_build_is_pushed_to_its_names()
    {
        _home.Build(Dockerfile, "-t", $"{shared.Registry.Host}/pushed/one", "-t", $"{shared.Registry.Host}/pushed/two:2", "--push");
        BldHome.Peer("skopeo", "inspect", "--tls-verify=false", $"docker://{shared.Registry.Host}/pushed/one:latest");
        BldHome.Peer("skopeo", "inspect", "--tls-verify=false", $"docker://{shared.Registry.Host}/pushed/two:2");
        var nowhere = _home.Bld("bud", "--push", _home.In("context"));
        Assert.Equal((125, "Error: there is nothing to push to: give the image a name with -t, or the output a name=\n"), (nowhere.Code, nowhere.Error));
    }

    [Theory]
    [InlineData("type=nonsense,dest=x", "the type nonsense is not known")]
    [InlineData("type=local", "the destination is missing")]
    [InlineData("type=tar,dest=x,colour=red", "colour is not known")]
    public void An_output_that_can_not_be_is_refused_before_the_build(string output, string reason)
    {
        var outcome = _home.Bld("bud", "-o", output, _home.In("busybox"));
        Assert.Equal(125, outcome.Code);
        Assert.Contains(reason, outcome.Error, StringComparison.Ordinal);
        Assert.Equal("", outcome.Output);
    }

    [Fact]
    public void Layers_are_pushed_while_later_steps_run_and_a_failed_build_leaves_no_image()
    {
        var name = $"{shared.Registry.Host}/early/app:1";
        _home.Write("early-context/Dockerfile", "FROM localhost/busybox\nRUN echo early > /early\nRUN sleep 3; exit 1\n");
        var blobs = _home.In($"registry/{shared.Registry.Host.Split(':')[1]}/docker/registry/v2/repositories/early/app/_layers/sha256");

        Assert.Equal(1, _home.Bld("bud", "--push", "-t", name, _home.In("early-context")).Code);

        Assert.NotEmpty(Directory.EnumerateDirectories(blobs));
        Assert.False(Directory.Exists(_home.In($"registry/{shared.Registry.Host.Split(':')[1]}/docker/registry/v2/repositories/early/app/_manifests")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_home.Store, "tmp")));
        _home.Build("FROM localhost/busybox\nRUN echo early > /early\nRUN echo greeting > /hello", "--push", "-t", name);
        Assert.Equal("greeting", shared.Greeting("early-store", name));
    }

    [Fact]
    public void An_archive_of_several_images_gives_all_of_them()
    {
        // As docker save writes two: one manifest.json over the files of both.
        foreach (var name in (string[])["app", "busybox"])
        {
            _home.Succeed("push", "-q", name, $"docker-archive:{_home.In($"{name}.tar")}:example.com/{name}:1");
            Directory.CreateDirectory(_home.In("several"));
            BldHome.Peer("tar", "-xf", _home.In($"{name}.tar"), "-C", _home.In("several"));
            File.Move(_home.In("several/manifest.json"), _home.In($"{name}.json"));
        }

        File.WriteAllText(_home.In("several/manifest.json"), $"[{File.ReadAllText(_home.In("app.json")).Trim('[', ']')},{File.ReadAllText(_home.In("busybox.json")).Trim('[', ']')}]");
        BldHome.Peer("tar", "-cf", _home.In("several.tar"), "-C", _home.In("several"), ".");
        shared.SucceedElsewhere("several-store", "pull", "-q", $"docker-archive:{_home.In("several.tar")}");
        var names = shared.SucceedElsewhere("several-store", "images");
        Assert.Contains("example.com/app", names, StringComparison.Ordinal);
        Assert.Contains("example.com/busybox", names, StringComparison.Ordinal);
        Assert.Equal("greeting", shared.Greeting("several-store", "example.com/app:1"));
    }

    [Fact]
    public void An_archive_has_the_name_of_its_image_and_gives_the_one_that_is_asked_for()
    {
        var archive = $"docker-archive:{_home.In("own-name.tar")}";
        _home.Succeed("push", "-q", "app", archive);
        Assert.Contains("\"RepoTags\":[\"localhost/app:latest\"]", BldHome.Peer("tar", "-xOf", _home.In("own-name.tar"), "manifest.json"), StringComparison.Ordinal);

        // The same with a second name.
        Directory.CreateDirectory(_home.In("two-names"));
        BldHome.Peer("tar", "-xf", _home.In("own-name.tar"), "-C", _home.In("two-names"));
        File.WriteAllText(_home.In("two-names/manifest.json"), File.ReadAllText(_home.In("two-names/manifest.json")).Replace("[\"localhost/app:latest\"]", "[\"localhost/app:latest\",\"example.com/app:2\"]", StringComparison.Ordinal));
        BldHome.Peer("tar", "-cf", _home.In("two-names.tar"), "-C", _home.In("two-names"), ".");
        shared.SucceedElsewhere("one-name-store", "pull", "-q", $"docker-archive:{_home.In("two-names.tar")}:example.com/app:2");
        Assert.Equal("example.com/app:2", shared.SucceedElsewhere("one-name-store", "images", "--format", "{{.Name}}:{{.Tag}}"));
    }

    [Fact]
    public void A_directory_of_something_else_is_not_written_to()
    {
        var file = _home.Write("precious/file", "mine");
        var outcome = _home.Bld("push", "-q", "app", $"dir:{_home.In("precious")}");
        Assert.Equal(125, outcome.Code);
        Assert.Contains("holds something else than an image", outcome.Error, StringComparison.Ordinal);
        Assert.Equal([file], Directory.EnumerateFileSystemEntries(_home.In("precious")));
        _home.Succeed("push", "-q", "app", $"dir:{_home.In("image-dir")}");
        _home.Succeed("push", "-q", "busybox", $"dir:{_home.In("image-dir")}");
    }

    [Fact]
    public void The_store_of_podman_gives_and_takes_images()
    {
        var storage = $"[vfs@{_home.In("storage")}+{_home.In("storage-run")}]";
        _home.Succeed("push", "-q", "app", $"containers-storage:{storage}localhost/handed:1");
        BldHome.Peer("skopeo", "inspect", $"containers-storage:{storage}localhost/handed:1");
        shared.SucceedElsewhere("handed-store", "pull", "-q", $"containers-storage:{storage}localhost/handed:1");
        Assert.Equal("greeting", shared.Greeting("handed-store", "localhost/handed:1"));
        var missing = shared.Elsewhere("handed-store", "pull", $"containers-storage:{storage}localhost/missing:1");
        Assert.Equal(125, missing.Code);
        Assert.Contains("skopeo could not read containers-storage:", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_place_the_store_is_our_own()
    {
        _home.Succeed("push", "-q", "--digestfile", _home.In("own-digest"), "app", "containers-storage:localhost/own:1");
        Assert.Contains($"localhost/own:1@{File.ReadAllText(_home.In("own-digest"))}", _home.Succeed("images", "--format", "{{.Name}}:{{.Tag}}@{{.Digest}}", "app").Split('\n'));
        Assert.Contains("--format is for what leaves the store", _home.Bld("push", "--format", "docker", "app", "containers-storage:localhost/own:2").Error, StringComparison.Ordinal);
        Assert.Contains("--sign-by signs images in registries only", _home.Bld("push", "--sign-by", "/none.pem", "app", "containers-storage:localhost/own:2").Error, StringComparison.Ordinal);
        _home.Succeed("rmi", "localhost/own:1");
    }

    [Fact]
    public void Dockers_daemon_takes_an_image_and_gives_it_back()
    {
        using var daemon = new DaemonSocket(_home.In("docker.sock"));
        string[] Bld(string store, params string[] words) => ["DOCKER_HOST=unix://" + daemon.Path, BldHome.Executable, "--root", store, "--runroot", _home.In("run"), .. words];
        BldHome.Peer("env", Bld(_home.Store, "push", "-q", "app", "docker-daemon:example.com/daemon:1"));
        Assert.StartsWith("POST /images/load", daemon.Requests[0], StringComparison.Ordinal);
        BldHome.Peer("env", Bld(_home.In("daemon-store"), "pull", "-q", "docker-daemon:example.com/daemon:1"));
        Assert.StartsWith("GET /images/example.com%2Fdaemon%3A1/get", daemon.Requests[1], StringComparison.Ordinal);
        Assert.Equal("greeting", shared.Greeting("daemon-store", "example.com/daemon:1"));

        var absent = BldHome.Run(BldHome.Executable, [.. _home.Globals, "push", "app", "docker-daemon:example.com/daemon:1"]);
        Assert.Equal(125, absent.Code);
        Assert.Contains("cannot reach Docker's daemon at /var/run/docker.sock", absent.Error, StringComparison.Ordinal);
    }

    /// <summary>The two requests of Docker's API that the transport makes, on a socket of its own: what was loaded is given back.</summary>
    private sealed class DaemonSocket : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private byte[] _loaded = [];

        internal DaemonSocket(string path)
        {
            Path = path;
            _listener.Bind(new UnixDomainSocketEndPoint(path));
            _listener.Listen();
            _ = ServeAsync();
        }

        internal string Path { get; }

        internal List<string> Requests { get; } = [];

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var socket = await _listener.AcceptAsync();
                    await using var stream = new NetworkStream(socket);
                    await AnswerAsync(stream);
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task AnswerAsync(NetworkStream stream)
        {
            var head = new StringBuilder();
            var one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                await stream.ReadExactlyAsync(one);
                head.Append((char)one[0]);
            }

            var text = head.ToString();
            Requests.Add(text.Split("\r\n")[0]);
            if (text.StartsWith("GET", StringComparison.Ordinal))
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {_loaded.Length}\r\n\r\n"));
                await stream.WriteAsync(_loaded);
                return;
            }

            var length = text.Split("\r\n").First(static line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)).Split(' ')[1];
            _loaded = new byte[int.Parse(length, System.Globalization.CultureInfo.InvariantCulture)];
            await stream.ReadExactlyAsync(_loaded);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray());
        }
    }
}
