namespace Bld.Registry.Tests;

/// <summary>Uploads, whole and broken.</summary>
public sealed class UploadTests : IDisposable
{
    private readonly TestRegistry _registry = new();
    private readonly RegistryClient _client;
    private int _tries;

    public UploadTests() => _client = _registry.Client();

    public void Dispose()
    {
        _client.Dispose();
        _registry.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(3_000_000)]
    public async Task A_blob_is_uploaded(int size)
    {
        var (blob, content) = Blob(size);

        await _client.UploadAsync(blob, () => new MemoryStream(content), CancellationToken.None);

        Assert.Equal(content, _registry.Blobs[blob.Digest.ToString()]);
        Assert.True(await _client.HasBlobAsync(blob.Digest, CancellationToken.None));
        Assert.False(await _client.HasBlobAsync(Digest.Of("other"u8), CancellationToken.None));
    }

    [Fact]
    public async Task A_broken_upload_goes_on_where_the_registry_says()
    {
        const int Kept = 1_000_000;
        var (blob, content) = Blob(3_000_000);
        _registry.Before = request =>
        {
            if (request.Method != "PATCH" || ++_tries > 1)
            {
                return null;
            }

            _registry.Keep(request.Path.Split('/')[^1], content[..Kept]);
            return TestReply.Reset;
        };

        await _client.UploadAsync(blob, () => new MemoryStream(content), CancellationToken.None);

        var second = _registry.Server.Requests.Last(static request => request.Method == "PATCH");
        Assert.Equal(content, _registry.Blobs[blob.Digest.ToString()]);
        Assert.Equal($"{Kept}-{content.Length - 1}", second.Header("content-range"));
        Assert.Equal(content.Length - Kept, second.Body.Length);
    }

    [Fact]
    public async Task An_upload_that_the_registry_has_forgotten_begins_anew()
    {
        var (blob, content) = Blob(3_000_000);
        _registry.Before = request => request.Method == "PATCH" && ++_tries == 1 ? TestReply.Empty(404)
            : request.Method == "GET" ? TestReply.Empty(404) : null;

        await _client.UploadAsync(blob, () => new MemoryStream(content), CancellationToken.None);

        Assert.Equal(content, _registry.Blobs[blob.Digest.ToString()]);
        Assert.Equal(2, _registry.Server.Requests.Count(static request => request.Method == "POST"));
    }

    [Fact]
    public async Task An_upload_whose_last_answer_was_lost_is_not_repeated()
    {
        var (blob, content) = Blob(1000);
        _registry.Before = request =>
        {
            if (request.Method != "PUT" || ++_tries > 1)
            {
                return null;
            }

            _registry.Blobs[blob.Digest.ToString()] = content;
            return TestReply.Reset;
        };

        await _client.UploadAsync(blob, () => new MemoryStream(content), CancellationToken.None);

        Assert.Equal(1, _tries);
    }

    [Fact]
    public async Task A_blob_is_uploaded_while_it_is_made()
    {
        var (blob, content) = Blob(3_000_000);

        var (digest, size) = await _client.UploadAsync(Path.GetTempPath(), Produce(content, blob.Digest), CancellationToken.None);

        Assert.Equal((blob.Digest, (long)content.Length), (digest, size));
        Assert.Equal(content, _registry.Blobs[blob.Digest.ToString()]);
    }

    [Fact]
    public async Task A_blob_that_was_being_made_when_the_connection_broke_is_not_made_again()
    {
        var (blob, content) = Blob(3_000_000);
        var made = 0;
        _registry.Before = request => request.Method == "PATCH" && ++_tries == 1 ? TestReply.Reset : null;

        await _client.UploadAsync(
            Path.GetTempPath(),
            target =>
            {
                made++;
                return Produce(content, blob.Digest)(target);
            },
            CancellationToken.None);

        Assert.Equal(1, made);
        Assert.Equal(content, _registry.Blobs[blob.Digest.ToString()]);
    }

    [Fact]
    public async Task A_failure_of_who_makes_the_blob_is_the_failure_of_the_upload()
    {
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => _client.UploadAsync(
            Path.GetTempPath(), static _ => throw new InvalidDataException("the layer is damaged"), CancellationToken.None));

        Assert.Equal("the layer is damaged", error.Message);
        Assert.Empty(_registry.Blobs);
    }

    [Fact]
    public async Task An_upload_that_always_breaks_ends_with_a_sentence()
    {
        var (blob, content) = Blob(3_000_000);
        _registry.Before = static request => request.Method == "PATCH" ? TestReply.Reset : null;

        var error = await Assert.ThrowsAsync<RegistryException>(() => _client.UploadAsync(blob, () => new MemoryStream(content), CancellationToken.None));

        // Which upload it gave up at doesn't matter: each try may begin another.
        Assert.Matches($"^cannot reach {_registry.Server.Host} for PATCH /v2/some/image/blobs/uploads/[0-9]+: ", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public async Task An_upload_that_stalls_goes_on()
    {
        var (blob, content) = Blob(3_000_000);
        _registry.Before = request =>
        {
            if (request.Method == "PATCH" && ++_tries == 1)
            {
                Thread.Sleep(TestRegistry.Options.StallTimeout * 3);
                return TestReply.Reset;
            }

            return null;
        };

        await _client.UploadAsync(blob, () => new MemoryStream(content), CancellationToken.None);

        Assert.Equal(content, _registry.Blobs[blob.Digest.ToString()]);
    }

    [Fact]
    public async Task A_refused_digest_is_told_with_the_registrys_code()
    {
        var (blob, content) = Blob(1000);
        var error = await Assert.ThrowsAsync<RegistryException>(() => _client.UploadAsync(
            blob with { Digest = Digest.Of("other"u8) }, () => new MemoryStream(content), CancellationToken.None));

        Assert.Contains("400 Reason (digest invalid: provided digest did not match uploaded content)", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("digest=", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_blob_of_a_neighbour_is_mounted()
    {
        var digest = Digest.Of("layer"u8);
        _registry.Before = static request => request.Method == "POST" ? TestReply.Empty(201) : null;

        Assert.True(await _client.TryMountAsync(digest, "other/image", CancellationToken.None));

        Assert.Equal($"/v2/some/image/blobs/uploads/?mount=sha256%3A{digest.Hex}&from=other%2Fimage", _registry.Server.Requests.Last().Target);
    }

    [Fact]
    public async Task A_registry_that_mounts_nothing_is_believed()
    {
        Assert.False(await _client.TryMountAsync(Digest.Of("layer"u8), "other/image", CancellationToken.None));
    }

    private static (Descriptor Descriptor, byte[] Content) Blob(int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        return (new Descriptor { MediaType = MediaTypes.OciLayer, Digest = Digest.Of(content), Size = size }, content);
    }

    private static Func<Stream, Digest> Produce(byte[] content, Digest digest) => target =>
    {
        for (var offset = 0; offset < content.Length; offset += 100_000)
        {
            target.Write(content.AsSpan(offset, Math.Min(100_000, content.Length - offset)));
        }

        return digest;
    };
}
