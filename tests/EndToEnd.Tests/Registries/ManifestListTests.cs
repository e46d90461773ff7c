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
        Assert.Equal(0, _home.Bld("manifest", "annotate", "--annotation", "later=yes", "artifacts", notes).Code);
        Assert.Equal("yes", Entries("artifacts")[0].GetProperty("annotations").GetProperty("later").GetString());
        Assert.EndsWith(entries[0].GetProperty("digest").GetString()!, _home.Succeed("manifest", "remove", "artifacts", "notes.txt"), StringComparison.Ordinal);
        Assert.Single(Entries("artifacts"));
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

        // What has to be compressed anew is read from where it is.
        shared.SucceedElsewhere("lister", "manifest", "create", "again", $"docker://{_host}/remote/app:1");
        shared.SucceedElsewhere("lister", "manifest", "push", "-q", "--compression-format", "zstd", "again", $"docker://{other.Host}/copied:2");
        Assert.Equal("greeting", shared.Greeting("copied", $"{other.Host}/copied:2"));
    }

    [Fact]
    public void Each_image_of_a_list_is_to_be_had_in_a_further_compression()
    {
        foreach (var platform in (string[])["linux/amd64", "linux/arm64"])
        {
            _home.Build("FROM scratch\nCOPY Dockerfile /from", "--platform", platform, "--manifest", "variants");
        }

        _home.Succeed("manifest", "push", "-q", "--add-compression", "zstd,gzip", "variants", $"docker://{_host}/variants:1");
        using var list = JsonDocument.Parse(_home.Succeed("manifest", "inspect", $"docker://{_host}/variants:1"));
        var entries = list.RootElement.GetProperty("manifests").EnumerateArray().Select(entry => (
            entry.GetProperty("platform").GetProperty("architecture").GetString(),
            entry.TryGetProperty("annotations", out var notes) ? notes.GetProperty("io.github.containers.compression.zstd").GetString() : null,
            Layer(entry.GetProperty("digest").GetString()!)));
        Assert.Equal(
            [("amd64", null, "gzip"), ("arm64", null, "gzip"), ("amd64", "true", "zstd"), ("arm64", "true", "zstd")], entries);
        BldHome.Peer("skopeo", "copy", "-q", "--all", "--src-tls-verify=false", $"docker://{_host}/variants:1", $"dir:{_home.In("variants")}");
        Assert.Contains("needs --format oci", _home.Bld("manifest", "push", "--format", "docker", "--add-compression", "zstd", "variants").Error, StringComparison.Ordinal);

        string Layer(string digest)
        {
            using var manifest = JsonDocument.Parse(_home.Succeed("manifest", "inspect", $"docker://{_host}/variants@{digest}"));
            return manifest.RootElement.GetProperty("layers")[0].GetProperty("mediaType").GetString()!.Split('+')[^1];
        }
    }

    [Fact]
    public void An_image_that_is_amended_becomes_the_first_of_a_list_of_its_name()
    {
        _home.Build("FROM scratch\nLABEL amended=1", "-t", "amended");
        var digest = _home.Succeed("images", "--format", "{{.Digest}}", "amended");
        Assert.Contains("belongs to an image", _home.Bld("manifest", "create", "amended").Error, StringComparison.Ordinal);
        Assert.Contains("belongs to an image", _home.Bld("bud", "--manifest", "amended", _home.In("context")).Error, StringComparison.Ordinal);
        Assert.Contains("give one of them", _home.Bld("manifest", "create", "--amend", "--replace", "amended").Error, StringComparison.Ordinal);
        _home.Succeed("manifest", "create", "--amend", "amended", "app");
        Assert.Equal(2, Entries("amended").Count);
        Assert.Equal(digest, Entries("amended")[0].GetProperty("digest").GetString());
    }

    [Fact]
    public void What_is_added_tells_one_digest_and_leaves_names_alone()
    {
        _home.Build("FROM scratch\nLABEL added=1", "-t", "added:1");
        _home.Succeed("push", "-q", "added:1", $"docker-archive:{_home.In("added.tar")}");
        _home.Build("FROM scratch\nLABEL added=2", "-t", "added:1");
        var names = _home.Succeed("images", "--no-trunc", "added:1");

        var id = _home.Succeed("manifest", "create", "adding");
        Assert.Matches($"^{id}: sha256:[0-9a-f]{{64}}$", _home.Succeed("manifest", "add", "adding", $"docker-archive:{_home.In("added.tar")}"));
        Assert.Equal(names, _home.Succeed("images", "--no-trunc", "added:1"));
        _home.Succeed("manifest", "add", "--annotation", "a=b,c=d,e", "--annotation", "f=g,h=i", "adding", "containers-storage:localhost/added:1");
        Assert.Equal("a=b,c=d,e f=g h=i", string.Join(' ', Entries("adding")[1].GetProperty("annotations").EnumerateObject().Select(static note => $"{note.Name}={note.Value}")));
        _home.Succeed("manifest", "create", "whole");
        Assert.Single(_home.Succeed("manifest", "add", "--all", "whole", "adding").Split('\n'));
        Assert.Equal(2, Entries("whole").Count);
    }

    [Fact]
    public void A_name_of_several_is_only_taken_away()
    {
        var id = _home.Succeed("manifest", "create", "first-name");
        _home.Succeed("tag", "first-name", "second-name");
        Assert.Equal("untagged: localhost/first-name:latest", _home.Succeed("manifest", "rm", "first-name"));
        Assert.Equal(1, _home.Bld("manifest", "exists", "first-name").Code);
        Assert.Equal($"untagged: localhost/second-name:latest\n{id}", _home.Succeed("manifest", "rm", "second-name"));
    }

    [Fact]
    public void Lists_go_to_plain_registries_and_from_the_store_by_other_flags_too()
    {
        _home.Succeed("manifest", "create", "--insecure", "purged", "app");
        _home.Succeed("manifest", "add", "--insecure", "--all", "purged", "busybox");
        _home.Succeed("manifest", "push", "-q", "--insecure", "--purge", "purged", $"docker://{shared.Registry.Host}/purged:1");
        Assert.Equal(1, _home.Bld("manifest", "exists", "purged").Code);
    }

    [Fact]
    public void Lists_that_are_not_there_do_not_keep_others()
    {
        _home.Succeed("manifest", "create", "removed");
        var outcome = _home.Bld("manifest", "rm", "missing", "app", "removed");
        Assert.Equal(125, outcome.Code);
        Assert.StartsWith("untagged: localhost/removed:latest\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("\t* missing: image not known", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("\t* app: image is not a manifest list", outcome.Error, StringComparison.Ordinal);
    }

    private List<JsonElement> Entries(string list)
    {
        using var document = JsonDocument.Parse(_home.Succeed("manifest", "inspect", list));
        return [.. document.RootElement.GetProperty("manifests").Clone().EnumerateArray()];
    }
}
