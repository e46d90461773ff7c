using System.Diagnostics;
using System.Net;

namespace Bld.Registry;

/// <summary>A document with its type, as its registry keeps it.</summary>
/// <param name="Content">Its bytes, which its digest is of.</param>
/// <param name="MediaType">What it is.</param>
public sealed record RawManifest(byte[] Content, string MediaType)
{
    /// <summary>The digest of the bytes.</summary>
    public Digest Digest { get; } = Digest.Of(Content);

    /// <summary>What others call it by.</summary>
    public Descriptor ToDescriptor() => new() { MediaType = MediaType, Digest = Digest, Size = Content.Length };
}

/// <summary>
/// One repository of a registry, by the OCI distribution-spec 1.1. Digests are verified on everything that comes in. Safe for several
/// threads. Its methods throw <see cref="RegistryException"/> with what was asked and answered.
/// </summary>
public sealed partial class RegistryClient : IDisposable
{
    private const int LargestManifest = 4 << 20;
    private static readonly string[] ManifestTypes =
        [MediaTypes.OciManifest, MediaTypes.OciIndex, MediaTypes.DockerManifest, MediaTypes.DockerList];

    private readonly RegistryName _name;
    private readonly RegistryOptions _options;
    private readonly RegistryConnection _connection;

    public RegistryClient(RegistryName name, RegistryOptions options)
    {
        _name = name;
        _options = options;
        _connection = new RegistryConnection(name, options);
    }

    /// <summary>The image that the client was made for.</summary>
    public RegistryName Name => _name;

    /// <summary>Whether registry and credentials are good.</summary>
    public async Task PingAsync(CancellationToken cancellation)
    {
        using var response = await _connection.SendAsync(
            new RegistryRequest(HttpMethod.Get, new Uri("/v2/", UriKind.Relative), ""), cancellation);
        await CheckAsync(response, cancellation);
    }

    /// <summary>A manifest by tag or digest.</summary>
    public async Task<RawManifest> GetManifestAsync(string reference, CancellationToken cancellation)
    {
        using var response = await SendManifestRequestAsync(HttpMethod.Get, reference, cancellation);
        await CheckAsync(response, cancellation);
        var content = await BoundedContent.ReadAsync(response, LargestManifest, $"the manifest of {_name}", _options.StallTimeout, cancellation);
        var manifest = new RawManifest(content, ManifestMediaType.Of(content, response.Content.Headers.ContentType?.MediaType, _name.ToString()));
        return Digest.TryParse(reference, out var digest) && digest.OfSameKind(content) is var actual && actual != digest
            ? throw new RegistryException($"{_name.Host} sent another manifest than {digest}: the digest of its content is {actual}")
            : manifest;
    }

    /// <summary>The digest of what a tag points to; null when there is nothing, or the registry doesn't say.</summary>
    public async Task<Digest?> FindManifestAsync(string reference, CancellationToken cancellation)
    {
        using var response = await SendManifestRequestAsync(HttpMethod.Head, reference, cancellation);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        await CheckAsync(response, cancellation);
        return response.Headers.TryGetValues("Docker-Content-Digest", out var values) && Digest.TryParse(values.FirstOrDefault(), out var digest)
            ? digest
            : null;
    }

    /// <summary>
    /// Whether a reference means this manifest already. Asked with the right to push, so that what follows needs no other token; where
    /// the answer isn't a clear yes it is no.
    /// </summary>
    public async Task<bool> HasManifestAsync(string reference, Digest digest, CancellationToken cancellation)
    {
        using var response = await SendManifestRequestAsync(HttpMethod.Head, reference, cancellation, Push);
        return response.StatusCode == HttpStatusCode.OK
            && response.Headers.TryGetValues("Docker-Content-Digest", out var values) && values.FirstOrDefault() == digest.ToString();
    }

    /// <summary>Publishes a manifest. The registry must have its blobs; where it says that it doesn't see them yet, it is asked again.</summary>
    public async Task PutManifestAsync(string reference, RawManifest manifest, CancellationToken cancellation)
    {
        for (var failures = 0; ;)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                await PutManifestOnceAsync(reference, manifest, cancellation);
                return;
            }
            catch (RegistryException exception) when (exception is { IsPassing: true, Status: { } status } && !PassingFailure.Is(status) && failures < _options.Retries)
            {
                var pause = _options.PauseBefore(failures);
                _options.Tell(exception.Message, failures++, Stopwatch.GetElapsedTime(started), pause);
                await Task.Delay(pause, cancellation);
            }
        }
    }

    /// <summary>Removes a manifest (by digest) or a tag.</summary>
    public async Task DeleteManifestAsync(string reference, CancellationToken cancellation)
    {
        using var response = await _connection.SendAsync(
            new RegistryRequest(HttpMethod.Delete, Path($"manifests/{reference}"), $"repository:{_name.Repository}:delete"), cancellation);
        await CheckAsync(response, cancellation);
    }

    /// <summary>A blob's bytes, verified while they are read; a broken connection is mended on the way.</summary>
    public async Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation)
    {
        var stream = new BlobStream((offset, token) => RequestBlobAsync(blob, offset, token), blob, _options, cancellation);
        await stream.StartAsync();
        return new VerifyingStream(stream, blob, _name.Host);
    }

    /// <summary>Whether the repository has a blob.</summary>
    public async Task<bool> HasBlobAsync(Digest digest, CancellationToken cancellation)
    {
        using var response = await _connection.SendAsync(new RegistryRequest(HttpMethod.Head, Path($"blobs/{digest}"), Push), cancellation);
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            await CheckAsync(response, cancellation);
        }

        return response.StatusCode == HttpStatusCode.OK;
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private string Pull => $"repository:{_name.Repository}:pull";

    private string Push => $"repository:{_name.Repository}:pull,push";

    private Uri Path(string path) => new($"/v2/{_name.Repository}/{path}", UriKind.Relative);

    private Task<HttpResponseMessage> SendManifestRequestAsync(HttpMethod method, string reference, CancellationToken cancellation, string? scope = null) =>
        _connection.SendAsync(
            new RegistryRequest(method, Path($"manifests/{reference}"), scope ?? Pull)
            {
                Headers = static headers =>
                {
                    foreach (var type in ManifestTypes)
                    {
                        headers.Accept.Add(new(type));
                    }
                },
            },
            cancellation);

    private async Task<HttpResponseMessage> RequestBlobAsync(Descriptor blob, long offset, CancellationToken cancellation)
    {
        var response = await _connection.SendAsync(
            new RegistryRequest(HttpMethod.Get, Path($"blobs/{blob.Digest}"), Pull) { Headers = headers => headers.Range = BlobStream.RangeFrom(offset) },
            cancellation);
        await CheckAsync(response, cancellation);
        return response;
    }

    private async Task PutManifestOnceAsync(string reference, RawManifest manifest, CancellationToken cancellation)
    {
        using var response = await _connection.SendAsync(
            new RegistryRequest(HttpMethod.Put, Path($"manifests/{reference}"), Push)
            {
                Content = () =>
                {
                    var body = new ByteArrayContent(manifest.Content);
                    body.Headers.ContentType = new(manifest.MediaType);
                    return body;
                },
            },
            cancellation);
        await CheckAsync(response, cancellation);
    }

    private async Task CheckAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (!response.IsSuccessStatusCode)
        {
            var error = await RegistryErrors.ReadAsync(response, _name, _connection.IsOwn(response), _options, cancellation);
            response.Dispose();
            throw error;
        }
    }
}
