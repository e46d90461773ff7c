using System.Net;
using System.Net.Http.Headers;

namespace Bld.Registry;

/// <summary>
/// The way to one registry: HTTPS or plain HTTP, authorization, redirects. Credentials go to the registry's own host only.
/// </summary>
internal sealed class RegistryConnection : IDisposable
{
    private const int MostRedirects = 8;

    private readonly RegistryName _name;
    private readonly RegistryOptions _options;
    private readonly HttpClient _http;
    private readonly Authorizer _authorizer;
    private readonly TlsPolicy _tls;
    private readonly SemaphoreSlim _probing = new(1);
    private Uri? _base;

    internal RegistryConnection(RegistryName name, RegistryOptions options)
    {
        _name = name;
        _options = options;
        _tls = new TlsPolicy(name, options);
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.StallTimeout < TimeSpan.FromSeconds(30) ? options.StallTimeout : TimeSpan.FromSeconds(30),
            UseCookies = false,
            UseProxy = !name.IsLoopback,
            SslOptions = _tls.ToClientOptions(),
        };
        _http = new HttpClient(new RetryingHandler(handler, options)) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("bld", null));
        _authorizer = new Authorizer(_http, name, options);
    }

    /// <summary>Sends a request and gives the answer, whatever it is, once its headers are there.</summary>
    /// <exception cref="RegistryException">There is no answer.</exception>
    internal async Task<HttpResponseMessage> SendAsync(RegistryRequest request, CancellationToken cancellation)
    {
        try
        {
            var origin = await BaseAsync(cancellation);
            var authorization = _authorizer.Known(request.Scope);
            var response = await FollowAsync(request, origin, authorization, cancellation);

            // Whoever a redirect leads to must not say where the registry's credentials go (CVE-2020-15157).
            if (response.StatusCode != HttpStatusCode.Unauthorized || response.Headers.WwwAuthenticate.Count == 0 || !IsOwn(response)
                || await _authorizer.AnswerAsync(response, request.Scope, authorization, cancellation) is not { } answer)
            {
                return response;
            }

            response.Dispose();
            return await FollowAsync(request, origin, answer, cancellation);
        }
        catch (HttpRequestException exception)
        {
            throw Unreachable(exception, request);
        }
    }

    /// <summary>Whether an answer is the registry's, not that of another host to which it has redirected.</summary>
    internal bool IsOwn(HttpResponseMessage response) =>
        _base is { } origin && response.RequestMessage?.RequestUri is { } target && IsOwn(target, origin);

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _authorizer.Dispose();
        _tls.Dispose();
        _probing.Dispose();
    }

    private RegistryException Unreachable(HttpRequestException exception, RegistryRequest request)
    {
        var reason = exception.HttpRequestError is HttpRequestError.SecureConnectionError
            ? _tls.Complaint ?? $"no TLS connection can be made ({exception.InnerException?.Message.TrimEnd('.')}); where it speaks plain HTTP allow that by --tls-verify=false, or by insecure in registries.conf"
            : exception.InnerException is { } inner and not OperationCanceledException && !exception.Message.Contains(inner.Message, StringComparison.Ordinal) ? $"{exception.Message.TrimEnd('.')}: {inner.Message}" : exception.Message;

        // The path only: queries hold signatures.
        var path = (request.Target.IsAbsoluteUri ? request.Target.AbsolutePath : request.Target.OriginalString).Split('?')[0];
        return new RegistryException($"cannot reach {_name.Host} for {request.Method} {path}: {reason.TrimEnd('.')}", exception) { IsPassing = true };
    }

    private async Task<HttpResponseMessage> FollowAsync(
        RegistryRequest request, Uri origin, AuthenticationHeaderValue? authorization, CancellationToken cancellation)
    {
        var target = new Uri(origin, request.Target);
        for (var redirects = 0; ; redirects++)
        {
            var message = request.ToMessage(target);
            message.Headers.Authorization = IsOwn(target, origin) ? authorization : null;
            var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
            {
                return response;
            }

            response.Dispose();
            if (redirects == MostRedirects)
            {
                throw new RegistryException($"{_name.Host} redirects {request.Method} {target.AbsolutePath} without end");
            }

            var next = new Uri(target, location);
            if (next.Scheme is not ("https" or "http") || (target.Scheme == "https" && next.Scheme == "http" && !_tls.AllowsPlain))
            {
                throw new RegistryException($"{_name.Host} redirects {request.Method} {target.AbsolutePath} to {next.Scheme}://{next.Authority}, which is not secure");
            }

            target = next;
        }
    }

    private static bool IsOwn(Uri target, Uri origin) => target.Scheme == origin.Scheme && target.Authority == origin.Authority;

    /// <summary>Finds out how the registry speaks; only where plain HTTP may be, is it asked.</summary>
    private async ValueTask<Uri> BaseAsync(CancellationToken cancellation)
    {
        if (_base is { } known)
        {
            return known;
        }

        if (!_tls.AllowsPlain)
        {
            return _base = new Uri($"https://{_name.ApiHost}");
        }

        await _probing.WaitAsync(cancellation);
        try
        {
            return _base ??= new Uri($"{(await SpeaksTlsAsync(cancellation) ? "https" : "http")}://{_name.ApiHost}");
        }
        finally
        {
            _probing.Release();
        }
    }

    private async Task<bool> SpeaksTlsAsync(CancellationToken cancellation)
    {
        var place = new Uri($"https://{_name.ApiHost}");
        var patience = TimeSpan.FromSeconds(Math.Min(10, _options.StallTimeout.TotalSeconds));
        if ((_name.IsLoopback || HttpClient.DefaultProxy.IsBypassed(place))
            && await TlsProbe.AskAsync(place.DnsSafeHost, place.Port, patience, cancellation) is var first and (TlsProbe.Alert or TlsProbe.Handshake or (byte)'H'))
        {
            return first != 'H';
        }

        // Not through the retrying handler: a failure here is an answer.
        using var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(5),
            UseProxy = !_name.IsLoopback,
            SslOptions = _tls.ToClientOptions(),
            AllowAutoRedirect = false,
        };
        using var probe = new HttpClient(handler) { Timeout = patience };
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(place, "/v2/"));
            using var response = await probe.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            return true;
        }
        catch (HttpRequestException) when (_tls.SawCertificate)
        {
            return true;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return false;
        }
    }
}
