using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Bld.Registry.Tests;

/// <summary>What people hear while a registry is waited for.</summary>
public sealed class PatienceTests : IDisposable
{
    private readonly TestRegistry _registry = new();
    private readonly ConcurrentQueue<string> _told = [];

    public void Dispose() => _registry.Dispose();

    private RegistryOptions Options => TestRegistry.Options with { Report = _told.Enqueue };

    [Fact]
    public async Task A_server_that_accepts_and_never_answers_is_told_of_at_each_try()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var host = silent.LocalEndpoint.ToString()!;
        using var client = new RegistryClient(RegistryName.Parse($"{host}/some/image:tag"), Options with { Retries = 2 });

        var error = await Assert.ThrowsAsync<RegistryException>(() => client.PingAsync(CancellationToken.None));

        Assert.Contains("nothing was heard for 0.5 seconds", error.Message, StringComparison.Ordinal);
        Assert.Equal(
            [$"GET {host}/v2/: nothing was heard for 0.5 seconds; trying again (1 of 2)", $"GET {host}/v2/: nothing was heard for 0.5 seconds; trying again (2 of 2)"],
            _told);
    }

    [Fact]
    public async Task A_pause_that_the_registry_asks_for_is_told()
    {
        var tries = 0;
        _registry.Before = _ => ++tries == 1 ? TestReply.Empty(503) with { Headers = new() { ["Retry-After"] = "1" } } : null;
        using var client = _registry.Client(Options);

        await client.PingAsync(CancellationToken.None);

        Assert.Equal([$"GET {_registry.Server.Host}/v2/: 503 Reason; trying again in 1 s (1 of 3)"], _told);
    }

    [Fact]
    public async Task A_stalled_download_is_told_of_and_a_broken_one_that_goes_on_at_once_is_not()
    {
        var (blob, content) = _registry.AddBlob(300_000);
        var tries = 0;
        _registry.Before = request => ++tries switch
        {
            1 => TestRegistry.Range(request, content) with { ResetAfter = 50_000 },
            2 => TestRegistry.Range(request, content) with { StallAfter = 50_000 },
            _ => null,
        };
        using var client = _registry.Client(Options with { StallTimeout = TimeSpan.FromSeconds(2) });
        await using var stream = await client.OpenBlobAsync(blob, CancellationToken.None);
        using var all = new MemoryStream();

        await stream.CopyToAsync(all);

        Assert.Equal(content, all.ToArray());
        Assert.StartsWith($"the download of {blob.Digest} broke off at byte ", Assert.Single(_told), StringComparison.Ordinal);
    }
}
