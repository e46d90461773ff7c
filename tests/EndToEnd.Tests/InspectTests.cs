using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Bld.EndToEnd.Tests;

/// <summary>What scripts parse: the documents and lists of images, held against the installed Buildah's for the very same images.</summary>
public sealed class InspectTests : IClassFixture<InspectTests.SameImage>
{
    private readonly SameImage _same;

    public InspectTests(SameImage same) => _same = same;

    [Theory]
    [InlineData("oci")]
    [InlineData("docker")]
    public void The_document_of_an_image_is_Buildahs(string format)
    {
        var id = _same.Ids[format];
        var ours = Document(_same.Home.Succeed("inspect", "--type", "image", id));
        var theirs = Document(_same.Buildah("inspect", "--type", "image", id));

        // These came after the version that is installed here.
        string[] newer = ["GroupAdd", "DeviceSpecs", "CDIConfigDir"];
        Assert.Equal(theirs.Select(static field => field.Key), ours.Select(static field => field.Key).Except(newer));
        foreach (var (key, value) in theirs)
        {
            Assert.Equal($"{key}: {value?.ToJsonString()}", $"{key}: {ours[key]?.ToJsonString()}");
        }
    }

    [Theory]
    [InlineData("{{.Type}} {{.FromImageID}} {{.FromImageDigest}}")]
    [InlineData("{{.OCIv1.Config.Env}} {{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Cmd}}")]
    [InlineData("{{.Docker.Config.Env}} {{.Docker.Config.Labels}} {{.Docker.Config.Volumes}} {{.Docker.Config.ExposedPorts}}")]
    [InlineData("{{index .Docker.Config.Labels \"a\"}}|{{index .OCIv1.Config.Labels \"none\"}}|{{.OCIv1.Config.Labels.none}}")]
    [InlineData("{{printf \"%q\" .OCIv1.Config.Entrypoint}}")]
    [InlineData("{{range .OCIv1.Config.Env}}{{println .}}{{end}}")]
    [InlineData("{{range $k, $v := .OCIv1.Config.Labels}}{{$k}}={{$v}};{{end}}")]
    [InlineData("{{len .OCIv1.History}} {{(index .OCIv1.History 0).CreatedBy}} {{(index .OCIv1.History 1).EmptyLayer}}")]
    [InlineData("{{.OCIv1.Created}} {{.Docker.Created}} {{.OCIv1.Architecture}}/{{.OCIv1.OS}}")]
    [InlineData("{{.Docker.Config.User}}{{if .Docker.Config.Tty}}tty{{else}}none{{end}} {{.Docker.Config.StopSignal}}")]
    [InlineData("{{.OCIv1.RootFS}} {{.NamespaceOptions}} {{.Devices}} {{.IDMappingOptions}}")]
    [InlineData("{{.Config}}")]
    [InlineData("{{.Manifest}}")]
    public void Templates_print_what_Buildah_prints(string template)
    {
        var ours = _same.Home.Bld("inspect", "--type", "image", "--format", template, _same.Ids["oci"]);

        Assert.Equal(0, ours.Code);
        Assert.Equal(_same.BuildahOutcome("inspect", "--type", "image", "--format", template, _same.Ids["oci"]).Output, ours.Output);
    }

    [Fact]
    public void A_health_check_shows_its_times_as_durations()
    {
        const string Template = "{{.Docker.Config.Healthcheck.Interval}} {{.Docker.Config.Healthcheck.Test}} {{.Docker.Config.Healthcheck.Retries}}";
        var id = _same.Ids["docker"];

        Assert.Equal("1m30s [CMD-SHELL true] 0", _same.Home.Succeed("inspect", "--format", Template, id));
        Assert.Equal(_same.Buildah("inspect", "--type", "image", "--format", Template, id), _same.Home.Succeed("inspect", "--type", "image", "--format", Template, id));
    }

    [Theory]
    [InlineData("{{.ID}} {{.Digest}}")]
    [InlineData("{{.ID}} {{.CreatedAt}} {{.ReadOnly}} {{.History}}")]
    public void Lists_of_images_print_what_Buildah_prints(string template) =>
        // Buildah 1.28 pads columns at spaces; later ones don't, and scripts split at any number of them.
        Assert.Equal(Words(_same.Buildah("images", "--format", template)), Words(_same.Home.Succeed("images", "--format", template)));

    // The two look a moment apart, so that an age is what they print and not how long it is.
    private static IEnumerable<string> Words(string lines) =>
        Sorted(lines).Select(static line => Regex.Replace(string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)), @"(\d+|Less than a|About an?) (second|minute)s? ago", "an age ago", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)));

    [Fact]
    public void Objects_of_the_list_have_Buildahs_keys_and_values()
    {
        var ours = JsonNode.Parse(_same.Home.Succeed("images", "--json", _same.Ids["oci"]))!.AsArray()[0]!.AsObject();
        var theirs = JsonNode.Parse(_same.Buildah("images", "--json", _same.Ids["oci"]))!.AsArray()[0]!.AsObject();

        Assert.Equal(theirs.Select(static field => field.Key), ours.Select(static field => field.Key));
        foreach (var key in new[] { "id", "digest", "created", "createdatraw", "readonly", "history" })
        {
            Assert.Equal(theirs[key]?.ToJsonString(), ours[key]?.ToJsonString());
        }

        // The two look a moment apart.
        Assert.Equal(((string)theirs["createdat"]!).Split(' ')[^1], ((string)ours["createdat"]!).Split(' ')[^1]);
    }

    [Fact]
    public void A_container_is_found_before_an_image_and_shows_what_it_was_made_of()
    {
        var name = _same.Home.Succeed("from", "--name", "inspected", _same.Ids["oci"]);
        var document = Document(_same.Home.Succeed("inspect", name));

        Assert.Equal("inspected", (string?)document["Container"]);
        Assert.Equal(64, ((string?)document["ContainerID"])!.Length);
        Assert.Equal(_same.Ids["oci"], (string?)document["FromImageID"]);
        Assert.Equal("[\"/bin/sh\",\"-c\"]", document["OCIv1"]!["config"]!["Entrypoint"]!.ToJsonString());
        Assert.Contains("CAP_CHOWN", document["Capabilities"]!.ToJsonString(), StringComparison.Ordinal);
        _same.Home.Succeed("rm", name);
        Assert.Contains("container not known", _same.Home.Bld("inspect", "--type", "container", name).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("container or image name must be specified")]
    [InlineData("nothing-here: image not known", "nothing-here")]
    [InlineData("the only recognized types are", "--type", "other", "x")]
    [InlineData("no options (-f) can be specified after the image or container name", "x", "-f", "y")]
    public void Errors_are_Buildahs(string expected, params string[] arguments)
    {
        var outcome = _same.Home.Bld(["inspect", .. arguments]);

        Assert.Equal(125, outcome.Code);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
        Assert.Contains(expected, _same.BuildahOutcome(["inspect", .. arguments]).Error, StringComparison.Ordinal);
    }

    private static JsonObject Document(string json) => JsonNode.Parse(json)!.AsObject();

    private static string[] Sorted(string lines) => [.. lines.Split('\n').Order(StringComparer.Ordinal)];

    /// <summary>Two images, the same bytes in both stores: built by bld, written to directories, and pulled by each.</summary>
    public sealed class SameImage : IDisposable
    {
        private readonly Dictionary<string, string> _ids = [];

        public SameImage()
        {
            using var maker = new BldHome().WithBusybox();
            maker.Write("context/Dockerfile", """
                FROM localhost/busybox
                ENV A=b C="d e"
                LABEL a=b c="d e" x.y=z
                EXPOSE 80 53/udp
                VOLUME /data
                USER 65534
                WORKDIR /srv
                RUN echo made > /tmp/made
                HEALTHCHECK --interval=90s CMD true
                STOPSIGNAL SIGUSR1
                ENTRYPOINT ["/bin/sh", "-c"]
                CMD ["echo hello"]
                """);
            foreach (var format in new[] { "oci", "docker" })
            {
                var id = maker.Succeed("bud", "-q", "--format", format, "--label", $"format={format}", "--annotation", "org.example.note=here", maker.In("context"));
                maker.Succeed("push", "-q", id, $"dir:{Home.In(format)}");
                _ids[format] = Home.Succeed("pull", "-q", $"dir:{Home.In(format)}");
                Assert.Equal(_ids[format], Buildah("pull", "-q", $"dir:{Home.In(format)}"));
            }
        }

        internal BldHome Home { get; } = new();

        internal IReadOnlyDictionary<string, string> Ids => _ids;

        internal string Buildah(params string[] arguments) => BldHome.Peer("buildah", [.. Globals, .. arguments]);

        internal Outcome BuildahOutcome(params string[] arguments) => BldHome.Run("buildah", [.. Globals, .. arguments]);

        private string[] Globals => ["--root", Home.In("peer"), "--runroot", Home.In("peer-run"), "--storage-driver", "vfs"];

        public void Dispose() => Home.Dispose();
    }
}
