using System.Text.Json;

namespace Bld.EndToEnd.Tests;

/// <summary><c>bld config</c> and <c>bld commit</c>, by the images that come out.</summary>
public sealed class ContainerCommitTests : IDisposable
{
    private readonly BldHome _home = new();
    private readonly string _container;

    public ContainerCommitTests()
    {
        _home.Write("context/file", "base");
        var scratch = _home.Succeed("from", "scratch");
        _home.Succeed("copy", "-q", scratch, _home.In("context/file"), "/base");
        _home.Succeed("config", "--env", "A=1", "--env", "B=2", "--label", "of=base", "--cmd", "inherited", scratch);
        _home.Succeed("commit", "-q", "--rm", scratch, "base");
        _container = _home.Succeed("from", "base");
    }

    public void Dispose() => _home.Dispose();

    [Fact]
    public void Every_setting_is_in_the_image()
    {
        Assert.Equal("", _home.Succeed(
            "config", "--user", "u:g", "--workingdir", "/w", "--cmd", "a 'b c'", "--entrypoint", "[\"x\", \"y z\"]", "--env", "C=3", "--env", "D=${A}${C}x",
            "--label", "k=v", "--label", "empty", "--port", "80", "--port", "53/udp", "--volume", "/v", "--stop-signal", "TERM", "--author", "me",
            "--shell", "/bin/ash -c", "--onbuild", "RUN true", "--healthcheck", "CMD-SHELL test -e /x", "--healthcheck-interval", "5s", "--healthcheck-retries", "2",
            "--arch", "arm64", "--variant", "v8", "--os", "linux", "--hostname", "host", "--domainname", "domain", "--annotation", "note=kept",
            "--created-by", "by me", "--history-comment", "said ", _container));
        _home.Succeed("commit", "-q", "-f", "docker", _container, "image");
        var image = _home.Config("image");
        var config = image.GetProperty("config");
        AssertJson("u:g", config, "User");
        AssertJson("/w", config, "WorkingDir");
        AssertJson("[\"a\",\"b c\"]", config, "Cmd");
        AssertJson("[\"x\",\"y z\"]", config, "Entrypoint");
        AssertJson("[\"A=1\",\"B=2\",\"C=3\",\"D=13x\"]", config, "Env");
        AssertJson("{\"empty\":\"\",\"k\":\"v\",\"of\":\"base\"}", config, "Labels");
        AssertJson("{\"53/udp\":{},\"80\":{}}", config, "ExposedPorts");
        AssertJson("{\"/v\":{}}", config, "Volumes");
        AssertJson("TERM", config, "StopSignal");
        AssertJson("[\"/bin/ash\",\"-c\"]", config, "Shell");
        AssertJson("[\"RUN true\"]", config, "OnBuild");
        AssertJson("{\"Test\":[\"CMD-SHELL\",\"test -e /x\"],\"Interval\":5000000000,\"Timeout\":30000000000,\"Retries\":2}", config, "Healthcheck");
        AssertJson("host", config, "Hostname");
        AssertJson("domain", config, "Domainname");
        AssertJson("arm64", image, "architecture");
        AssertJson("me", image, "author");
        var last = image.GetProperty("history").EnumerateArray().Last();
        AssertJson("by me", last, "created_by");
        AssertJson("said FROM localhost/base:latest", last, "comment");
    }

    [Fact]
    public void Settings_split_at_commas_where_Buildah_does_and_wrong_times_are_told()
    {
        _home.Succeed("config", "--port", "1,2/udp", "--volume", "/a,/b", "--label", "l=1,2", "--onbuild", "RUN a,b", "--onbuild", "", _container);
        _home.Succeed("commit", "-q", "-f", "docker", _container, "image");
        var config = _home.Config("image").GetProperty("config");
        AssertJson("{\"1\":{},\"2/udp\":{}}", config, "ExposedPorts");
        AssertJson("{\"/a\":{},\"/b\":{}}", config, "Volumes");
        AssertJson("{\"l\":\"1,2\",\"of\":\"base\"}", config, "Labels");
        AssertJson("[\"RUN a,b\"]", config, "OnBuild");
        Fails("parsing --healthcheck-interval \"soon\": ", "config", "--healthcheck-interval", "soon", _container);
        foreach (var open in new[] { "AB \"CD", "CMD 'x", "CMD-SHELL echo \"x" })
        {
            Fails("has a quote that is not closed", "config", "--healthcheck", open, _container);
        }
    }

    [Fact]
    public void What_is_set_again_stands_last_and_nothing_is_the_hosts_platform()
    {
        _home.Succeed("config", "--env", "A=2", "--env", "C=a$$b", "--env", "D=${", "--port", "", "--volume", "", "--arch", "arm64", "--os", "windows", _container);
        _home.Succeed("config", "--arch", "", "--os", "", "--shell", "/bin/ash -c", _container);
        _home.Succeed("config", "--add-history", "--healthcheck", "CMD x", "--healthcheck-interval", "3s", "--healthcheck-retries", "2", _container);
        var outcome = BldHome.Run("env", ["BUILDAH_FORMAT=docker", BldHome.Executable, .. _home.Globals, "commit", "-q", _container, "docker.io/image"]);
        Assert.Equal(0, outcome.Code);
        Assert.Equal("application/vnd.docker.distribution.manifest.v2+json", _home.Manifest("docker.io/library/image").GetProperty("mediaType").GetString());
        var image = _home.Config("docker.io/library/image");
        AssertJson("[\"B=2\",\"A=2\",\"C=a$b\",\"D=${\"]", image.GetProperty("config"), "Env");
        Assert.False(image.GetProperty("config").TryGetProperty("ExposedPorts", out _));
        Assert.False(image.GetProperty("config").TryGetProperty("Volumes", out _));
        AssertJson("linux", image, "os");
        Assert.NotEqual("", image.GetProperty("architecture").GetString());
        var history = image.GetProperty("history").EnumerateArray().ToList();
        AssertJson("/bin/sh -c #(nop) HEALTHCHECK --interval=3s --retries=2 CMD x", history[^2], "created_by");
        AssertJson("/bin/ash -c", history[^1], "created_by");
        Fails("invalid reference format", "commit", _container, "nowhere:/x");
        Fails("tag by digest not supported", "commit", _container, $"x@sha256:{new string('1', 64)}");
    }

    [Fact]
    public void The_time_is_an_annotation_and_may_be_a_files()
    {
        var reference = _home.Write("reference", "");
        BldHome.Peer("touch", "-d", "@77", reference);
        _home.Succeed("commit", "-q", "--reference-time", reference, _container, "image");
        AssertJson("1970-01-01T00:01:17Z", _home.Manifest("image").GetProperty("annotations"), "org.opencontainers.image.created");
        _home.Succeed("commit", "-q", "--omit-timestamp", "--created-annotation=false", _container, "image");
        AssertJson("1970-01-01T00:00:00Z", _home.Config("image"), "created");
        Assert.False(_home.Manifest("image").GetProperty("annotations").TryGetProperty("org.opencontainers.image.created", out _));
        Fails("only one of --timestamp, --omit-timestamp", "commit", "--omit-timestamp", "--timestamp", "1", _container);
    }

    [Fact]
    public void Squashed_the_history_begins_anew()
    {
        _home.Succeed("commit", "-q", "--squash", _container, "image");
        Assert.Equal(1, _home.Config("image").GetProperty("history").GetArrayLength());
    }

    [Fact]
    public void A_list_gets_the_image_wherever_it_goes_and_a_failed_push_leaves_nothing()
    {
        var layout = $"oci:{_home.In("layout")}:app";
        _home.Succeed("commit", "-q", "--manifest", "list", _container, layout);
        var member = JsonDocument.Parse(_home.Succeed("manifest", "inspect", "list")).RootElement.GetProperty("manifests")[0].GetProperty("digest").GetString();
        _home.Succeed("push", "-q", "list", $"dir:{_home.In("list")}");
        BldHome.Peer("skopeo", "inspect", layout);

        var before = _home.Succeed("images", "-q");
        Fails("", "commit", "-q", "--manifest", "list", "--timestamp", "5", _container, $"oci:{_home.In("context/file")}/x:app");
        Assert.Equal(before, _home.Succeed("images", "-q"));
        Assert.Contains(member!, _home.Succeed("manifest", "inspect", "list"), StringComparison.Ordinal);
        Fails("base:latest belongs to an image", "commit", "-q", "--manifest", "base", _container, "other");
        Fails("--sign-by signs images in registries only", "commit", "--sign-by", "key", _container, "other");
    }

    [Fact]
    public void The_store_may_be_named_and_the_container_goes_without_a_name_too()
    {
        _home.Succeed("commit", "-q", _container, "containers-storage:stored:1");
        Assert.Contains("docker.io/library/stored:1", _home.Succeed("images", "--format", "{{.Name}}:{{.Tag}}"), StringComparison.Ordinal);
        _home.Succeed("commit", "-q", "--rm", _container);
        Assert.Equal("", _home.Succeed("containers", "-q"));
    }

    [Fact]
    public void A_trailing_dash_takes_one_away_and_a_dash_alone_all()
    {
        _home.Succeed("config", "--port", "1", "--port", "2", "--volume", "/a", "--volume", "/b", "--annotation", "x=1", "--annotation", "y=2", _container);
        _home.Succeed("config", "--env", "A-", "--label", "of-", "--port", "1-", "--volume", "/a-", "--annotation", "x-", _container);
        _home.Succeed("commit", "-q", _container, "one");
        var config = _home.Config("one").GetProperty("config");
        AssertJson("[\"B=2\"]", config, "Env");
        AssertJson("{\"2\":{}}", config, "ExposedPorts");
        AssertJson("{\"/b\":{}}", config, "Volumes");
        Assert.False(config.TryGetProperty("Labels", out _));
        var annotations = _home.Manifest("one").GetProperty("annotations");
        AssertJson("2", annotations, "y");
        Assert.False(annotations.TryGetProperty("x", out _));
        AssertJson("localhost/base:latest", annotations, "org.opencontainers.image.base.name");

        _home.Succeed("config", "--env", "-", "--port", "-", "--volume", "-", "--cmd", "", "--entrypoint", "echo hi", _container);
        _home.Succeed("commit", "-q", _container, "all");
        config = _home.Config("all").GetProperty("config");
        Assert.False(config.TryGetProperty("Env", out _));
        Assert.False(config.TryGetProperty("ExposedPorts", out _));
        Assert.False(config.TryGetProperty("Cmd", out _));
        AssertJson("[\"/bin/sh\",\"-c\",\"echo hi\"]", config, "Entrypoint");
    }

    [Theory]
    [InlineData("[\"e\"]", "warning: the command \"inherited\" stays, and the entrypoint gets it as parameters")]
    [InlineData("e", "warning: the command \"inherited\" stays, but an entrypoint in shell form takes no notice of it")]
    [InlineData("", "")]
    public void A_new_entrypoint_leaves_the_command_and_says_so(string entrypoint, string expected)
    {
        var outcome = _home.Bld("config", "--entrypoint", entrypoint, _container);
        Assert.Equal((0, expected), (outcome.Code, outcome.Error.Split(':') is [var first, var second, ..] ? $"{first}:{second}" : outcome.Error));
        Assert.Equal("", _home.Bld("config", "--cmd", "own", "--entrypoint", "[\"f\"]", _container).Error);
        _home.Succeed("commit", "-q", _container, "kept");
        AssertJson("[\"own\"]", _home.Config("kept").GetProperty("config"), "Cmd");
        AssertJson("[\"f\"]", _home.Config("kept").GetProperty("config"), "Entrypoint");
        _home.Succeed("config", "--entrypoint", "[\"g\"]", _container);
        Assert.Equal("[own]", _home.Succeed("inspect", "--format", "{{.OCIv1.Config.Cmd}}", _container));
    }

    [Fact]
    public void Each_commit_gives_one_layer_over_the_base_whatever_was_done()
    {
        for (var i = 0; i < 3; i++)
        {
            _home.Succeed("copy", "-q", _container, _home.In("context/file"), $"/file{i}");
            _home.Succeed("commit", "-q", _container, $"image{i}");
            Assert.Equal(2, _home.Manifest($"image{i}").GetProperty("layers").GetArrayLength());
            Assert.Equal(2, _home.Config($"image{i}").GetProperty("history").EnumerateArray().Count(static entry => !entry.TryGetProperty("empty_layer", out _)));
        }

        Assert.Equal("base file0 file1 file2", Names("image2"));
        Assert.Equal("base file0", Names("image0"));
        _home.Succeed("commit", "-q", "--squash", _container, "squashed");
        Assert.Equal(1, _home.Manifest("squashed").GetProperty("layers").GetArrayLength());
        Assert.Equal("base file0 file1 file2", Names("squashed"));
        Assert.NotEmpty(_home.Succeed("containers", "-q"));
        _home.Succeed("commit", "-q", "--rm", _container, "last");
        Assert.Equal("", _home.Succeed("containers", "-q"));
        Assert.Equal("base file0 file1 file2", Names("last"));
    }

    [Fact]
    public void Flags_change_the_image_and_not_the_container()
    {
        _home.Write("config.json", "{\"config\":{\"User\":\"9\",\"Cmd\":[\"from file\"]}}");
        _home.Succeed(
            "commit", "-q", "--change", "CMD echo changed", "--change", "ENV E=5", "--unsetenv", "A", "--unsetlabel", "of", "--annotation", "n=1",
            "--unsetannotation", "org.opencontainers.image.base.name", "--omit-history", "--add-file", $"{_home.In("context/file")}:/added", _container, "flags");
        var config = _home.Config("flags");
        AssertJson("[\"/bin/sh\",\"-c\",\"echo changed\"]", config.GetProperty("config"), "Cmd");
        AssertJson("[\"B=2\",\"E=5\"]", config.GetProperty("config"), "Env");
        Assert.False(config.GetProperty("config").TryGetProperty("Labels", out _));
        Assert.False(config.TryGetProperty("history", out var history) && history.ValueKind == JsonValueKind.Array);
        AssertJson("1", _home.Manifest("flags").GetProperty("annotations"), "n");
        Assert.Equal("added base", Names("flags"));

        _home.Succeed("commit", "-q", "--config", _home.In("config.json"), _container, "configured");
        config = _home.Config("configured").GetProperty("config");
        AssertJson("9", config, "User");
        AssertJson("[\"from file\"]", config, "Cmd");
        AssertJson("[\"A=1\",\"B=2\"]", config, "Env");
        Assert.Equal("base", Names("configured"));
        Assert.Equal(125, _home.Bld("commit", "--change", "RUN true", _container, "no").Code);
    }

    [Fact]
    public void What_a_commit_cannot_do_is_told()
    {
        var folder = Directory.CreateDirectory(_home.In("folder")).FullName;
        Fails("folder is not a regular file", "commit", "--add-file", $"{folder}:/x", _container, "no");
        Fails("none: no such file or directory", "commit", "--add-file", $"{_home.In("none")}:/x", _container, "no");
        foreach (var flag in new[] { "--compression-format=gzip", "--force-compression" })
        {
            Fails("--disable-compression leaves layers as they are", "commit", "--disable-compression", flag, _container, "no");
        }

        _home.Succeed("commit", "-q", "--disable-compression", "--compression-format", "none", _container, "plain");
        _home.Succeed("commit", "-q", "--disable-compression=false", "--compression-format", "zstd", _container, "zstd");
    }

    [Fact]
    public void A_fixed_time_gives_the_same_image_twice()
    {
        _home.Succeed("copy", "-q", _container, _home.In("context/file"), "/x");
        var first = _home.Succeed("commit", "--timestamp", "1234567890", _container, "first");
        Assert.Equal(first, _home.Succeed("commit", "--timestamp", "1234567890", _container, "second"));
        AssertJson("2009-02-13T23:31:30Z", _home.Config("first"), "created");
        Assert.Equal(125, _home.Bld("commit", "--timestamp", "1", "--source-date-epoch", "1", _container, "no").Code);
    }

    [Fact]
    public void Ids_go_to_standard_output_or_a_file_and_images_to_every_transport()
    {
        var id = _home.Succeed("commit", _container);
        Assert.Matches("^[0-9a-f]{64}$", id);
        Assert.Equal("", _home.Succeed("commit", "--iidfile", _home.In("iid"), "--metadata-file", _home.In("metadata"), _container, "named"));
        Assert.Matches("^sha256:[0-9a-f]{64}$", File.ReadAllText(_home.In("iid")));
        var metadata = JsonDocument.Parse(File.ReadAllText(_home.In("metadata"))).RootElement;
        Assert.Equal("localhost/named:latest", metadata.GetProperty("image.name").GetString());
        Assert.Equal(File.ReadAllText(_home.In("iid")), metadata.GetProperty("containerimage.config.digest").GetString());

        var count = _home.Succeed("images", "-q").Split('\n').Length;
        foreach (var destination in new[] { $"dir:{_home.In("dir")}", $"oci:{_home.In("layout")}:tag", $"oci-archive:{_home.In("archive.tar")}:tag" })
        {
            _home.Succeed("commit", "-q", _container, destination);
            Assert.Contains("A=1", BldHome.Peer("skopeo", "inspect", "--config", destination), StringComparison.Ordinal);
        }

        Assert.Equal(count, _home.Succeed("images", "-q").Split('\n').Length);
    }

    [Theory]
    [InlineData("oci:", "")]
    [InlineData("oci-archive:", ".tar")]
    public void Layouts_hold_OCIs_format_whatever_the_image_has(string transport, string ending)
    {
        const string Docker = "application/vnd.docker.";
        _home.Succeed("commit", "-q", "--format", "docker", _container, "docker");
        _home.Succeed("push", "-q", "docker", $"{transport}{_home.In("pushed" + ending)}:x");
        _home.Succeed("commit", "-q", "--format", "docker", _container, $"{transport}{_home.In("committed" + ending)}:x");
        _home.Build("FROM base\n", "--format", "docker", "-t", $"{transport}{_home.In("built" + ending)}:x");
        foreach (var name in new[] { "pushed", "committed", "built" })
        {
            var manifest = BldHome.Peer("skopeo", "inspect", "--raw", $"{transport}{_home.In(name + ending)}:x");
            Assert.Contains("\"application/vnd.oci.image.manifest.v1+json\"", manifest, StringComparison.Ordinal);
            Assert.DoesNotContain(Docker, manifest, StringComparison.Ordinal);
        }

        Fails("is an OCI layout, which can't hold Docker's format", "push", "--format", "v2s2", "docker", $"{transport}{_home.In("none" + ending)}:x");
        Assert.False(Path.Exists(_home.In("none" + ending)));
        _home.Succeed("push", "-q", "docker", $"dir:{_home.In("directory")}");
        Assert.Contains(Docker, BldHome.Peer("skopeo", "inspect", "--raw", $"dir:{_home.In("directory")}"), StringComparison.Ordinal);
    }

    [Fact]
    public void History_is_added_where_it_is_wanted()
    {
        _home.Succeed("config", "--add-history", "--env", "X=y", "--cmd", "z", _container);
        _home.Succeed("copy", "-q", "--add-history", _container, _home.In("context/file"), "/x");
        _home.Succeed("config", "--label", "not=told", _container);
        _home.Succeed("commit", "-q", _container, "history");
        var told = _home.Config("history").GetProperty("history").EnumerateArray().Select(static entry => entry.GetProperty("created_by").GetString()).ToList();
        Assert.Equal(["/bin/sh -c #(nop) ENV X=y", "/bin/sh -c #(nop) CMD z"], told[^4..^2]);
        Assert.Matches("^/bin/sh -c #\\(nop\\) COPY file:[0-9a-f]{64}$", told[^2]);
        Assert.Equal("/bin/sh", told[^1]);
    }

    private string Names(string image) => string.Join(' ', _home.Files(image).Split('\n').Select(static line => line.Split(' ')[0]));

    private void Fails(string words, params string[] arguments)
    {
        var outcome = _home.Bld(arguments);
        Assert.Equal(125, outcome.Code);
        Assert.Contains(words, outcome.Error, StringComparison.Ordinal);
    }

    private static void AssertJson(string expected, JsonElement element, string name)
    {
        var property = element.GetProperty(name);
        Assert.Equal(expected, property.ValueKind == JsonValueKind.String ? property.GetString() : JsonSerializer.Serialize(property, JsonSerializerOptions.Default));
    }
}
