using System.Text.Json;

namespace Bld.EndToEnd.Tests;

/// <summary>registries.conf, policy.json and signatures, as people have them already.</summary>
public sealed class ConfigurationTests(RegistryHome shared) : IClassFixture<RegistryHome>
{
    private readonly BldHome _home = shared.Home;
    private readonly string _host = shared.Registry.Host;

    [Fact]
    public void Mirrors_locations_aliases_and_blocks_are_obeyed()
    {
        _home.Succeed("push", "-q", "app", $"{_host}/mirrored/team/app:1");
        var configuration = _home.Write("registries.conf", $"""
            unqualified-search-registries = ["blocked.example"]
            [[registry]]
            prefix = "far.example/team"
            location = "unreachable.invalid/team"
            [[registry.mirror]]
            location = "{_host}/nothing-here"
            [[registry.mirror]]
            location = "{_host}/mirrored/team"
            insecure = true
            [[registry]]
            prefix = "*.moved.example"
            location = "{_host}/mirrored"
            [[registry]]
            location = "blocked.example"
            blocked = true
            [aliases]
            "short" = "far.example/team/app"
            """);
        string[] flags = ["--registries-conf", configuration];

        shared.SucceedElsewhere("conf", [.. flags, "pull", "-q", "far.example/team/app:1"]);
        shared.SucceedElsewhere("conf", [.. flags, "pull", "-q", "short:1"]);
        shared.SucceedElsewhere("conf", [.. flags, "pull", "-q", "--policy", "always", "eu.moved.example/team/app:1"]);
        var names = shared.SucceedElsewhere("conf", "images");
        Assert.Contains("far.example/team/app", names, StringComparison.Ordinal);
        Assert.Contains("eu.moved.example/team/app", names, StringComparison.Ordinal);
        Assert.DoesNotContain(_host, names, StringComparison.Ordinal);

        var blocked = shared.Elsewhere("conf", [.. flags, "pull", "unknown-name"]);
        Assert.Equal(125, blocked.Code);
        Assert.Contains($"blocked.example/unknown-name:latest can't be used: blocked.example is blocked in {configuration}", blocked.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"blockedRegistries":["HOST"]}""", "registry \"HOST\" denied by policy: it is in the blocked registries list")]
    [InlineData("""{"allowedRegistries":["registry.example.com"]}""", "registry \"HOST\" denied by policy: not in allowed registries list")]
    [InlineData("""{"allowedRegistries":["registry.example.com","HOST"]}""", null)]
    [InlineData("HOST", "the environment variable BUILD_REGISTRY_SOURCES can't be read")]
    public void What_a_build_service_forbids_is_neither_pulled_nor_pushed(string sources, string? expected)
    {
        _home.Succeed("push", "-q", "app", $"{_host}/sources/app:1");
        string[][] commands = [["pull", "-q", "--policy", "always", $"{_host}/sources/app:1"], ["push", "-q", "app", $"{_host}/sources/app:2"]];
        foreach (var command in commands)
        {
            var outcome = BldHome.Run("env", [$"BUILD_REGISTRY_SOURCES={sources.Replace("HOST", _host, StringComparison.Ordinal)}", BldHome.Executable, .. _home.Globals, .. command]);
            Assert.Equal(expected is null ? 0 : 125, outcome.Code);
            Assert.Contains(expected?.Replace("HOST", _host, StringComparison.Ordinal) ?? "", outcome.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Short_names_are_looked_for_in_order()
    {
        _home.Succeed("push", "-q", "app", $"{_host}/short-app:1");
        var configuration = _home.Write("search.conf", $"unqualified-search-registries = [\"127.0.0.1:1\", \"{_host}\"]\n");
        shared.SucceedElsewhere("search", "--registries-conf", configuration, "pull", "-q", "--retry", "0", "short-app:1");
        Assert.Contains($"{_host}/short-app", shared.SucceedElsewhere("search", "images"), StringComparison.Ordinal);
        Assert.Contains("schemaVersion", shared.SucceedElsewhere("search", "--registries-conf", configuration, "manifest", "inspect", "--retry", "0", "short-app:1"), StringComparison.Ordinal);
        foreach (var variable in (string[])["CONTAINERS_REGISTRIES_CONF", "REGISTRIES_CONFIG_PATH"])
        {
            BldHome.Peer("env", [$"{variable}={configuration}", BldHome.Executable, "--root", _home.In($"search-{variable}"), "--runroot", _home.In("run"), "pull", "-q", "--retry", "0", "short-app:1"]);
        }

        var enforcing = _home.Write("enforcing.conf", File.ReadAllText(configuration) + "short-name-mode = \"enforcing\"\n");
        Assert.Contains("may mean 127.0.0.1:1/other or ", shared.Elsewhere("search", "--registries-conf", enforcing, "pull", "other").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Helpers_of_the_configuration_are_asked_for_credentials()
    {
        using var registry = RegistryServer.Start(_home, RegistryServer.Htpasswd(_home));
        var script = _home.Write("helpers/docker-credential-bldtest", $"""
            #!/bin/sh
            read host
            [ "$1 $host" = "get {registry.Host}" ] || exit 1
            echo '{"{"}"Username":"{RegistryServer.User}","Secret":"{RegistryServer.Password}"{"}"}'
            """);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var configuration = _home.Write("helpers.conf", "credential-helpers = [\"containers-auth.json\", \"bldtest\"]\n");
        BldHome.Peer(
            "env", $"PATH={_home.In("helpers")}:{Environment.GetEnvironmentVariable("PATH")}", BldHome.Executable, "--root", _home.Store, "--runroot", _home.In("run"),
            "--registries-conf", configuration, "push", "-q", "app", $"{registry.Host}/helped");
    }

    [Fact]
    public void A_policy_rejects_before_anything_is_kept()
    {
        _home.Succeed("push", "-q", "app", $"{_host}/policy/app:1");
        var policy = _home.Write("policy.json", $$$"""{"default":[{"type":"reject"}],"transports":{"docker":{"{{{_host}}}/policy/good":[{"type":"insecureAcceptAnything"}]} } }""");
        var refused = shared.Elsewhere("policy", "pull", "--signature-policy", policy, $"{_host}/policy/app:1");
        Assert.Equal(125, refused.Code);
        Assert.Contains($"the signature policy {policy} refuses {_host}/policy/app:1 (scope \"default\"): it rejects such images", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_home.In("policy/images/blobs")));
        _home.Succeed("push", "-q", "app", $"{_host}/policy/good:1");
        shared.SucceedElsewhere("policy", "pull", "-q", "--signature-policy", policy, $"{_host}/policy/good:1");
    }

    [Fact]
    public void A_signature_by_a_key_is_made_and_asked_for()
    {
        var name = $"{_host}/signed/app:1";
        var (key, publicKey, other) = (_home.In("sign.pem"), _home.In("sign.pub"), _home.In("other.pem"));
        BldHome.Peer("openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", key);
        BldHome.Peer("openssl", "ec", "-in", key, "-pubout", "-out", publicKey);
        BldHome.Peer("openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", other);
        var policy = _home.Write("signed-policy.json", $$"""{"default":[{"type":"sigstoreSigned","keyPath":"{{publicKey}}"}] }""");

        _home.Succeed("push", "-q", "--sign-by", other, "app", name);
        var refused = shared.Elsewhere("signed", "pull", "--signature-policy", policy, name);
        Assert.Equal(125, refused.Code);
        Assert.Contains("no sigstore signature by one of its keys was found for it", refused.Error, StringComparison.Ordinal);

        _home.Succeed("push", "-q", "--sign-by", key, "app", name);
        shared.SucceedElsewhere("signed", "pull", "-q", "--signature-policy", policy, name);

        var container = _home.Succeed("from", "app");
        _home.Succeed("commit", "-q", "--sign-by", key, container, $"docker://{_host}/signed/committed:1");
        shared.SucceedElsewhere("signed", "pull", "-q", "--signature-policy", policy, $"{_host}/signed/committed:1");
        _home.Succeed("commit", "-q", "--rm", container, $"docker://{_host}/signed/unsigned:1");
        Assert.Equal(125, shared.Elsewhere("signed", "pull", "-q", "--signature-policy", policy, $"{_host}/signed/unsigned:1").Code);

        // Debian's skopeo has sigstore turned off, so openssl judges: the last signature is by the key, over what names the image.
        var digest = BldHome.Peer("skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", $"docker://{name}");
        BldHome.Peer("skopeo", "copy", "--quiet", "--src-tls-verify=false", $"docker://{_host}/signed/app:{digest.Replace(':', '-')}.sig", $"dir:{_home.In("signatures")}");
        using var manifest = JsonDocument.Parse(File.ReadAllText(_home.In("signatures/manifest.json")));
        var layer = manifest.RootElement.GetProperty("layers").EnumerateArray().Last();
        File.WriteAllBytes(_home.In("signature"), layer.GetProperty("annotations").GetProperty("dev.cosignproject.cosign/signature").GetBytesFromBase64());
        var payload = _home.In("signatures/" + layer.GetProperty("digest").GetString()!.Split(':')[1]);
        Assert.Equal("Verified OK", BldHome.Peer("openssl", "dgst", "-sha256", "-verify", publicKey, "-signature", _home.In("signature"), payload));
        Assert.Contains($"\"docker-manifest-digest\":\"{digest}\"", File.ReadAllText(payload), StringComparison.Ordinal);
    }

    [Fact]
    public void A_signature_by_GPG_is_asked_for()
    {
        var name = $"{_host}/gpg/app:1";
        var home = _home.In("gpg-home");
        Directory.CreateDirectory(home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string[] gpg = ["--homedir", home, "--batch", "--passphrase", "", "--pinentry-mode", "loopback"];
        BldHome.Peer("gpg", [.. gpg, "--quick-gen-key", "signer@example.com", "ed25519", "sign", "never"]);
        BldHome.Peer("gpg", [.. gpg, "--armor", "--output", _home.In("gpg.pub"), "--export", "signer@example.com"]);
        _home.Succeed("push", "-q", "--digestfile", _home.In("gpg-digest"), "app", name);
        var digest = File.ReadAllText(_home.In("gpg-digest"));
        var payload = _home.Write("gpg-payload", $$$"""{"critical":{"identity":{"docker-reference":"{{{name}}}"},"image":{"docker-manifest-digest":"{{{digest}}}"},"type":"atomic container signature"},"optional":{}}""");
        var policy = _home.Write("gpg-policy.json", $$"""{"default":[{"type":"signedBy","keyType":"GPGKeys","keyPath":"{{_home.In("gpg.pub")}}"}] }""");
        _home.Write("gpg-config/containers/registries.d/default.yaml", $"default-docker:\n  lookaside: file://{_home.In("lookaside")}\n");
        string[] pull = ["XDG_CONFIG_HOME=" + _home.In("gpg-config"), BldHome.Executable, "--root", _home.In("gpg-store"), "--runroot", _home.In("run"), "pull", "-q", "--signature-policy", policy, name];
        try
        {
            Assert.Contains("no signature by one of its GPG keys was found", BldHome.Run("env", pull).Error, StringComparison.Ordinal);
            var place = _home.In($"lookaside/gpg/app@{digest.Replace(':', '=')}/signature-1");
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            BldHome.Peer("gpg", [.. gpg, "--output", place, "--sign", payload]);
            BldHome.Peer("env", pull);

            // gpg calls it valid, and says beside that that the key has expired.
            string[] past = [.. gpg, "--faked-system-time", "20200101T000000!"];
            BldHome.Peer("gpg", [.. past, "--quick-gen-key", "former@example.com", "ed25519", "sign", "1d"]);
            BldHome.Peer("gpg", [.. gpg, "--yes", "--armor", "--output", _home.In("gpg.pub"), "--export", "former@example.com"]);
            BldHome.Peer("gpg", [.. past, "--yes", "--output", place, "--local-user", "former@example.com", "--sign", payload]);
            Assert.Contains("no signature by one of its GPG keys was found", BldHome.Run("env", [.. pull[..^1], "--policy", "always", name]).Error, StringComparison.Ordinal);
        }
        finally
        {
            BldHome.Run("gpgconf", "--homedir", home, "--kill", "all");
        }
    }

    [Fact]
    public void A_signature_by_GPG_is_made_that_skopeo_asks_for()
    {
        var home = _home.In("gpg-signer");
        Directory.CreateDirectory(home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string[] gpg = ["--homedir", home, "--batch", "--passphrase", "", "--pinentry-mode", "loopback"];
        var lookaside = _home.In("signer-config/containers/registries.d");
        _home.Write("signer-config/containers/registries.d/default.yaml", $"""
            default-docker:
              lookaside: https://unreachable.invalid
            docker:
              {_host}/signer:
                lookaside: file://{_home.In("signer-lookaside")}
                lookaside-staging: file://{_home.In("signer-lookaside")}
            """);
        string[] bld = [$"GNUPGHOME={home}", "XDG_CONFIG_HOME=" + _home.In("signer-config"), BldHome.Executable, .. _home.Globals];
        try
        {
            BldHome.Peer("gpg", [.. gpg, "--quick-gen-key", "signer@example.com", "ed25519", "sign", "never"]);
            BldHome.Peer("gpg", [.. gpg, "--armor", "--output", _home.In("signer.pub"), "--export", "signer@example.com"]);
            var policy = _home.Write("signer-policy.json", $$"""{"default":[{"type":"signedBy","keyType":"GPGKeys","keyPath":"{{_home.In("signer.pub")}}"}] }""");
            string[] skopeo = ["--registries.d", lookaside, "--policy", policy, "copy", "--all", "--quiet", "--src-tls-verify=false", "--remove-signatures", $"docker://{_host}/signer/app:1"];

            var unknown = BldHome.Run("env", [.. bld, "push", "-q", "--sign-by", "nobody@example.com", "app", $"{_host}/signer/app:1"]);
            Assert.Equal(125, unknown.Code);
            Assert.Contains("cannot sign with \"nobody@example.com\": it is neither a file with a key nor one that gpg can sign with (", unknown.Error, StringComparison.Ordinal);

            BldHome.Peer("env", [.. bld, "push", "-q", "app", $"{_host}/signer/app:1"]);
            Assert.NotEqual(0, BldHome.Run("skopeo", [.. skopeo, $"dir:{_home.In("signed-app")}"]).Code);
            BldHome.Peer("env", [.. bld, "push", "-q", "--sign-by", "signer@example.com", "app", $"{_host}/signer/app:1"]);
            BldHome.Peer("skopeo", [.. skopeo, $"dir:{_home.In("signed-app")}"]);

            BldHome.Peer("env", [.. bld, "manifest", "create", "signed-list", "app"]);
            BldHome.Peer("env", [.. bld, "manifest", "push", "-q", "--sign-by", "signer@example.com", "signed-list", $"docker://{_host}/signer/app:1"]);
            BldHome.Peer("skopeo", [.. skopeo, $"dir:{_home.In("signed-list")}"]);
        }
        finally
        {
            BldHome.Run("gpgconf", "--homedir", home, "--kill", "all");
        }
    }
}
