using System.Collections.Concurrent;

namespace Bld.Registry.Tests;

/// <summary>A registry in memory behind a real server: what the distribution-spec asks for, and what a test makes of it.</summary>
internal sealed class TestRegistry : IDisposable
{
    private readonly ConcurrentDictionary<string, List<byte>> _uploads = new(StringComparer.Ordinal);
    private int _uploadNumber;

    public TestRegistry() => Server = new TestServer(request => Before?.Invoke(request) ?? Answer(request));

    public TestServer Server { get; }

    /// <summary>Asked first; null leaves the request to the registry.</summary>
    public Func<TestRequest, TestReply?>? Before { get; set; }

    public ConcurrentDictionary<string, byte[]> Blobs { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<string, (string Type, byte[] Content)> Manifests { get; } = new(StringComparer.Ordinal);

    public bool HasReferrers { get; init; }

    /// <summary>Bytes of uploads that were sent but not finished.</summary>
    public int Unfinished => _uploads.Values.Sum(static upload => upload.Count);

    /// <summary>What tests ask with: quick to lose patience.</summary>
    public static RegistryOptions Options { get; } = new()
    {
        StallTimeout = TimeSpan.FromMilliseconds(500),
        RetryDelay = TimeSpan.FromMilliseconds(10),
        Retries = 3,
        AuthFile = "/dev/null",
    };

    public RegistryClient Client(RegistryOptions? options = null, string image = "some/image:tag") =>
        new(RegistryName.Parse($"{Server.Host}/{image}"), options ?? Options);

    /// <summary>Puts a blob of pseudo-random bytes there.</summary>
    public (Descriptor Descriptor, byte[] Content) AddBlob(int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        var descriptor = new Descriptor { MediaType = MediaTypes.OciLayer, Digest = Digest.Of(content), Size = size };
        Blobs[descriptor.Digest.ToString()] = content;
        return (descriptor, content);
    }

    /// <summary>A blob's answer from where the request wants it.</summary>
    public static TestReply Range(TestRequest request, byte[] content) => request.RangeStart is { } start
        ? new TestReply(206, content[(int)start..]) { Headers = { ["Content-Range"] = $"bytes {start}-{content.Length - 1}/{content.Length}" } }
        : new TestReply(200, content);

    public void Dispose() => Server.Dispose();

    private TestReply Answer(TestRequest request)
    {
        var parts = request.Path.Split('/');
        return request.Path == "/v2/" ? TestReply.Text(200, "{}")
            : request.Path.Contains("/blobs/uploads/", StringComparison.Ordinal) ? Upload(request, parts[^1])
            : parts[^2] == "blobs" ? Blobs.TryGetValue(parts[^1], out var blob) ? Range(request, blob) : TestReply.Empty(404)
            : parts[^2] == "manifests" ? Manifest(request, parts[^1])
            : TestReply.Text(404, """{"errors":[{"code":"UNSUPPORTED","message":"no such thing"}]}""");
    }

    private TestReply Manifest(TestRequest request, string reference)
    {
        if (request.Method == "PUT")
        {
            var stored = (request.Header("content-type")!, request.Body);
            Manifests[reference] = stored;
            Manifests[Digest.Of(request.Body).ToString()] = stored;
            return new TestReply(201, []) { Headers = HasReferrers && ImageManifest.Parse(request.Body).Subject is { } subject ? new() { ["OCI-Subject"] = subject.Digest.ToString() } : [] };
        }

        if (request.Method == "DELETE")
        {
            return Manifests.TryRemove(reference, out _) ? TestReply.Empty(202) : TestReply.Empty(404);
        }

        return Manifests.TryGetValue(reference, out var found)
            ? new TestReply(200, found.Content) { Headers = { ["Content-Type"] = found.Type, ["Docker-Content-Digest"] = Digest.Of(found.Content).ToString() } }
            : TestReply.Text(404, """{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}""");
    }

    private TestReply Upload(TestRequest request, string last)
    {
        if (request.Method == "POST")
        {
            var id = $"{Interlocked.Increment(ref _uploadNumber)}";
            _uploads[id] = [];
            return Accepted(request, id, 202);
        }

        if (!_uploads.TryGetValue(last, out var upload))
        {
            return TestReply.Text(404, """{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"unknown"}]}""");
        }

        if (request.Method == "GET")
        {
            return Accepted(request, last, 204);
        }

        if (request.Header("content-range") is { } range && range.Split('-')[0] != $"{upload.Count}")
        {
            return TestReply.Empty(416);
        }

        upload.AddRange(request.Body);
        return request.Method == "PATCH" ? Accepted(request, last, 202) : Finish(request, last, [.. upload]);
    }

    private TestReply Finish(TestRequest request, string id, byte[] content)
    {
        var digest = Uri.UnescapeDataString(request.Target[(request.Target.IndexOf("digest=", StringComparison.Ordinal) + 7)..]);
        _uploads.TryRemove(id, out _);
        if (Digest.Of(content).ToString() != digest)
        {
            return TestReply.Text(400, """{"errors":[{"code":"DIGEST_INVALID","message":"provided digest did not match uploaded content"}]}""");
        }

        Blobs[digest] = content;
        return TestReply.Empty(201);
    }

    private TestReply Accepted(TestRequest request, string id, int status) => new(status, [])
    {
        Headers =
        {
            ["Location"] = $"{string.Join('/', request.Path.Split('/')[..^1])}/{id}",
            ["Range"] = $"0-{Math.Max(0, _uploads[id].Count - 1)}",
        },
    };

    /// <summary>Puts a part of a broken request's body into its upload, as a registry does that streams.</summary>
    public void Keep(string id, byte[] part) => _uploads[id].AddRange(part);
}
