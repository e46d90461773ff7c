using System.Text.Json;

namespace Bld.EndToEnd.Tests;

/// <summary>Lists of images: made, changed, pushed, and read by other programs.</summary>
public sealed class ManifestListTests(RegistryHome shared) : IClassFixture<RegistryHome>
{
    private readonly BldHome _home = shared.Home;
    private readonly string _host = shared.Registry.Host;

    [Fact]
    public void A_list_keeps_its_id_while_it_changes()
    {
        var id = _home.Succeed("manifest", "create", "kept");
        var added = _home.Succeed("manifest", "add", "kept", "app");
        Assert.Matches($"^{id}: sha256:[0-9a-f]{{64}}$", added);
        var digest = added.Split(' ')[1];
        Assert.Equal($"{id}: {digest}", _home.Succeed("manifest", "annotate", "--os", "plan9", "--annotation", "a=b", id, digest));
        var entry = Entries("kept").Single();
        Assert.Equal("plan9", entry.GetProperty("platform").GetProperty("os").GetString());
        Assert.Equal("b", entry.GetProperty("annotations").GetProperty("a").GetString());

        var taken = _home.Bld("manifest", "create", "kept");
        Assert.Equal(125, taken.Code);
        Assert.Contains("the list localhost/kept:latest is there already", taken.Error, StringComparison.Ordinal);
        Assert.Equal(id, _home.Succeed("manifest", "create", "--amend", "kept"));

        Assert.Equal($"{id}: {digest}", _home.Succeed("manifest", "remove", "kept", digest));
        Assert.Empty(Entries("kept"));
        Assert.Equal(0, _home.Bld("manifest", "exists", "kept").Code);
        Assert.Equal($"untagged: localhost/kept:latest\n{id}", _home.Succeed("manifest", "rm", "kept"));
        Assert.Equal(1, _home.Bld("manifest", "exists", "kept").Code);
        Assert.Equal(1, _home.Bld("manifest", "exists", "app").Code);
    }

    [Fact]
    public void Files_become_an_artifact_in_a_list_that_skopeo_copies_whole()
    {
        _home.Succeed("manifest", "create", "artifacts");
        var (notes, settings) = (_home.Write("artifact/notes.txt", "what is new"), _home.Write("artifact/settings.json", "[]"));
        _home.Succeed(
            "manifest", "add", "--artifact", "--artifact-type", "application/x-notes", "--artifact-config", settings, "--artifact-config-type", "application/json",
            "--artifact-layer-type", "text/plain", "--artifact-annotation", "a=b", "--artifact-subject", "app", "--annotation", "entry=yes", "artifacts", notes);
        _home.Succeed("manifest", "add", "--artifact", "artifacts");
        var entries = Entries("artifacts");
        Assert.Equal("application/x-notes", entries[0].GetProperty("artifactType").GetString());
        Assert.Equal("yes", entries[0].GetProperty("annotations").GetProperty("entry").GetString());
        Assert.Equal("application/vnd.unknown.artifact.v1", entries[1].GetProperty("artifactType").GetString());

        _home.Succeed("manifest", "push", "-q", "--all", "artifacts", $"docker://{_host}/artifacts:1");
        BldHome.Peer("skopeo", "copy", "-q", "--all", "--src-tls-verify=false", $"docker://{_host}/artifacts:1", $"dir:{_home.In("artifact-copy")}");
        using var manifest = JsonDocument.Parse(
            BldHome.Peer("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{_host}/artifacts@{entries[0].GetProperty("digest").GetString()}"));
        var layer = manifest.RootElement.GetProperty("layers")[0];
        Assert.Equal("notes.txt", layer.GetProperty("annotations").GetProperty("org.opencontainers.image.title").GetString());
        Assert.Equal("text/plain", layer.GetProperty("mediaType").GetString());
        Assert.Equal("application/json", manifest.RootElement.GetProperty("config").GetProperty("mediaType").GetString());
        Assert.Equal("b", manifest.RootElement.GetProperty("annotations").GetProperty("a").GetString());
        Assert.StartsWith("sha256:", manifest.RootElement.GetProperty("subject").GetProperty("digest").GetString(), StringComparison.Ordinal);
        Assert.Equal("what is new", File.ReadAllText(_home.In($"artifact-copy/{layer.GetProperty("digest").GetString()![7..]}")));
        Assert.Contains("give --artifact too", _home.Bld("manifest", "add", "--artifact-type", "a/b", "artifacts", "app").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_empty_lists_are_two_lists()
    {
        var (first, second) = (_home.Succeed("manifest", "create", "empty-1"), _home.Succeed("manifest", "create", "empty-2"));
        Assert.NotEqual(first, second);
        _home.Succeed("manifest", "add", first, "app");
        Assert.Single(Entries("empty-1"));
        Assert.Empty(Entries("empty-2"));
    }

    [Fact]
    public void Builds_for_several_platforms_meet_in_a_list_that_skopeo_copies_whole()
    {
        foreach (var platform in (string[])["linux/amd64", "linux/arm64", "linux/amd64"])
        {
            _home.Build("FROM scratch\nCOPY Dockerfile /from", "--platform", platform, "--manifest", "multi");
        }

        Assert.Equal(2, Entries("multi").Count);
        _home.Succeed("manifest", "push", "-q", "multi", $"docker://{_host}/multi:1");
        BldHome.Peer("skopeo", "copy", "--quiet", "--all", "--src-tls-verify=false", $"docker://{_host}/multi:1", $"oci:{_home.In("multi-layout")}:1");
        shared.SucceedElsewhere("arm-store", "pull", "-q", "--platform", "linux/arm64", $"{_host}/multi:1");
        var wrong = shared.Elsewhere("arm-store", "pull", "--policy", "always", "--arch", "s390x", $"{_host}/multi:1");
        Assert.Equal($"Error: {_host}/multi:1 has no image for linux/s390x; it has linux/amd64, linux/arm64", wrong.Error.Trim().Split('\n')[^1]);
    }

    [Fact]
    public void A_list_of_images_in_registries_is_pushed_elsewhere_without_a_pull()
    {
        using var other = RegistryServer.Start(_home);
        _home.Succeed("push", "-q", "app", $"{_host}/remote/app:1");
        shared.SucceedElsewhere("lister", "manifest", "create", "remote", $"docker://{_host}/remote/app:1");
        Assert.All(Directory.EnumerateFiles(_home.In("lister/images/blobs/sha256")), static blob => Assert.Equal((byte)'{', File.ReadAllBytes(blob)[0]));

        shared.SucceedElsewhere("lister", "manifest", "push", "-q", "--rm", "remote", $"docker://{other.Host}/copied:1");

        Assert.Equal("greeting", shared.Greeting("copied", $"{other.Host}/copied:1"));
        Assert.Equal(1, shared.Elsewhere("lister", "manifest", "exists", "remote").Code);
    }

    private List<JsonElement> Entries(string list)
    {
        using var document = JsonDocument.Parse(_home.Succeed("manifest", "inspect", list));
        return [.. document.RootElement.GetProperty("manifests").Clone().EnumerateArray()];
    }
}
