using System.Text.Json;

namespace Bld.EndToEnd.Tests;

/// <summary>What is claimed about an image when that is wanted: what it holds, and how it came to be.</summary>
public sealed class AttestationTests(RegistryHome shared) : IClassFixture<RegistryHome>
{
    private const string Dockerfile = """
        FROM localhost/busybox
        ARG SECRET
        COPY <<EOF /var/lib/dpkg/status
        Package: libc6
        Status: install ok installed
        Architecture: amd64
        Version: 2.36-9+deb12u9
        Description: the library
         Version: not a field

        Package: gone
        Status: deinstall ok config-files
        Version: 1

        EOF
        COPY <<EOF /etc/os-release
        ID=debian
        EOF
        COPY <<EOF /lib/apk/db/installed
        P:musl
        V:1.2.4-r2
        A:x86_64
        L:MIT
        EOF
        COPY <<EOF /srv/package-lock.json
        {"packages":{"":{"name":"app"},"node_modules/left-pad":{"version":"1.3.0","license":"WTFPL"},"node_modules/a/node_modules/@s/b":{"version":"2.0.0"} } }
        EOF
        COPY <<EOF /srv/Cargo.lock
        [[package]]
        name = "serde"
        version = "1.0.190"
        EOF
        COPY <<EOF /srv/composer.lock
        not json
        EOF
        """;

    private readonly BldHome _home = shared.Home;
    private readonly string _host = shared.Registry.Host;

    [Fact]
    public void A_committed_container_has_its_SBOM_in_files_in_the_image_and_beside_it()
    {
        var container = _home.Succeed("from", "localhost/busybox");
        _home.Write("status", "Package: own\nStatus: install ok installed\nVersion: 1.2\nArchitecture: amd64\n");
        _home.Succeed("copy", "-q", container, _home.In("status"), "/var/lib/dpkg/status");
        var name = $"{shared.Registry.Host}/committed/app:1";
        _home.Succeed(
            "commit", "-q", "--pull", "--sbom", "syft-spdx", "--sbom-merge-strategy", "cat", "--sbom-output", _home.In("committed.json"), "--sbom-purl-output", _home.In("purl.json"),
            "--sbom-image-output", "/root/sbom.json", "--sbom-image-purl-output", "/root/purl.json", container, $"docker://{name}");

        var urls = File.ReadAllText(_home.In("purl.json"));
        Assert.Matches("""^\{"image_contents":\{"dependencies":\[\{"purl":"pkg:deb/(debian/)?own@1.2\?arch=amd64"\}\]\}\}$""", urls);
        var document = File.ReadAllText(_home.In("committed.json"));
        Assert.Contains("SPDX-2.3", document, StringComparison.Ordinal);
        var second = shared.SucceedElsewhere("committed", "from", name);
        Assert.Equal(document, shared.SucceedElsewhere("committed", "run", "--network", "none", second, "cat", "/root/sbom.json"));
        Assert.Equal(urls, shared.SucceedElsewhere("committed", "run", "--network", "none", second, "cat", "/root/purl.json"));
        Assert.Contains("attestation-manifest", BldHome.Peer("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{name}"), StringComparison.Ordinal);

        // The container itself has none of it.
        Assert.Equal(1, _home.Bld("run", "--network", "none", container, "test", "-e", "/root/sbom.json").Code);
        _home.Succeed("rm", container);
    }

    [Theory]
    [InlineData()]
    [InlineData("--layers=false")]
    [InlineData("--squash")]
    public void A_build_puts_its_SBOM_into_the_image_in_the_same_way_each_time(params string[] flags)
    {
        const string Text = "FROM localhost/busybox\nCOPY <<EOF /var/lib/dpkg/status\nPackage: own\nStatus: install ok installed\nVersion: 1.2\nArchitecture: amd64\nEOF\nENV after=yes\n";
        var name = $"{_host}/with-sbom:{string.Concat(flags).Trim('-').Replace('=', '-')}1";
        string[] all =
        [
            "-t", name, "--push", "--sbom=cyclonedx", "--sbom-output", _home.In("built.json"), "--sbom-purl-output", _home.In("built-purl.json"),
            "--sbom-image-output", "/usr/share/sbom/image.json", "--sbom-image-purl-output", "/purl.json", .. flags,
        ];
        var first = _home.Build(Text, all);
        var snapshots = Directory.GetDirectories($"{_home.Store}/snapshots").Length;
        Thread.Sleep(TimeSpan.FromSeconds(1.1));
        Assert.Equal(first, _home.Build(Text, all));
        if (flags.Length == 0)
        {
            Assert.Equal(snapshots, Directory.GetDirectories($"{_home.Store}/snapshots").Length);
        }

        var document = File.ReadAllText(_home.In("built.json"));
        Assert.Contains("pkg:deb/", document, StringComparison.Ordinal);
        Assert.Contains($"\"name\":\"{name}\"", document, StringComparison.Ordinal);
        var second = shared.SucceedElsewhere("built", "from", name);
        Assert.Equal(document, shared.SucceedElsewhere("built", "run", "--network", "none", second, "cat", "/usr/share/sbom/image.json"));
        Assert.Equal(File.ReadAllText(_home.In("built-purl.json")), shared.SucceedElsewhere("built", "run", "--network", "none", second, "cat", "/purl.json"));
        Assert.Equal("644 0", shared.SucceedElsewhere("built", "run", "--network", "none", second, "stat", "-c", "%a %u", "/usr/share/sbom/image.json"));
        using var index = JsonDocument.Parse(BldHome.Peer("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{name}"));
        var attested = Statements(index.RootElement.GetProperty("manifests")[1].GetProperty("digest").GetString()!, "with-sbom");
        Assert.Equal(document, attested[0].GetProperty("predicate").GetRawText());
    }

    [Fact]
    public void The_store_of_an_SBOM_in_the_image_may_have_a_colon_in_its_path()
    {
        var context = Path.GetDirectoryName(_home.Write("colon/Dockerfile", "FROM scratch\nCOPY Dockerfile /file\n"))!;
        string[] globals = ["--root", _home.In("a:b"), "--runroot", _home.In("a:b-run")];
        BldHome.Peer(BldHome.Executable, [.. globals, "bud", "-q", "-t", "colon", "--sbom", "--sbom-image-output", "/sbom.json", context]);
        Assert.Contains("sbom.json", BldHome.Peer(BldHome.Executable, [.. globals, "tree", "colon"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--sbom-scanner-image=image", "bld runs no scanner")]
    [InlineData("--sbom-scanner-command=scan", "bld runs no scanner")]
    [InlineData("--sbom-merge-strategy=guess", "--sbom-merge-strategy guess is not known")]
    [InlineData("--sbom-output=/nowhere", "--sbom-output needs --sbom")]
    [InlineData("--sbom=guess", "--sbom=guess is not known")]
    public void What_commit_cannot_make_of_an_SBOM_is_told(string flag, string expected)
    {
        var container = _home.Succeed("from", "localhost/busybox");
        var outcome = _home.Bld("commit", flag, container, "never");
        Assert.Equal(125, outcome.Code);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
        Assert.Equal(125, _home.Bld("inspect", "--type", "image", "never").Code);
        _home.Succeed("rm", container);
    }

    [Fact]
    public void An_image_is_attested_where_BuildKits_readers_look()
    {
        _home.Write("context/Dockerfile", Dockerfile);
        var name = $"{_host}/attested:1";
        var outcome = _home.Bld(
            "bud", "-q", "-t", name, "--sbom", "--sbom-output", _home.In("sbom.json"), "--provenance", "--build-arg", "SECRET=hidden", "--push", _home.In("context"));
        Assert.True(outcome.Code == 0, outcome.Error);
        Assert.Contains("[Warning] /srv/composer.lock can't be read", outcome.Error, StringComparison.Ordinal);

        using var index = JsonDocument.Parse(BldHome.Peer("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{name}"));
        var entries = index.RootElement.GetProperty("manifests").EnumerateArray().ToList();
        Assert.Equal(["linux", "unknown"], entries.Select(static entry => entry.GetProperty("platform").GetProperty("os").GetString()));
        var notes = entries[1].GetProperty("annotations");
        Assert.Equal("attestation-manifest", notes.GetProperty("vnd.docker.reference.type").GetString());
        Assert.Equal(entries[0].GetProperty("digest").GetString(), notes.GetProperty("vnd.docker.reference.digest").GetString());

        var statements = Statements(entries[1].GetProperty("digest").GetString()!);
        var digest = entries[0].GetProperty("digest").GetString()!.Split(':')[1];
        Assert.All(statements, statement => Assert.Equal(digest, statement.GetProperty("subject")[0].GetProperty("digest").GetProperty("sha256").GetString()));
        Assert.Equal(["https://spdx.dev/Document", "https://slsa.dev/provenance/v1"], statements.Select(static each => each.GetProperty("predicateType").GetString()));
        CheckSoftware(statements[0].GetProperty("predicate"));
        Assert.DoesNotContain("hidden", statements[1].ToString(), StringComparison.Ordinal);
        Assert.Contains(
            "localhost/busybox",
            statements[1].GetProperty("predicate").GetProperty("buildDefinition").GetProperty("resolvedDependencies").EnumerateArray().Select(static each => each.GetProperty("name").GetString()));

        using var file = JsonDocument.Parse(File.ReadAllText(_home.In("sbom.json")));
        CheckSoftware(file.RootElement);
        shared.SucceedElsewhere("attested-store", "pull", "-q", name);
        BldHome.Peer("skopeo", "copy", "--quiet", "--src-tls-verify=false", $"docker://{name}", $"dir:{_home.In("attested-copy")}");
    }

    [Fact]
    public void Dockers_flag_attests_the_same()
    {
        var name = $"{_host}/docker-attested:1";
        _home.Build(
            "FROM localhost/busybox\nARG KIND\nRUN echo $KIND > /kind", "-t", name, "--load", "--builder", "default", "--push", "--build-arg", "KIND=shown", "--attest", "type=sbom",
            "--attest", "type=provenance,mode=min", "--attest", "type=provenance,mode=max,builder-id=https://ci.invalid/7,version=v1");
        using var index = JsonDocument.Parse(BldHome.Peer("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{name}"));
        var statements = Statements(index.RootElement.GetProperty("manifests")[1].GetProperty("digest").GetString()!, "docker-attested");
        Assert.Equal(["https://spdx.dev/Document", "https://slsa.dev/provenance/v1"], statements.Select(static each => each.GetProperty("predicateType").GetString()));
        var predicate = statements[1].GetProperty("predicate");
        Assert.Equal("https://ci.invalid/7", predicate.GetProperty("runDetails").GetProperty("builder").GetProperty("id").GetString());
        Assert.Equal("shown", predicate.GetProperty("buildDefinition").GetProperty("externalParameters").GetProperty("buildArguments").GetProperty("KIND").GetString());

        _home.Build(
            "FROM localhost/busybox\nRUN echo bare > /bare", "-t", $"{_host}/bare:1", "--push", "--attest", "type=sbom,disabled=true", "--attest", "type=provenance,disabled=true");
        Assert.DoesNotContain("manifests", BldHome.Peer("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{_host}/bare:1"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--attest=type=license", "there are type=sbom and type=provenance")]
    [InlineData("--attest=type=license", "there are type=sbom and type=provenance", "--sbom", "--provenance")]
    [InlineData("--attest=mode=max", "there are type=sbom and type=provenance")]
    [InlineData("--attest=type=sbom,generator=scanner", "leave generator out")]
    [InlineData("--attest=type=provenance,mode=most", "mode=most is not known")]
    [InlineData("--provenance=version=v0.2", "version=v0.2 is not known")]
    [InlineData("--provenance=most", "--provenance=most is not known")]
    public void What_a_build_cannot_attest_is_told_before_it_begins(string flag, string expected, params string[] others)
    {
        _home.Write("context/Dockerfile", "FROM localhost/busybox\nRUN false\n");
        var outcome = _home.Bld(["bud", flag, .. others, _home.In("context")]);
        Assert.Equal(125, outcome.Code);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_attested_unless_it_is_wanted()
    {
        _home.Build("FROM localhost/busybox\nRUN echo plain > /plain", "-t", $"{_host}/plain:1", "--push");
        Assert.DoesNotContain("manifests", BldHome.Peer("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{_host}/plain:1"), StringComparison.Ordinal);
        _home.Build("FROM localhost/busybox\nRUN echo cyclone > /plain", "--sbom=cyclonedx", "--sbom-output", _home.In("bom.json"));
        Assert.Contains("\"bomFormat\":\"CycloneDX\"", File.ReadAllText(_home.In("bom.json")), StringComparison.Ordinal);
        _home.Build("FROM localhost/busybox\nRUN echo spdx > /plain", "--sbom", "syft-spdx", "--sbom-output", _home.In("bom.spdx"));
        Assert.Contains("\"spdxVersion\":\"SPDX-2.3\"", File.ReadAllText(_home.In("bom.spdx")), StringComparison.Ordinal);
        Assert.Contains("--sbom=guess is not known", _home.Bld("bud", "--sbom=guess", _home.In("context")).Error, StringComparison.Ordinal);
        Assert.Contains("--sbom-image-output needs --sbom", _home.Bld("bud", "--sbom-image-output", "/x", _home.In("context")).Error, StringComparison.Ordinal);
    }

    private static void CheckSoftware(JsonElement spdx)
    {
        Assert.Equal("SPDX-2.3", spdx.GetProperty("spdxVersion").GetString());
        Assert.Equal(
            [
                "pkg:apk/debian/musl@1.2.4-r2?arch=x86_64", "pkg:cargo/serde@1.0.190", "pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64",
                "pkg:npm/%40s/b@2.0.0", "pkg:npm/left-pad@1.3.0",
            ],
            spdx.GetProperty("packages").EnumerateArray().Select(static each => each.GetProperty("externalRefs")[0].GetProperty("referenceLocator").GetString()));
    }

    private List<JsonElement> Statements(string digest, string repository = "attested")
    {
        var place = _home.In("attestation");
        BldHome.Peer("skopeo", "copy", "--quiet", "--src-tls-verify=false", $"docker://{_host}/{repository}@{digest}", $"dir:{place}");
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(place, "manifest.json")));
        return [.. manifest.RootElement.GetProperty("layers").EnumerateArray().Select(layer =>
        {
            using var statement = JsonDocument.Parse(File.ReadAllText(Path.Combine(place, layer.GetProperty("digest").GetString()!.Split(':')[1])));
            return statement.RootElement.Clone();
        })];
    }
}
