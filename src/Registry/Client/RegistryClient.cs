using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Bld.Registry;

/// <summary>How a registry is spoken to.</summary>
/// <param name="VerifiesTls">Whether its certificate must be good; false allows plain HTTP too.</param>
/// <param name="AuthFile">The credentials file; null for the usual places.</param>
/// <param name="Credentials">Credentials that the user gave for this call; null looks them up.</param>
public sealed record RegistryOptions(bool VerifiesTls = true, string? AuthFile = null, Credentials? Credentials = null);

/// <summary>A document with its type, as its registry keeps it.</summary>
public sealed record RawManifest(byte[] Content, string MediaType);

/// <summary>
/// One repository of a registry, by the OCI distribution-spec 1.1. Digests are verified on everything that comes in; credentials
/// go to the registry's host only.
/// </summary>
public sealed class RegistryClient : IDisposable
{
    private const int LargestManifest = 4 << 20;
    private static readonly string[] ManifestTypes =
        [MediaTypes.OciManifest, MediaTypes.OciIndex, MediaTypes.DockerManifest, MediaTypes.DockerList];

    private readonly RegistryName _name;
    private readonly RegistryOptions _options;
    private readonly HttpClient _http;
    private Uri? _base;
    private AuthenticationHeaderValue? _authorization;

    public RegistryClient(RegistryName name, RegistryOptions options)
    {
        _name = name;
        _options = options;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(30),
        };
        if (!options.VerifiesTls)
        {
#pragma warning disable CA5359 // the user said --tls-verify=false
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        _http = new HttpClient(new RetryingHandler(handler)) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("bld");
    }

    /// <summary>The manifest of the name that the client was made for.</summary>
    public Task<RawManifest> GetManifestAsync(CancellationToken cancellation) => GetManifestAsync(_name.Reference, cancellation);

    /// <summary>A manifest by tag or digest.</summary>
    public async Task<RawManifest> GetManifestAsync(string reference, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Get, Url($"manifests/{reference}"));
                foreach (var type in ManifestTypes)
                {
                    request.Headers.Accept.ParseAdd(type);
                }

                return request;
            },
            "pull",
            cancellation);
        await CheckAsync(response, cancellation);
        var content = await ReadBoundedAsync(response, cancellation);
        if (Digest.TryParse(reference, out var digest) && Digest.Of(content) != digest)
        {
            throw new RegistryException($"{_name.Host} sent another manifest than {digest}: its content is {Digest.Of(content)}");
        }

        var type = response.Content.Headers.ContentType?.MediaType ?? MediaTypes.OciManifest;
        return type.Contains("v1+prettyjws", StringComparison.Ordinal) || type == "application/vnd.docker.distribution.manifest.v1+json"
            ? throw new RegistryException($"{_name} has a manifest of Docker's schema 1, which nothing supports any more; push it again with a newer program")
            : new RawManifest(content, type);
    }

    /// <summary>A blob's bytes as they come; who reads them verifies them.</summary>
    public async Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation)
    {
        var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, Url($"blobs/{blob.Digest}")), "pull", cancellation);
        await CheckAsync(response, cancellation);
        return await response.Content.ReadAsStreamAsync(cancellation);
    }

    /// <summary>Whether the repository has a blob.</summary>
    public async Task<bool> HasBlobAsync(Digest digest, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Head, Url($"blobs/{digest}")), "pull,push", cancellation);
        return response.StatusCode == HttpStatusCode.OK;
    }

    /// <summary>Uploads a blob of known digest and length. The content is opened anew when a try fails.</summary>
    public async Task PutBlobAsync(Digest digest, long size, Func<Stream> open, CancellationToken cancellation)
    {
        using var start = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, Url("blobs/uploads/")) { Content = new ByteArrayContent([]) }, "pull,push", cancellation);
        await CheckAsync(start, cancellation);
        var location = Resolve(start.Headers.Location ?? throw new RegistryException($"{_name.Host} gave no place to upload to"));
        var separator = location.Query.Length > 0 ? '&' : '?';
        var target = new Uri($"{location}{separator}digest={Uri.EscapeDataString(digest.ToString())}");
        using var response = await SendAsync(
            () =>
            {
                var content = new StreamContent(open(), 1 << 17);
                content.Headers.ContentLength = size;
                content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                return new HttpRequestMessage(HttpMethod.Put, target) { Content = content };
            },
            "pull,push",
            cancellation);
        await CheckAsync(response, cancellation);
    }

    /// <summary>Publishes a manifest under the name that the client was made for.</summary>
    public async Task PutManifestAsync(byte[] content, string mediaType, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            () =>
            {
                var body = new ByteArrayContent(content);
                body.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
                return new HttpRequestMessage(HttpMethod.Put, Url($"manifests/{_name.Reference}")) { Content = body };
            },
            "pull,push",
            cancellation);
        await CheckAsync(response, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private Uri Url(string path) => new(Base, $"/v2/{_name.Repository}/{path}");

    private Uri Base => _base ??= new Uri($"{(_name.IsLoopback ? "http" : "https")}://{_name.ApiHost}");

    private Uri Resolve(Uri location) => location.IsAbsoluteUri ? location : new Uri(Base, location);

    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, string scope, CancellationToken cancellation)
    {
        try
        {
            var response = await FollowAsync(make, cancellation);
            if (response.StatusCode != HttpStatusCode.Unauthorized || response.Headers.WwwAuthenticate.Count == 0)
            {
                return response;
            }

            _authorization = await new Challenge(_http, _name, _options).AnswerAsync(response, scope, cancellation);
            response.Dispose();
            return await FollowAsync(make, cancellation);
        }
        catch (HttpRequestException exception)
        {
            throw new RegistryException($"cannot reach {_name.Host}: {exception.InnerException?.Message ?? exception.Message}", exception);
        }
    }

    private async Task<HttpResponseMessage> FollowAsync(Func<HttpRequestMessage> make, CancellationToken cancellation)
    {
        const int MostRedirects = 5;
        var request = make();
        for (var redirects = 0; ; redirects++)
        {
            // Credentials are the registry's own: a redirect to another host goes without.
            request.Headers.Authorization = request.RequestUri!.Authority == Base.Authority ? _authorization : null;
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location
                || request.Method == HttpMethod.Post)
            {
                return response;
            }

            response.Dispose();
            if (redirects == MostRedirects)
            {
                throw new RegistryException($"{_name.Host} redirects without end");
            }

            request = new HttpRequestMessage(request.Method, location.IsAbsoluteUri ? location : new Uri(request.RequestUri!, location));
        }
    }

    private async Task<byte[]> ReadBoundedAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        using var content = new MemoryStream();
        var buffer = new byte[65536];
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellation)) > 0)
        {
            await content.WriteAsync(buffer.AsMemory(0, count), cancellation);
            if (content.Length > LargestManifest)
            {
                throw new RegistryException($"the manifest of {_name} is larger than {LargestManifest} bytes; it is refused");
            }
        }

        return content.ToArray();
    }

    private async Task CheckAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var status = (int)response.StatusCode;
        var code = ErrorCode(await response.Content.ReadAsStringAsync(cancellation));
        var method = response.RequestMessage?.Method.Method ?? "";
        var path = response.RequestMessage?.RequestUri?.AbsolutePath ?? "";
        var hint = status switch
        {
            401 or 403 => $"; log in with bld login {_name.Host}",
            404 => $"; there is no {_name}, or you may not see it",
            429 => "; the registry wants fewer requests: try again later",
            _ => "",
        };
        throw new RegistryException($"{method} {_name.Host}{path}: {status} {response.ReasonPhrase}{code}{hint}");
    }

    private static string ErrorCode(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var first = document.RootElement.GetProperty("errors")[0];
            return $" ({first.GetProperty("code").GetString()}: {first.GetProperty("message").GetString()})";
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            return "";
        }
    }
}
