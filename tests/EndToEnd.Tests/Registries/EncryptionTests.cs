using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Bld.EndToEnd.Tests;

/// <summary>Encrypted layers, judged by skopeo and buildah: what one encrypts the other decrypts.</summary>
public sealed class EncryptionTests : IClassFixture<RegistryHome>
{
    private const string Encrypted = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted";
    private readonly RegistryHome _shared;
    private readonly BldHome _home;
    private readonly string _host;

    public EncryptionTests(RegistryHome shared)
    {
        (_shared, _home, _host) = (shared, shared.Home, shared.Registry.Host);
        if (!File.Exists(_home.In("rsa.pem")))
        {
            BldHome.Peer("sh", "-ec", $"""
                cd {_home.Folder}
                openssl genrsa -out rsa.pem 2048
                openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out ec.pem
                openssl genrsa -out other.pem 2048
                openssl pkey -in rsa.pem -aes256 -passout pass:s3cret-w0rd -out locked.pem
                for key in rsa ec other; do openssl pkey -in $key.pem -pubout -out $key.pub; done
                """);
        }
    }

    [Theory]
    [InlineData("rsa", "")]
    [InlineData("ec", "zstd:chunked")]
    public void Layers_that_bld_encrypts_are_decrypted_by_skopeo(string key, string compression)
    {
        var name = $"{_host}/encrypted/{key}";
        string[] flags = compression.Length > 0 ? ["--compression-format", compression] : [];
        _home.Succeed(["push", "-q", .. flags, "--encryption-key", $"jwe:{_home.In("other.pub")}", "--encryption-key", $"jwe:{_home.In($"{key}.pub")}", "app", $"docker://{name}"]);
        Assert.All(Layers(name), layer => Assert.Equal(compression.Length > 0 ? Encrypted.Replace("gzip", "zstd", StringComparison.Ordinal) : Encrypted, Text(layer, "mediaType")));
        Assert.All(Layers(name), static layer => Assert.Equal(
            ["org.opencontainers.image.enc.keys.jwe", "org.opencontainers.image.enc.pubopts"], layer["annotations"]!.AsObject().Select(static each => each.Key)));

        foreach (var opener in (string[])[key, "other"])
        {
            var layout = $"oci:{_home.In($"opened-{key}-{opener}")}:app";
            BldHome.Peer("skopeo", "copy", "-q", "--src-tls-verify=false", "--decryption-key", _home.In($"{opener}.pem"), $"docker://{name}", layout);
            Assert.Equal(_shared.AppId, Id(_shared.SucceedElsewhere($"opened-by-{key}-{opener}", "pull", "-q", layout)));
        }
    }

    [Fact]
    public void Layers_that_bld_encrypts_are_decrypted_by_buildah()
    {
        var name = $"{_host}/encrypted/for-buildah";
        _home.Succeed("push", "-q", "--encryption-key", $"jwe:{_home.In("rsa.pub")}", "app", name);
        string[] buildah = ["--storage-driver", "vfs", "--root", _home.In("buildah"), "--runroot", _home.In("buildah-run")];
        try
        {
            var id = BldHome.Peer("buildah", [.. buildah, "pull", "-q", "--tls-verify=false", "--decryption-key", _home.In("rsa.pem"), name]);
            Assert.Equal(_shared.AppId, id);
            BldHome.Peer("buildah", [.. buildah, "push", "-q", "--tls-verify=false", "--encryption-key", $"jwe:{_home.In("ec.pub")}", "--encrypt-layer", "-1", id, $"docker://{_host}/buildah/app"]);
            Assert.Equal(_shared.AppId, Id(_shared.SucceedElsewhere("from-buildah", "pull", "-q", "--decryption-key", _home.In("ec.pem"), $"{_host}/buildah/app")));
            Assert.Equal("greeting", _shared.Greeting("from-buildah", $"{_host}/buildah/app"));
        }
        finally
        {
            BldHome.Run("buildah", [.. buildah, "rmi", "--all", "--force"]);
        }
    }

    [Fact]
    public void One_layer_is_encrypted_and_the_others_are_the_plain_ones()
    {
        _home.Succeed("push", "-q", "app", $"{_host}/partly/app:plain");
        foreach (var (place, flag) in ((int, string)[])[(3, "-1"), (0, "0")])
        {
            _home.Succeed("push", "-q", "--encryption-key", $"jwe:{_home.In("rsa.pub")}", $"--encrypt-layer={flag}", "app", $"{_host}/partly/app:1");
            var (plain, partly) = (Layers($"{_host}/partly/app:plain"), Layers($"{_host}/partly/app:1"));
            Assert.Equal(Encrypted, Text(partly[place], "mediaType"));
            Assert.Equal(Others(plain, place), Others(partly, place));
            BldHome.Peer(
                "skopeo", "copy", "-q", "--src-tls-verify=false", "--decryption-key", _home.In("rsa.pem"), $"docker://{_host}/partly/app:1", $"oci:{_home.In($"partly{place}")}:app");
            Assert.Equal("greeting", _shared.Greeting($"opened-partly{place}", $"oci:{_home.In($"partly{place}")}:app"));
        }

        var outcome = _home.Bld("push", "-q", "--encryption-key", $"jwe:{_home.In("rsa.pub")}", "--encrypt-layer", "4", "app", $"{_host}/partly/app:2");
        Assert.Equal("Error: --encrypt-layer 4: the image has 4 layers, which are 0 to 3 from below or -1 to -4 from above\n", outcome.Error);

        static IEnumerable<string> Others(List<JsonNode> layers, int place) => layers.Where((_, at) => at != place).Select(static layer => layer.ToJsonString());
    }

    [Theory]
    [InlineData("rsa")]
    [InlineData("ec")]
    public void Layers_that_skopeo_encrypted_are_pulled_built_on_and_made_containers_of(string key)
    {
        _home.Succeed("push", "-q", "app", $"oci:{_home.In($"to-skopeo-{key}")}:app");
        var name = $"{_host}/skopeo-encrypted/{key}";
        BldHome.Peer(
            "skopeo", "copy", "-q", "--dest-tls-verify=false", "--encryption-key", $"jwe:{_home.In($"{key}.pub")}", "--encryption-key", $"jwe:{_home.In("other.pub")}",
            $"oci:{_home.In($"to-skopeo-{key}")}:app", $"docker://{name}");
        var raw = BldHome.Peer("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{name}");
        Assert.Contains("recipients", DecodedKeys(raw), StringComparison.Ordinal);
        string[] flags = ["--decryption-key", _home.In($"{key}.pem")];

        Assert.Equal(_shared.AppId, Id(_shared.SucceedElsewhere($"pull-{key}", ["pull", "-q", .. flags, name])));
        Assert.Equal("greeting", _shared.Greeting($"pull-{key}", name));
        Assert.DoesNotContain("encrypted", _shared.SucceedElsewhere($"pull-{key}", "inspect", "--format", "{{.Manifest}}", name), StringComparison.Ordinal);
        Assert.Equal(_shared.AppId, Id(_shared.SucceedElsewhere($"pull-{key}", ["pull", "-q", "--policy", "always", .. flags, name])));
        _shared.SucceedElsewhere($"pull-{key}", "push", "-q", name, $"oci:{_home.In($"again-{key}")}:app");
        Assert.Equal("greeting", _shared.Greeting($"again-store-{key}", $"oci:{_home.In($"again-{key}")}:app"));

        var container = _shared.SucceedElsewhere($"from-{key}", ["from", "-q", .. flags, $"docker://{name}"]);
        Assert.Equal("greeting", _shared.SucceedElsewhere($"from-{key}", "run", container, "cat", "/hello"));
        _shared.SucceedElsewhere($"from-{key}", "rm", container);

        var context = Path.GetDirectoryName(_home.Write($"on-{key}/Dockerfile", $"FROM {name}\nCOPY --from={name} /hello /copied\nRUN cat /copied > /own\n"))!;
        Assert.Contains("missing private key needed for decryption: give it by --decryption-key FILE", _shared.Elsewhere($"bud-{key}", "bud", context).Error, StringComparison.Ordinal);
        _shared.SucceedElsewhere($"bud-{key}", ["bud", "-q", .. flags, "-t", "built", context]);
        Assert.Equal("greeting", _shared.Greeting($"bud-{key}", "localhost/built"));
    }

    [Fact]
    public void An_image_that_is_asked_for_by_its_digest_is_found_again_by_it()
    {
        var name = $"{_host}/by-digest/app";
        _home.Succeed("push", "-q", "--digestfile", _home.In("encrypted-digest"), "--encryption-key", $"jwe:{_home.In("rsa.pub")}", "app", name);
        name += "@" + File.ReadAllText(_home.In("encrypted-digest"));
        _shared.SucceedElsewhere("by-digest", "pull", "-q", "--decryption-key", _home.In("rsa.pem"), name);
        Assert.Equal("greeting", _shared.Greeting("by-digest", name));
    }

    [Fact]
    public void Without_the_right_key_one_sentence_is_said_and_nothing_comes_in()
    {
        var name = $"{_host}/closed/app";
        _home.Succeed("push", "-q", "--encryption-key", $"jwe:{_home.In("rsa.pub")}", "app", name);
        var first = Text(Layers(name)[0], "digest");
        Fails($"decrypting layer {first}: missing private key needed for decryption: give it by --decryption-key FILE", name);
        foreach (var key in (string[])["other.pem", "ec.pem"])
        {
            Fails(
                $"decrypting layer {first}: none of the private keys could be used for decryption: it was encrypted for others than --decryption-key names",
                "--decryption-key", _home.In(key), name);
        }

        Fails("Missing password for encrypted private key", "--decryption-key", _home.In("locked.pem"), name);
        Fails("Wrong password: could not decrypt private key", "--decryption-key", $"{_home.In("locked.pem")}:pass=wr0ng-w0rd", name);
        Fails("Wrong password: could not decrypt private key", "--decryption-key", $"{_home.In("locked.pem")}:pass=wr0ng,w0rd", name);
        Fails("no such file or directory", "--decryption-key", _home.In("nothing.pem"), name);
        Fails("it is no private key", "--decryption-key", _home.In("rsa.pub"), name);
        Fails("key providers are not supported", "--decryption-key", "provider:some", name);

        void Fails(string why, params string[] arguments)
        {
            var outcome = _shared.Elsewhere("closed", ["pull", "-q", .. arguments]);
            Assert.Equal(125, outcome.Code);
            Assert.Contains(why, outcome.Error, StringComparison.Ordinal);
            Assert.Single(outcome.Error.TrimEnd().Split('\n'));
            Assert.DoesNotContain("w0rd", outcome.Error, StringComparison.Ordinal);
            Assert.Equal("", _shared.SucceedElsewhere("closed", "images", "-q"));
            Assert.Empty(Directory.EnumerateDirectories(_home.In("closed/snapshots")));
        }
    }

    [Theory]
    [InlineData("pass=s3cret-w0rd")]
    [InlineData("s3cret-w0rd")]
    [InlineData("file=word")]
    [InlineData("fd=9")]
    public void A_key_is_opened_by_a_passphrase_that_is_written_nowhere(string passphrase)
    {
        var (name, store) = ($"{_host}/locked/app", $"locked-{passphrase[..2]}");
        _home.Succeed("push", "-q", "--encryption-key", $"jwe:{_home.In("rsa.pub")}", "app", name);
        _home.Write("word", "s3cret-w0rd\n");
        var context = Path.GetDirectoryName(_home.Write($"{store}-context/Dockerfile", $"FROM {name}\nRUN false\n"))!;
        var outcome = BldHome.Run(
            "sh", "-c", "cd \"$1\" && shift && exec \"$@\" 9<word", "sh", _home.Folder,
            BldHome.Executable, "--root", _home.In(store), "--runroot", _home.In("run"), "bud", "--decryption-key", $"locked.pem:{passphrase}", context);
        Assert.Contains("RUN false", outcome.Error + outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("private key", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("w0rd", outcome.Error + outcome.Output, StringComparison.Ordinal);
        Assert.Equal(1, BldHome.Run("grep", "-rlE", "w0rd|locked.pem", _home.In(store)).Code);
    }

    [Fact]
    public void A_layer_that_was_changed_behind_its_digest_does_not_come_in()
    {
        var layout = _home.In("changed");
        _home.Succeed("push", "-q", "--encryption-key", $"jwe:{_home.In("rsa.pub")}", "app", $"oci:{layout}:app");
        var index = JsonNode.Parse(File.ReadAllText($"{layout}/index.json"))!;
        var manifest = JsonNode.Parse(File.ReadAllText(Blob(Text(index["manifests"]![0]!, "digest"))))!;
        var layer = manifest["layers"]![1]!;
        var bytes = File.ReadAllBytes(Blob(Text(layer, "digest")));
        bytes[^9] ^= 1;
        layer["digest"] = Put(bytes);
        var written = System.Text.Encoding.UTF8.GetBytes(manifest.ToJsonString());
        index["manifests"]![0]!["digest"] = Put(written);
        index["manifests"]![0]!["size"] = written.Length;
        File.WriteAllText($"{layout}/index.json", index.ToJsonString());

        var outcome = _shared.Elsewhere("changed-store", "pull", "-q", "--decryption-key", _home.In("rsa.pem"), $"oci:{layout}:app");
        Assert.Equal($"Error: decrypting layer {Text(layer, "digest")}: its HMAC is wrong: the layer was changed or damaged after it was encrypted\n", outcome.Error);
        Assert.Equal("", _shared.SucceedElsewhere("changed-store", "images", "-q"));
        Assert.NotEqual(0, BldHome.Run("skopeo", "copy", "-q", "--decryption-key", _home.In("rsa.pem"), $"oci:{layout}:app", $"dir:{_home.In("changed-dir")}").Code);

        string Blob(string digest) => $"{layout}/blobs/sha256/{digest.Split(':')[1]}";
        string Put(byte[] content)
        {
            var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";
            File.WriteAllBytes(Blob(digest), content);
            return digest;
        }
    }

    [Fact]
    public async Task Nothing_plain_is_sent_or_mounted_and_nothing_encrypted_is_remembered()
    {
        _home.Build("FROM localhost/busybox\nRUN echo greeting > /hello && echo secret > /own", "-t", "secret");
        _home.Succeed("push", "-q", "secret", $"{_host}/open/app");
        string[] push = ["push", "-q", "--encryption-key", $"jwe:{_home.In("rsa.pub")}", "secret"];
        _home.Succeed([.. push, $"{_host}/sealed/app:1"]);
        _home.Succeed([.. push, $"{_host}/sealed/app:2"]);
        _home.Succeed([.. push, $"{_host}/sealed-too/app"]);
        var (open, first, second) = (Digests("open/app"), Digests("sealed/app:1"), Digests("sealed/app:2"));
        Assert.Empty(first.Intersect(second));
        using var client = new HttpClient();
        foreach (var digest in open)
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, new Uri($"http://{_host}/v2/sealed/app/blobs/{digest}"));
            using var response = await client.SendAsync(request);
            Assert.Equal(System.Net.HttpStatusCode.NotFound, response.StatusCode);
        }

        foreach (var digest in first.Concat(second))
        {
            Assert.Equal(1, BldHome.Run("grep", "-rl", digest, _home.In("store/pushed")).Code);
            Assert.Equal("", BldHome.Peer("find", _home.Store, "-name", digest.Split(':')[1]));
        }

        Assert.Contains("is this image already", _home.Bld("push", "secret", $"{_host}/open/app").Error, StringComparison.Ordinal);
        _home.Succeed("push", "-q", "secret", $"{_host}/sealed-too/app:plain");
        Assert.Equal(open, Digests("sealed-too/app:plain"));
    }

    [Fact]
    public void A_container_is_committed_encrypted_and_a_docker_image_becomes_an_oci_one()
    {
        _home.Build("FROM localhost/busybox\nRUN echo greeting > /hello", "--format", "docker", "-t", "of-docker");
        _home.Succeed("push", "-q", "--encryption-key", $"jwe:{_home.In("rsa.pub")}", "of-docker", $"{_host}/was-docker/app");
        Assert.All(Layers($"{_host}/was-docker/app"), static layer => Assert.Equal(Encrypted, Text(layer, "mediaType")));

        var container = _home.Succeed("from", "-q", "app");
        _home.Succeed("commit", "-q", "--encryption-key", $"jwe:{_home.In("rsa.pub")}", container, $"docker://{_host}/committed/app");
        var kept = _home.Bld("commit", "-q", "--encryption-key", $"jwe:{_home.In("rsa.pub")}", container, "kept-here");
        Assert.Contains("--encryption-key encrypts what leaves the store", kept.Error, StringComparison.Ordinal);
        _home.Succeed("rm", container);
        Assert.All(Layers($"{_host}/committed/app"), static layer => Assert.Equal(Encrypted, Text(layer, "mediaType")));
        _shared.SucceedElsewhere("committed", "pull", "-q", "--decryption-key", _home.In("rsa.pem"), $"{_host}/committed/app");
        Assert.Equal("greeting", _shared.Greeting("committed", $"{_host}/committed/app"));
    }

    [Fact]
    public void A_list_carries_layers_that_others_encrypted_and_encrypts_those_of_the_store()
    {
        var name = $"{_host}/listed/app";
        _home.Succeed("push", "-q", "--encryption-key", $"jwe:{_home.In("rsa.pub")}", "app", name);
        _home.Succeed("manifest", "create", "carried");
        _home.Succeed("manifest", "add", "--tls-verify=false", "carried", $"docker://{name}");
        _home.Succeed("manifest", "push", "-q", "--all", "carried", $"docker://{_host}/carried/app");
        _shared.SucceedElsewhere("carried", "pull", "-q", "--decryption-key", _home.In("rsa.pem"), $"{_host}/carried/app");
        Assert.Equal("greeting", _shared.Greeting("carried", $"{_host}/carried/app"));
        Assert.Contains(
            "is encrypted already", _home.Bld("manifest", "push", "--encryption-key", $"jwe:{_home.In("rsa.pub")}", "carried", $"docker://{_host}/carried/app").Error, StringComparison.Ordinal);
        Assert.Contains("is encrypted", _home.Bld("manifest", "push", "--format", "docker", "carried", $"docker://{_host}/carried/app").Error, StringComparison.Ordinal);

        _home.Succeed("manifest", "create", "own-list");
        _home.Succeed("manifest", "add", "own-list", "app");
        _home.Succeed("manifest", "push", "-q", "--encryption-key", $"jwe:{_home.In("rsa.pub")}", "own-list", $"docker://{_host}/own-list/app");
        _shared.SucceedElsewhere("own-list", "pull", "-q", "--decryption-key", _home.In("rsa.pem"), $"{_host}/own-list/app");
        Assert.Equal("greeting", _shared.Greeting("own-list", $"{_host}/own-list/app"));
    }

    [Theory]
    [InlineData("can't hold encrypted layers, only OCI's format can", "docker-archive:ARCHIVE:app", "--encryption-key", "jwe:KEY")]
    [InlineData("--encryption-key needs --format oci", "oci:LAYOUT:app", "--format", "docker", "--encryption-key", "jwe:KEY")]
    [InlineData("--encrypt-layer can only be used with --encryption-key", "oci:LAYOUT:app", "--encrypt-layer", "0")]
    [InlineData("it must be a whole number", "oci:LAYOUT:app", "--encryption-key", "jwe:KEY", "--encrypt-layer", "first")]
    [InlineData("Invalid recipient format", "oci:LAYOUT:app", "--encryption-key", "KEY")]
    [InlineData("Provided protocol not recognized", "oci:LAYOUT:app", "--encryption-key", "jwt:KEY")]
    [InlineData("the protocol pkcs7 is not supported", "oci:LAYOUT:app", "--encryption-key", "pkcs7:KEY")]
    [InlineData("the protocol pgp is not supported", "oci:LAYOUT:app", "--encryption-key", "pgp:somebody@example.com")]
    [InlineData("the protocol pkcs11 is not supported", "oci:LAYOUT:app", "--encryption-key", "pkcs11:KEY")]
    [InlineData("the protocol provider is not supported", "oci:LAYOUT:app", "--encryption-key", "provider:some:KEY")]
    [InlineData("File provided is not a public key", "oci:LAYOUT:app", "--encryption-key", "jwe:PRIVATE")]
    [InlineData("no such file or directory", "oci:LAYOUT:app", "--encryption-key", "jwe:nothing.pub")]
    public void What_can_not_be_encrypted_is_refused_in_one_sentence(string why, string target, params string[] flags)
    {
        var outcome = _home.Bld(["push", .. flags.Select(Named), "app", Named(target)]);
        Assert.Equal(125, outcome.Code);
        Assert.Contains(why, outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
        Assert.False(File.Exists(_home.In("refused.tar")));

        string Named(string text) => text
            .Replace("KEY", _home.In("rsa.pub"), StringComparison.Ordinal).Replace("PRIVATE", _home.In("rsa.pem"), StringComparison.Ordinal)
            .Replace("ARCHIVE", _home.In("refused.tar"), StringComparison.Ordinal).Replace("LAYOUT", _home.In("refused"), StringComparison.Ordinal);
    }

    private static string Id(string printed) => printed.Replace("sha256:", "", StringComparison.Ordinal);

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();

    private static string DecodedKeys(string manifest) => System.Text.Encoding.UTF8.GetString(
        Convert.FromBase64String(JsonNode.Parse(manifest)!["layers"]![0]!["annotations"]!["org.opencontainers.image.enc.keys.jwe"]!.GetValue<string>()));

    private static List<JsonNode> Layers(string name) =>
        [.. JsonNode.Parse(BldHome.Peer("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{name}"))!["layers"]!.AsArray().Select(static each => each!)];

    private List<string> Digests(string name) => [.. Layers($"{_host}/{name}").Select(static layer => Text(layer, "digest"))];
}
