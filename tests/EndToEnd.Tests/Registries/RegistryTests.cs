using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Bld.EndToEnd.Tests;

/// <summary>Pull, push, log in and out against a real registry; images go to and come from other programs.</summary>
public sealed class RegistryTests(RegistryHome shared) : IClassFixture<RegistryHome>
{
    private const string Secret = RegistryServer.Password;
    private readonly BldHome _home = shared.Home;
    private readonly string _host = shared.Registry.Host;

    [Fact]
    public void A_pushed_image_is_copied_by_skopeo_and_run_by_podman()
    {
        var name = $"{_host}/team/app:1";
        _home.Succeed("push", "-q", "--digestfile", _home.In("digest"), "app", $"docker://{name}");
        using var inspected = JsonDocument.Parse(BldHome.Peer("skopeo", "inspect", "--tls-verify=false", $"docker://{name}"));
        Assert.Equal(File.ReadAllText(_home.In("digest")), inspected.RootElement.GetProperty("Digest").GetString());
        BldHome.Peer("skopeo", "copy", "--quiet", "--src-tls-verify=false", $"docker://{name}", $"oci:{_home.In("copied")}:app");
        string[] podman = ["--log-level", "error", "--root", _home.In("podman"), "--runroot", _home.In("podman-run"), "--runtime", "runc"];
        string[] limits = ["--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"];
        try
        {
            Assert.Equal("greeting", BldHome.Peer("podman", [.. podman, "run", "--rm", "--quiet", "--tls-verify=false", .. limits, name]));
            BldHome.Peer("podman", [.. podman, "push", "--quiet", "--tls-verify=false", name, $"{_host}/podman/app:1"]);
            Assert.Equal("greeting", shared.Greeting("from-podman", $"{_host}/podman/app:1"));
        }
        finally
        {
            BldHome.Run("podman", [.. podman, "rmi", "--all", "--force"]);
            BldHome.Run("umount", "-R", _home.In("podman/overlay"));
        }
    }

    [Fact]
    public void A_second_push_sends_no_layer_and_a_neighbours_are_mounted()
    {
        _home.Build("FROM localhost/busybox\nRUN echo greeting > /hello && echo mounted > /own", "-t", "mounted");
        Assert.Contains("Copying blob", _home.Bld("push", "mounted", $"{_host}/first/app").Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Copying", _home.Bld("push", "mounted", $"{_host}/first/app").Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Copying blob", _home.Bld("push", "mounted", $"{_host}/second/app").Error, StringComparison.Ordinal);
        Assert.Equal("greeting", shared.Greeting("neighbour", $"{_host}/second/app"));
    }

    [Fact]
    public void An_image_that_is_there_already_is_not_written_and_one_that_was_deleted_is()
    {
        var name = $"{_host}/again/app";
        _home.Succeed("push", "-q", "--digestfile", _home.In("again-digest"), "app", $"{name}:1");
        Assert.Equal($"{name}:1 is this image already\n", _home.Bld("push", "app", $"{name}:1").Error);
        Assert.Contains("Writing manifest", _home.Bld("push", "app", $"{name}:2").Error, StringComparison.Ordinal);
        BldHome.Peer("skopeo", "delete", "--tls-verify=false", $"docker://{name}:1");
        Assert.Contains("Writing manifest", _home.Bld("push", "app", $"{name}:1").Error, StringComparison.Ordinal);
        Assert.Equal("greeting", shared.Greeting("deleted", $"{name}:1"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_blob_that_the_registry_lost_behind_its_manifest_is_sent_again(bool ofConfig)
    {
        var name = $"lost-{ofConfig}/app".ToLowerInvariant();
        _home.Build("FROM localhost/busybox\nRUN echo greeting > /hello && echo lost > /own", "-t", "lost");
        _home.Succeed("push", "-q", "lost", $"{_host}/{name}:1");
        using var manifest = JsonDocument.Parse(BldHome.Peer("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{_host}/{name}:1"));
        var blob = ofConfig ? manifest.RootElement.GetProperty("config") : manifest.RootElement.GetProperty("layers").EnumerateArray().Last();
        using var client = new HttpClient();
        using var deleted = await client.DeleteAsync(new Uri($"http://{_host}/v2/{name}/blobs/{blob.GetProperty("digest").GetString()}"));
        Assert.Equal(System.Net.HttpStatusCode.Accepted, deleted.StatusCode);

        var again = _home.Bld("push", "lost", $"{_host}/{name}:1");
        Assert.True(again.Code == 0, again.Error);
        Assert.DoesNotContain("is this image already", again.Error, StringComparison.Ordinal);
        Assert.Equal("greeting", shared.Greeting($"lost-{ofConfig}", $"{_host}/{name}:1"));
        Assert.Contains("is this image already", _home.Bld("push", "lost", $"{_host}/{name}:1").Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_registry_is_waited_for_with_a_word_and_login_tries_twice()
    {
        using var busy = new BusyServer();

        var login = await Task.Run(() => _home.Bld("login", "--authfile", _home.In("busy.json"), "-u", "a", "-p", "b", busy.Host));
        Assert.Equal(125, login.Code);
        Assert.Equal(2, busy.Requests);
        Assert.StartsWith($"GET {busy.Host}/v2/: 503 Busy; trying again in 1 s (1 of 1)\nError: ", login.Error, StringComparison.Ordinal);

        var pull = await Task.Run(() => _home.Bld("pull", "--retry", "1", $"{busy.Host}/app"));
        Assert.Contains($"GET {busy.Host}/v2/app/manifests/latest: 503 Busy; trying again in 1 s (1 of 1)\n", pull.Error, StringComparison.Ordinal);
        var quiet = await Task.Run(() => _home.Bld("pull", "-q", "--retry", "1", $"{busy.Host}/app"));
        Assert.DoesNotContain("trying again", quiet.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip", "oci")]
    [InlineData("zstd", "oci")]
    [InlineData("zstd:chunked", "oci")]
    [InlineData("gzip", "v2s2")]
    public void Images_that_skopeo_pushed_are_pulled(string compression, string format)
    {
        var id = $"{compression.Replace(':', '-')}-{format}";
        var name = $"{_host}/skopeo/{id}:1";
        var layout = _home.In($"layout-{id}");
        _home.Succeed("push", "-q", "app", $"oci:{layout}:app");
        BldHome.Peer(
            "skopeo", "copy", "--quiet", "--dest-tls-verify=false", "--format", format, "--dest-compress-format", compression, $"oci:{layout}:app", $"docker://{name}");

        Assert.Equal("greeting", shared.Greeting($"from-skopeo-{id}", name));
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("gzip")]
    public void Images_pushed_in_either_compression_are_read_by_skopeo(string compression)
    {
        var name = $"{_host}/compressed/{compression}";
        _home.Succeed("push", "-q", "--compression-format", compression, "app", name);
        Assert.Contains($"+{compression}", BldHome.Peer("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{name}"), StringComparison.Ordinal);
        BldHome.Peer("skopeo", "copy", "--quiet", "--src-tls-verify=false", $"docker://{name}", $"dir:{_home.In("dir-" + compression)}");
        Assert.Equal("greeting", shared.Greeting("compressed-" + compression, name));
    }

    [Fact]
    public void A_chunked_layer_is_run_by_podman_and_described_alike_by_a_second_push()
    {
        _home.Build("FROM localhost/busybox\nRUN echo chunked > /hello && cat /bin/busybox /bin/busybox > /large", "-t", "chunked");
        var name = $"{_host}/chunked/app";
        string[] push = ["push", "--compression-format", "zstd:chunked", "chunked"];
        _home.Succeed([.. push, $"{name}:1"]);
        Assert.Equal($"{name}:1 is this image already\n", _home.Bld([.. push, $"{name}:1"]).Error);
        _home.Succeed([.. push, $"{name}:2"]);
        var raw = BldHome.Peer("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{name}:1");
        Assert.Equal(raw, BldHome.Peer("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{name}:2"));
        using var manifest = JsonDocument.Parse(raw);
        foreach (var layer in manifest.RootElement.GetProperty("layers").EnumerateArray())
        {
            Assert.EndsWith("+zstd", layer.GetProperty("mediaType").GetString(), StringComparison.Ordinal);
            Assert.Equal(3, layer.GetProperty("annotations").EnumerateObject().Count(static each => each.Name.StartsWith("io.github.containers.zstd-chunked.", StringComparison.Ordinal)));
        }

        string[] podman = ["--log-level", "error", "--root", _home.In("podman-chunked"), "--runroot", _home.In("podman-run"), "--runtime", "runc"];
        string[] limits = ["--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"];
        try
        {
            Assert.Equal("chunked", BldHome.Peer("podman", [.. podman, "run", "--rm", "--quiet", "--tls-verify=false", .. limits, $"{name}:1", "cat", "/hello"]));
        }
        finally
        {
            BldHome.Run("podman", [.. podman, "rmi", "--all", "--force"]);
            BldHome.Run("umount", "-R", _home.In("podman-chunked/overlay"));
        }

        PullPartially(raw, name);
        shared.SucceedElsewhere("chunked", "pull", "-q", $"{name}:1");
        shared.SucceedElsewhere("chunked", "push", "-q", "--compression-format", "gzip", $"{name}:1", $"{name}:gzip");
        Assert.DoesNotContain("chunked", BldHome.Peer("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{name}:gzip"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_blob_cache_may_be_named_and_stays_as_it_is()
    {
        var cache = _home.In("blob-cache");
        Directory.CreateDirectory(cache);
        _home.Succeed("push", "-q", "--blob-cache", cache, "app", $"{_host}/cache/app:1");
        shared.SucceedElsewhere("named-cache", "pull", "-q", "--blob-cache", cache, $"{_host}/cache/app:1");
        var container = shared.SucceedElsewhere("named-cache", "from", "--blob-cache", cache, $"{_host}/cache/app:1");
        shared.SucceedElsewhere("named-cache", "commit", "-q", "--blob-cache", cache, container, "other");
        Assert.Empty(Directory.EnumerateFileSystemEntries(cache));
    }

    [Fact]
    public void All_tags_are_pulled_and_the_policy_is_kept()
    {
        _home.Succeed("push", "-q", "app", $"{_host}/tags/app:a");
        _home.Succeed("push", "-q", "busybox", $"{_host}/tags/app:b");
        Assert.Matches("^[0-9a-f]{64}$", shared.SucceedElsewhere("tags", "pull", "-q", "--all-tags", $"{_host}/tags/app"));
        Assert.Equal("a\nb", string.Join('\n', shared.SucceedElsewhere("tags", "images", "--format", "{{.Tag}}").Split('\n').Order()));
        Assert.Equal(shared.AppId, shared.SucceedElsewhere("tags", "pull", "-q", "--all-tags", "--policy", "never", $"{_host}/tags/app:a"));
        Assert.Contains("pulling all tags is not supported for dir transport", shared.Elsewhere("tags", "pull", "--all-tags", "dir:/nowhere").Error, StringComparison.Ordinal);
        var never = shared.Elsewhere("tags", "pull", "--policy", "never", $"{_host}/tags/app:c");
        Assert.Equal(125, never.Code);
        Assert.Contains("may not be pulled", never.Error, StringComparison.Ordinal);
        var missing = shared.Elsewhere("tags", "pull", $"{_host}/tags/app:c");
        Assert.Equal(125, missing.Code);
        Assert.Contains($"GET {_host}/v2/tags/app/manifests/c: 404 Not Found (manifest unknown: manifest unknown)", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Rm_takes_a_pushed_list_away_and_leaves_an_image()
    {
        _home.Succeed("tag", "app", "stays");
        _home.Succeed("push", "-q", "--rm", "stays", $"{_host}/rm/app:1");
        Assert.NotEmpty(_home.Succeed("images", "-q", "stays"));
        _home.Succeed("manifest", "create", "goes", "app");
        _home.Succeed("push", "-q", "--rm", "goes", $"{_host}/rm/list:1");
        Assert.Equal(1, _home.Bld("manifest", "exists", "goes").Code);
    }

    [Fact]
    public void A_platform_that_is_asked_for_is_not_that_of_an_earlier_pull()
    {
        foreach (var platform in (string[])["linux/amd64", "linux/arm64"])
        {
            _home.Build("FROM scratch\nCOPY Dockerfile /from", "--platform", platform, "--manifest", "asked");
        }

        var name = $"{_host}/asked:1";
        _home.Succeed("manifest", "push", "-q", "asked", $"docker://{name}");
        foreach (var architecture in (string[])["arm64", "amd64", "arm64"])
        {
            var id = shared.SucceedElsewhere("asked", "pull", "-q", "--arch", architecture, name);
            Assert.Equal(architecture, shared.SucceedElsewhere("asked", "inspect", "--type", "image", "--format", "{{.OCIv1.Architecture}}", id));
        }

        var container = shared.SucceedElsewhere("asked", "from", "--platform", "linux/amd64", name);
        Assert.Equal("amd64", shared.SucceedElsewhere("asked", "inspect", "--format", "{{.OCIv1.Architecture}}", container));
        shared.SucceedElsewhere("asked", "pull", "-q", "--policy", "always", "--arch", "arm64", name);
        _home.Write("asked-context/Dockerfile", $"FROM {name}\nLABEL asked=1\n");
        shared.SucceedElsewhere("asked", "bud", "-q", "-t", "built", "--platform", "linux/amd64", _home.In("asked-context"));
        Assert.Equal("amd64", shared.SucceedElsewhere("asked", "inspect", "--type", "image", "--format", "{{.OCIv1.Architecture}}", name));
        var both = shared.Elsewhere("asked", "pull", "--platform", "linux/arm64", "--arch", "arm64", name);
        Assert.Equal(125, both.Code);
        Assert.Contains("--platform may not be used with --os, --arch or --variant", both.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pulled_image_is_as_large_as_it_is_unpacked()
    {
        var size = _home.Succeed("images", "--format", "{{.Size}}", "app").Split('\n')[0];
        _home.Succeed("push", "-q", "app", $"{_host}/size/app:1");
        shared.SucceedElsewhere("size", "pull", "-q", $"{_host}/size/app:1");
        Assert.Equal(size, shared.SucceedElsewhere("size", "images", "--format", "{{.Size}}"));
    }

    [Fact]
    public void Plain_HTTP_where_TLS_is_wanted_is_told_with_what_helps()
    {
        var outcome = _home.Bld("push", "-q", "--tls-verify=true", "--retry", "0", "app", $"{_host}/tls");
        Assert.Equal(125, outcome.Code);
        Assert.Contains("no TLS connection can be made (", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("where it speaks plain HTTP allow that by --tls-verify=false", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("somebody")]
    [InlineData(":secret")]
    public void Half_credentials_want_somebody_to_ask(string credentials)
    {
        var outcome = _home.Bld("push", "--creds", credentials, "app", $"{_host}/half");
        Assert.Equal((125, "Error: --creds must be written USER:PASSWORD where there is no terminal to ask for the rest\n"), (outcome.Code, outcome.Error));
    }

    [Fact]
    public void A_registry_with_a_password_wants_a_login()
    {
        using var registry = RegistryServer.Start(_home, RegistryServer.Htpasswd(_home));
        var auth = _home.In("auth-htpasswd.json");
        CheckLogin(registry.Host, auth);
    }

    [Fact]
    public void A_registry_with_a_token_server_wants_a_login()
    {
        using var tokens = new TokenServer();
        using var registry = RegistryServer.Start(_home, tokens.Auth(_home));
        CheckLogin(registry.Host, _home.In("auth-token.json"));
        Assert.Contains("repository:private/app:pull,push", tokens.Scopes);
        Assert.Contains("repository:private/app:pull", tokens.Scopes);
    }

    [Fact]
    public void A_registry_with_TLS_is_trusted_by_its_authoritys_certificate()
    {
        using var certificate = LoopbackCertificate.Make();
        using var key = certificate.GetECDsaPrivateKey()!;
        var pem = _home.Write("tls/ca.crt", certificate.ExportCertificatePem());
        var keyFile = _home.Write("tls-key/key.pem", key.ExportPkcs8PrivateKeyPem());
        using var registry = RegistryServer.Start(_home, tls: $"{{certificate: {pem}, key: {keyFile}}}");

        var refused = _home.Bld("push", "-q", "app", $"{registry.Host}/app");
        Assert.Equal(125, refused.Code);
        Assert.Contains(": its certificate was not signed by an authority", refused.Error, StringComparison.Ordinal);
        _home.Succeed("push", "-q", "--cert-dir", _home.In("tls"), "app", $"{registry.Host}/app");
        _home.Succeed("push", "-q", "--tls-verify=false", "app", $"{registry.Host}/app");
        BldHome.Peer("env", [$$"""BUILD_REGISTRY_SOURCES={"insecureRegistries":["{{registry.Host}}"]}""", BldHome.Executable, .. _home.Globals, "push", "-q", "app", $"{registry.Host}/app"]);
        shared.SucceedElsewhere("tls-store", "pull", "-q", "--cert-dir", _home.In("tls"), $"{registry.Host}/app");
    }

    [Fact]
    public void A_registry_is_reached_through_a_proxy()
    {
        _home.Succeed("push", "-q", "app", $"{_host}/proxied/app:1");

        // The registry itself takes requests as a proxy gets them; the name is known to nobody else.
        string[] command = [$"http_proxy=http://{_host}", $"https_proxy=http://{_host}", BldHome.Executable, "--root", _home.In("proxied"), "--runroot", _home.In("run")];
        BldHome.Peer("env", [.. command, "pull", "-q", "--tls-verify=false", "registry.invalid/proxied/app:1"]);
        Assert.Equal("greeting", shared.Greeting("proxied", "registry.invalid/proxied/app:1"));
    }

    [Fact]
    public void A_dying_registry_leaves_a_sentence_and_nothing_else()
    {
        var registry = RegistryServer.Start(_home);
        registry.Dispose();
        var outcome = _home.Bld("push", "--retry", "1", "--retry-delay", "10ms", "app", $"{registry.Host}/app");
        Assert.Equal(125, outcome.Code);
        Assert.Matches($"^Error: cannot reach {registry.Host} for HEAD /v2/app/(blobs/sha256:[0-9a-f]+|manifests/latest): Connection refused", outcome.Error.Split('\n').First(static line => line.StartsWith("Error", StringComparison.Ordinal)));
        Assert.Equal("", outcome.Output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_home.Store, "tmp")));
    }

    /// <summary>Has podman fetch an image's files one by one. Debian's knows the annotations by their first names only.</summary>
    private void PullPartially(string manifest, string name)
    {
        const string Type = "application/vnd.oci.image.manifest.v1+json";
        using var client = new HttpClient();
        using var content = new StringContent(manifest.Replace("io.github.containers.zstd", "io.containers.zstd", StringComparison.Ordinal));
        content.Headers.ContentType = new(Type);
        using var put = new HttpRequestMessage(HttpMethod.Put, $"http://{_host}/v2/chunked/app/manifests/podman") { Content = content };
        using var response = client.Send(put);
        Assert.Equal(System.Net.HttpStatusCode.Created, response.StatusCode);
        var storage = _home.Write("partial.conf", $"""
            [storage]
            driver = "overlay"
            graphroot = "{_home.In("podman-partial")}"
            runroot = "{_home.In("podman-run")}"
            [storage.options]
            pull_options = {"{"}enable_partial_images = "true", use_hard_links = "false", ostree_repos = ""{"}"}
            """);
        try
        {
            string[] podman = [$"CONTAINERS_STORAGE_CONF={storage}", "podman", "--log-level", "debug", "--runtime", "runc"];
            var pull = BldHome.Run("env", [.. podman, "pull", "--tls-verify=false", $"{name}:podman"]);
            Assert.True(pull.Code == 0, pull.Error);
            Assert.Contains("Retrieved partial blob", pull.Error, StringComparison.Ordinal);
            string[] limits = ["--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"];
            var run = BldHome.Run("env", [.. podman, "run", "--rm", .. limits, $"{name}:podman", "sh", "-c", "cat /hello && cat /bin/busybox /bin/busybox | cmp - /large"]);
            Assert.True(run.Code == 0, run.Error);
            Assert.Equal("chunked\n", run.Output);
        }
        finally
        {
            BldHome.Run("env", $"CONTAINERS_STORAGE_CONF={storage}", "podman", "rmi", "--all", "--force");
            BldHome.Run("umount", "-R", _home.In("podman-partial/overlay"));
        }
    }

    private void CheckLogin(string host, string auth)
    {
        var name = $"{host}/private/app:1";
        var refused = _home.Bld("push", "--authfile", _home.Write("empty-auth.json", "{}"), "app", name);
        Assert.Equal(125, refused.Code);
        Assert.Contains($"bld login {host}", refused.Error, StringComparison.Ordinal);

        var wrong = BldHome.Run("sh", "-c", $"echo wrong | {BldHome.Executable} login --authfile {auth} -u {RegistryServer.User} --password-stdin {host}");
        Assert.Equal((125, $"Error: logging into \"{host}\": invalid username/password\n"), (wrong.Code, wrong.Error));
        Assert.False(File.Exists(auth));

        var login = BldHome.Run("sh", "-c", $"echo {Secret} | {BldHome.Executable} login --authfile {auth} -u {RegistryServer.User} --password-stdin {host}");
        Assert.Equal((0, "Login Succeeded!\n"), (login.Code, login.Output));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(auth));
        Assert.Equal(RegistryServer.User, _home.Succeed("login", "--authfile", auth, "--get-login", host));
        Assert.Equal(
            $"Authenticating with existing credentials for {host}\nExisting credentials are valid. Already logged in to {host}", _home.Succeed("login", "--authfile", auth, host));

        var pushed = _home.Bld("--log-level", "trace", "--debug", "push", "--authfile", auth, "app", name);
        Assert.True(pushed.Code == 0, pushed.Error);
        Assert.DoesNotContain(Secret, pushed.Output + pushed.Error, StringComparison.Ordinal);
        BldHome.Peer("skopeo", "inspect", "--authfile", auth, "--tls-verify=false", $"docker://{name}");
        shared.SucceedElsewhere("private-" + host.Split(':')[1], "pull", "-q", "--creds", $"{RegistryServer.User}:{Secret}", name);

        Assert.Equal($"Removed login credentials for {host}", _home.Succeed("logout", "--authfile", auth, host));
        Assert.Equal($"Error: not logged into {host}\n", _home.Bld("logout", "--authfile", auth, host).Error);
        Assert.Equal("Error: checking authfile: stat /nowhere/auth.json: no such file or directory\n", _home.Bld("logout", "--all", "--authfile", "/nowhere/auth.json").Error);
        Assert.DoesNotContain(RegistryServer.User, File.ReadAllText(auth), StringComparison.Ordinal);
    }
}
