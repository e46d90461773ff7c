namespace Bld.Registry.Tests;

/// <summary>Blobs from registries and over networks that misbehave.</summary>
public sealed class DownloadTests : IDisposable
{
    private const int Size = 300_000;
    private readonly TestRegistry _registry = new();
    private readonly RegistryClient _client;
    private readonly Descriptor _blob;
    private readonly byte[] _content;
    private int _tries;

    public DownloadTests()
    {
        (_blob, _content) = _registry.AddBlob(Size);
        _client = _registry.Client();
    }

    public void Dispose()
    {
        _client.Dispose();
        _registry.Dispose();
    }

    [Fact]
    public async Task A_blob_goes_on_where_the_connection_broke()
    {
        _registry.Before = request => ++_tries == 1 ? TestRegistry.Range(request, _content) with { ResetAfter = 100_000 } : null;

        Assert.Equal(_content, await ReadAsync());
        Assert.True(_registry.Server.Requests.Last().RangeStart is > 0 and <= 100_000);
    }

    [Fact]
    public async Task A_blob_of_a_registry_without_ranges_goes_on_too()
    {
        _registry.Before = _ => new TestReply(200, _content) { ResetAfter = ++_tries == 1 ? 100_000 : null };

        Assert.Equal(_content, await ReadAsync());
        Assert.Equal(2, _tries);
    }

    [Fact]
    public async Task A_registry_that_resets_every_connection_once_is_borne()
    {
        _registry.Before = request => request.Number % 2 == 1 ? TestReply.Reset : TestRegistry.Range(request, _content) with { ResetAfter = 120_000 };

        Assert.Equal(_content, await ReadAsync());
    }

    [Fact]
    public async Task Answers_500_every_third_time_are_borne()
    {
        _registry.Before = request => request.Number % 3 == 1 ? TestReply.Empty(500) : TestRegistry.Range(request, _content) with { ResetAfter = 150_000 };

        Assert.Equal(_content, await ReadAsync());
    }

    [Fact]
    public async Task A_stalled_download_goes_on_on_another_connection()
    {
        _registry.Before = request => ++_tries == 1 ? TestRegistry.Range(request, _content) with { StallAfter = 100_000 } : null;

        Assert.Equal(_content, await ReadAsync());
    }

    [Fact]
    public async Task A_download_that_always_stalls_ends_with_a_sentence()
    {
        _registry.Before = request => TestRegistry.Range(request, _content) with { StallAfter = 0 };

        var error = await Assert.ThrowsAsync<RegistryException>(ReadAsync);

        Assert.Equal($"the download of {_blob.Digest} broke off at byte 0 of {Size}: nothing was heard for 0.5 seconds; tried 4 times", error.Message);
    }

    [Fact]
    public async Task A_blob_that_is_always_cut_short_is_refused()
    {
        _registry.Before = _ => new TestReply(200, _content[..1000]) { SaidLength = Size };

        var error = await Assert.ThrowsAsync<RegistryException>(ReadAsync);

        Assert.StartsWith($"the download of {_blob.Digest} broke off at byte 1000 of {Size}: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_blob_of_another_digest_is_refused()
    {
        var other = _content.ToArray();
        other[Size - 1] ^= 1;
        _registry.Before = _ => new TestReply(200, other);

        var error = await Assert.ThrowsAsync<RegistryException>(ReadAsync);

        Assert.Contains("is damaged: its digest is sha256:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endless_blob_is_refused_as_soon_as_it_is_too_long()
    {
        _registry.Before = _ => new TestReply(200, _content) { IsEndless = true };

        var error = await Assert.ThrowsAsync<RegistryException>(ReadAsync);

        Assert.Equal($"{_registry.Server.Host} sent more than the {Size} bytes that {_blob.Digest} has", error.Message);
        Assert.True(_registry.Server.Sent < 100 * (long)Size, "reading stopped");
    }

    [Fact]
    public async Task A_missing_blob_is_told_with_method_status_and_what_to_do()
    {
        _registry.Blobs.Clear();

        var error = await Assert.ThrowsAsync<RegistryException>(ReadAsync);

        Assert.StartsWith($"GET {_registry.Server.Host}/v2/some/image/blobs/{_blob.Digest}: 404 ", error.Message, StringComparison.Ordinal);
        Assert.Contains($"bld login {_registry.Server.Host}", error.Message, StringComparison.Ordinal);
    }

    private async Task<byte[]> ReadAsync()
    {
        await using var stream = await _client.OpenBlobAsync(_blob, CancellationToken.None);
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }
}
