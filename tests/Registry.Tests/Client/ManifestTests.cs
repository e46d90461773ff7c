using System.Security.Cryptography;
using System.Text;

namespace Bld.Registry.Tests;

/// <summary>Manifests, tags, referrers, and what answers for them.</summary>
public sealed class ManifestTests : IDisposable
{
    private const string Minimal =
        """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":1},"layers":[]}""";

    private readonly TestRegistry _registry = new();
    private readonly RegistryClient _client;

    public ManifestTests() => _client = _registry.Client(TestRegistry.Options with { StallTimeout = TimeSpan.FromSeconds(10) });

    public void Dispose()
    {
        _client.Dispose();
        _registry.Dispose();
    }

    [Fact]
    public async Task A_manifest_comes_back_as_it_was_put()
    {
        var manifest = new RawManifest(Encoding.UTF8.GetBytes(Minimal), MediaTypes.OciManifest);

        await _client.PutManifestAsync("tag", manifest, CancellationToken.None);
        var got = await _client.GetManifestAsync("tag", CancellationToken.None);

        Assert.Equal(manifest.Content, got.Content);
        Assert.Equal(manifest.MediaType, got.MediaType);
        Assert.Equal(manifest.Digest, await _client.FindManifestAsync("tag", CancellationToken.None));
        Assert.Null(await _client.FindManifestAsync("other", CancellationToken.None));
    }

    [Fact]
    public async Task Whether_a_tag_means_a_manifest_is_one_question_and_never_an_error()
    {
        var manifest = new RawManifest(Encoding.UTF8.GetBytes(Minimal), MediaTypes.OciManifest);
        await _client.PutManifestAsync("tag", manifest, CancellationToken.None);

        Assert.True(await _client.HasManifestAsync("tag", manifest.Digest, CancellationToken.None));
        Assert.Equal("HEAD /v2/some/image/manifests/tag", $"{_registry.Server.Requests.Last().Method} {_registry.Server.Requests.Last().Path}");
        Assert.False(await _client.HasManifestAsync("tag", Digest.Of([1]), CancellationToken.None));
        Assert.False(await _client.HasManifestAsync("other", manifest.Digest, CancellationToken.None));
        _registry.Before = _ => TestReply.Empty(403);
        Assert.False(await _client.HasManifestAsync("tag", manifest.Digest, CancellationToken.None));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_manifest_of_100_megabytes_is_refused_before_it_is_read(bool saysLength)
    {
        _registry.Before = _ => new TestReply(200, new byte[1 << 20]) { IsEndless = !saysLength, SaidLength = 100 << 20 };

        var error = await Assert.ThrowsAsync<RegistryException>(() => _client.GetManifestAsync("tag", CancellationToken.None));

        Assert.Equal($"the manifest of {_client.Name} is larger than 4096 KiB; it is refused", error.Message);
    }

    [Fact]
    public async Task A_manifest_of_schema_1_is_refused_clearly()
    {
        _registry.Before = _ => TestReply.Text(200, """{"schemaVersion":1,"name":"a","fsLayers":[]}""");

        var error = await Assert.ThrowsAsync<RegistryException>(() => _client.GetManifestAsync("tag", CancellationToken.None));

        Assert.Contains("schema 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manifest_that_is_not_what_its_digest_says_is_refused()
    {
        _registry.Before = _ => TestReply.Text(200, Minimal);
        var digest = Digest.Of("something else"u8);

        var error = await Assert.ThrowsAsync<RegistryException>(() => _client.GetManifestAsync(digest.ToString(), CancellationToken.None));

        Assert.Contains($"sent another manifest than {digest}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manifest_that_a_sha512_names_is_verified_by_it()
    {
        _registry.Before = _ => TestReply.Text(200, Minimal);
        var right = $"sha512:{Convert.ToHexStringLower(SHA512.HashData(Encoding.UTF8.GetBytes(Minimal)))}";
        var wrong = $"sha512:{new string('0', 128)}";

        var got = await _client.GetManifestAsync(right, CancellationToken.None);
        var error = await Assert.ThrowsAsync<RegistryException>(() => _client.GetManifestAsync(wrong, CancellationToken.None));

        Assert.Equal(Minimal, Encoding.UTF8.GetString(got.Content));
        Assert.Equal($"{_registry.Server.Host} sent another manifest than {wrong}: the digest of its content is {right}", error.Message);
    }

    [Fact]
    public async Task A_web_page_is_no_manifest()
    {
        _registry.Before = _ => TestReply.Text(200, "<html>Log in to the hotel's network</html>");

        var error = await Assert.ThrowsAsync<RegistryException>(() => _client.GetManifestAsync("tag", CancellationToken.None));

        Assert.Equal($"the manifest of {_client.Name} is not JSON", error.Message);
    }

    [Fact]
    public async Task A_registry_that_wants_to_be_asked_later_is_asked_later()
    {
        _registry.Before = request => request.Number == 1 ? TestReply.Empty(429) with { Headers = new() { ["Retry-After"] = "1" } } : TestReply.Text(200, Minimal);
        var start = System.Diagnostics.Stopwatch.GetTimestamp();

        await _client.GetManifestAsync("tag", CancellationToken.None);

        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) > TimeSpan.FromMilliseconds(900));
    }

    [Fact]
    public async Task A_registry_in_trouble_is_told_by_its_own_code()
    {
        _registry.Before = _ => TestReply.Text(503, """{"errors":[{"code":"UNAVAILABLE","message":"back\u001b[31m soon"}]}""");

        var error = await Assert.ThrowsAsync<RegistryException>(() => _client.GetManifestAsync("tag", CancellationToken.None));

        Assert.Equal($"GET {_registry.Server.Host}/v2/some/image/manifests/tag: 503 Reason (unavailable: back [31m soon)", error.Message);
        Assert.Equal(4, _registry.Server.Requests.Count);
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(4, false)]
    public async Task A_registry_that_does_not_see_a_manifests_blobs_yet_is_asked_again(int blind, bool succeeds)
    {
        // As docker-registry answers while another client writes the same blob.
        _registry.Before = request => request.Number <= blind
            ? TestReply.Text(400, """{"errors":[{"code":"DIGEST_INVALID","message":"no match"},{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown"},{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown"}]}""")
            : null;
        var put = () => _client.PutManifestAsync("tag", new RawManifest(Encoding.UTF8.GetBytes(Minimal), MediaTypes.OciManifest), CancellationToken.None);

        if (succeeds)
        {
            await put();
            Assert.True(_registry.Manifests.ContainsKey("tag"));
            return;
        }

        var error = await Assert.ThrowsAsync<RegistryException>(put);
        Assert.Contains("400 Reason (digest invalid: no match; manifest blob unknown: blob unknown)", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, _registry.Server.Requests.Count);
    }

    [Fact]
    public async Task A_manifest_that_is_refused_is_sent_once()
    {
        _registry.Before = _ => TestReply.Text(400, """{"errors":[{"code":"MANIFEST_INVALID","message":"no"}]}""");

        await Assert.ThrowsAsync<RegistryException>(
            () => _client.PutManifestAsync("tag", new RawManifest(Encoding.UTF8.GetBytes(Minimal), MediaTypes.OciManifest), CancellationToken.None));

        Assert.Single(_registry.Server.Requests);
    }

    [Fact]
    public async Task Tags_come_page_by_page()
    {
        _registry.Before = request => request.Target switch
        {
            "/v2/some/image/tags/list?n=1000" => TestReply.Text(200, """{"tags":["a","b"]}""") with { Headers = new() { ["Link"] = "</v2/some/image/tags/list?n=1000&last=b>; rel=\"next\"" } },
            "/v2/some/image/tags/list?n=1000&last=b" => TestReply.Text(200, """{"tags":["c"]}"""),
            _ => null,
        };

        Assert.Equal(["a", "b", "c"], await _client.ListTagsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Manifests_are_deleted()
    {
        await _client.PutManifestAsync("tag", new RawManifest(Encoding.UTF8.GetBytes(Minimal), MediaTypes.OciManifest), CancellationToken.None);

        await _client.DeleteManifestAsync("tag", CancellationToken.None);

        var error = await Assert.ThrowsAsync<RegistryException>(() => _client.GetManifestAsync("tag", CancellationToken.None));
        Assert.Contains("404 Reason (manifest unknown: manifest unknown)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Referrers_are_kept_under_a_tag_where_a_registry_keeps_none()
    {
        var (subject, referrers) = await AddReferrersAsync();

        Assert.Equal(referrers, (await _client.GetReferrersAsync(subject, CancellationToken.None)).Manifests.Select(static each => each.Digest));
        Assert.Contains(_registry.Manifests.Keys, static key => key.StartsWith("sha256-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_registry_that_keeps_referrers_gets_no_tag_for_them()
    {
        using var registry = new TestRegistry { HasReferrers = true };
        using var client = registry.Client();
        var subject = Digest.Of("subject"u8);
        var manifest = Referrer(subject, 1);

        await client.PutReferrerAsync(subject, manifest, manifest.ToDescriptor(), CancellationToken.None);

        Assert.DoesNotContain(registry.Manifests.Keys, static key => key.StartsWith("sha256-", StringComparison.Ordinal));
    }

    private async Task<(Digest Subject, List<Digest> Referrers)> AddReferrersAsync()
    {
        var subject = Digest.Of("subject"u8);
        var referrers = new List<Digest>();
        for (var i = 0; i < 2; i++)
        {
            var manifest = Referrer(subject, i);
            referrers.Add(manifest.Digest);
            await _client.PutReferrerAsync(subject, manifest, manifest.ToDescriptor(), CancellationToken.None);
        }

        return (subject, referrers);
    }

    private static RawManifest Referrer(Digest subject, int number)
    {
        var empty = new Descriptor { MediaType = MediaTypes.OciEmpty, Digest = Digest.Of("{}"u8), Size = 2 };
        var manifest = new ImageManifest
        {
            MediaType = MediaTypes.OciManifest,
            ArtifactType = $"application/x-test-{number}",
            Config = empty,
            Layers = [empty],
            Subject = new Descriptor { MediaType = MediaTypes.OciManifest, Digest = subject, Size = 1 },
        };
        return new RawManifest(manifest.ToJson(), MediaTypes.OciManifest);
    }
}
