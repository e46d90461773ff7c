using System.Text.Json.Nodes;

namespace Bld.EndToEnd.Tests;

public sealed class SourceImageTests : IDisposable
{
    private readonly BldHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void Sources_are_added_as_compressed_tarballs_as_Buildah_adds_them()
    {
        var file = _home.Write("sources/deep/file", "content\n");
        var image = _home.In("image");
        _home.Succeed("source", "create", "--author", "somebody", image);
        _home.Succeed("source", "add", "--annotation", "a=b", image, _home.In("sources"));
        _home.Succeed("source", "add", image, file);
        BldHome.Peer("tar", "cf", _home.In("plain.tar"), "-C", _home.In("sources"), "deep");
        _home.Succeed("source", "add", image, _home.In("plain.tar"));

        var manifest = Blob(image, Index(image));
        Assert.Equal("application/vnd.oci.source.image.config.v1+json", (string?)manifest["config"]!["mediaType"]);
        Assert.Equal("somebody", (string?)Blob(image, manifest["config"]!)["author"]);
        var layers = manifest["layers"]!.AsArray();
        Assert.Equal(["deep/ deep/file", "file", "deep/ deep/file"], layers.Select(layer => Members(image, layer!)));
        Assert.Equal("b", (string?)layers[0]!["annotations"]!["a"]);

        // The old manifests are gone: one for each change would pile up.
        Assert.Equal(5, Directory.GetFiles(Path.Combine(image, "blobs/sha256")).Length);
    }

    [Fact]
    public void Buildah_adds_to_what_bld_made_and_the_other_way_round()
    {
        var file = _home.Write("file", "content\n");
        _home.Succeed("source", "create", _home.In("ours"));
        BldHome.Peer("buildah", "source", "add", _home.In("ours"), file);
        BldHome.Peer("buildah", "source", "create", _home.In("theirs"));
        _home.Succeed("source", "add", _home.In("theirs"), file);

        foreach (var image in new[] { _home.In("ours"), _home.In("theirs") })
        {
            Assert.Equal("file", Members(image, Assert.Single(Blob(image, Index(image))["layers"]!.AsArray())!));
        }
    }

    [Fact]
    public void What_source_cannot_do_is_told()
    {
        _home.Succeed("source", "create", _home.In("image"));
        Fails("already exists", "source", "create", _home.In("image"));
        Fails("accepts 1 arg(s), received 0", "source", "create");
        Fails("there is no source image at", "source", "add", _home.In("nowhere"), "/etc/passwd");
        Fails("there is no such file", "source", "add", _home.In("image"), _home.In("nowhere"));
        Fails("accepts 2 arg(s), received 1", "source", "push", _home.In("image"));
        _home.Write("context/Dockerfile", "FROM scratch\nLABEL a=b\n");
        _home.Succeed("bud", "-q", "-t", "app", _home.In("context"));
        _home.Succeed("push", "-q", "app", $"oci:{_home.In("layout")}");
        Fails("is no source image", "source", "add", _home.In("layout"), "/etc/passwd");
    }

    [Fact]
    public void A_source_image_goes_to_a_registry_and_comes_back()
    {
        var file = _home.Write("file", "content\n");
        _home.Succeed("source", "create", _home.In("image"));
        _home.Succeed("source", "add", _home.In("image"), file);
        using var registry = RegistryServer.Start(_home, RegistryServer.Htpasswd(_home));
        var name = $"{registry.Host}/sources/app:1";
        string[] access = ["--tls-verify=false", "--creds", $"{RegistryServer.User}:{RegistryServer.Password}"];

        Fails($"bld login {registry.Host}", "source", "push", "--tls-verify=false", _home.In("image"), name);
        Assert.Equal("", _home.Succeed(["source", "push", "-q", "--digestfile", _home.In("digest"), .. access, _home.In("image"), name]));
        Assert.Equal((string?)Index(_home.In("image"))["digest"], File.ReadAllText(_home.In("digest")));
        var raw = BldHome.Peer("skopeo", "inspect", "--creds", access[^1], "--tls-verify=false", "--raw", $"docker://{name}");
        Assert.Equal(raw, File.ReadAllText(BlobPath(_home.In("image"), Index(_home.In("image")))));

        _home.Succeed(["source", "pull", "-q", .. access, name, _home.In("pulled")]);
        Assert.Equal("file", Members(_home.In("pulled"), Assert.Single(Blob(_home.In("pulled"), Index(_home.In("pulled")))["layers"]!.AsArray())!));
        Fails("already exists", ["source", "pull", .. access, name, _home.In("pulled")]);
        Fails("manifest unknown", ["source", "pull", .. access, $"{registry.Host}/sources/app:2", _home.In("other")]);
        Assert.False(Directory.Exists(_home.In("other")));
        BldHome.Peer("buildah", ["source", "pull", "-q", .. access, name, _home.In("by-buildah")]);
        Assert.Equal("file", Members(_home.In("by-buildah"), Assert.Single(Blob(_home.In("by-buildah"), Index(_home.In("by-buildah")))["layers"]!.AsArray())!));
    }

    private void Fails(string expected, params string[] arguments)
    {
        var outcome = _home.Bld(arguments);
        Assert.Equal(125, outcome.Code);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
    }

    private static JsonNode Index(string image) => JsonNode.Parse(File.ReadAllText(Path.Combine(image, "index.json")))!["manifests"]!.AsArray().Single()!;

    private static string BlobPath(string image, JsonNode descriptor) => Path.Combine(image, "blobs/sha256", ((string)descriptor["digest"]!)["sha256:".Length..]);

    private static JsonNode Blob(string image, JsonNode descriptor) => JsonNode.Parse(File.ReadAllText(BlobPath(image, descriptor)))!;

    private static string Members(string image, JsonNode layer) =>
        BldHome.Peer("tar", "tzf", BlobPath(image, layer)).Replace("\n", " ", StringComparison.Ordinal).Replace("./ ", "", StringComparison.Ordinal);
}
