using System.Net.Sockets;

namespace Bld.Registry;

/// <summary>Docker's daemon behind its socket: gives and takes images as <c>docker save</c> and <c>docker load</c> do.</summary>
public sealed class DockerDaemon : IDisposable
{
    private const string UsualSocket = "/var/run/docker.sock";
    private readonly string _socket;
    private readonly HttpClient _http;

    public DockerDaemon()
    {
        _socket = SocketOf(Environment.GetEnvironmentVariable("DOCKER_HOST"));
        var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false, ConnectCallback = async (_, cancellation) => await ConnectAsync(cancellation) };
        _http = new HttpClient(handler) { BaseAddress = new Uri("http://docker"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Writes an image of the daemon into a file.</summary>
    /// <exception cref="RegistryException">The daemon isn't there or doesn't have it.</exception>
    public async Task SaveAsync(string name, string file, CancellationToken cancellation)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, $"/images/{Uri.EscapeDataString(name)}/get"), $"give the image {name}", cancellation);
        await using var target = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
        await response.Content.CopyToAsync(target, cancellation);
    }

    /// <summary>Gives the daemon what a file holds.</summary>
    /// <exception cref="RegistryException">The daemon isn't there or doesn't want it.</exception>
    public async Task LoadAsync(string file, CancellationToken cancellation)
    {
        await using var source = new FileStream(file, FileMode.Open, FileAccess.Read);
        var request = new HttpRequestMessage(HttpMethod.Post, "/images/load?quiet=1") { Content = new StreamContent(source, 1 << 17) };
        request.Content.Headers.ContentType = new("application/x-tar");
        using var response = await SendAsync(request, "load the image", cancellation);
        var answer = await response.Content.ReadAsStringAsync(cancellation);
        if (answer.Contains("\"errorDetail\"", StringComparison.Ordinal))
        {
            // It answers 200 first and says afterwards what went wrong.
            throw new RegistryException($"Docker's daemon at {_socket} could not load the image: {answer.ReplaceLineEndings(" ").Trim()}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static string SocketOf(string? host) => host switch
    {
        null or "" => UsualSocket,
        _ when host.StartsWith("unix://", StringComparison.Ordinal) => host["unix://".Length..],
        _ => throw new RegistryException($"docker-daemon: speaks to a local socket only, and DOCKER_HOST is {host}: use docker-archive: and docker load"),
    };

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string what, CancellationToken cancellation)
    {
        try
        {
            using (request)
            {
                var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
                if (response.IsSuccessStatusCode)
                {
                    return response;
                }

                using (response)
                {
                    var body = await BoundedContent.ReadAsync(response, 1 << 16, "the answer", TimeSpan.FromSeconds(30), cancellation);
                    var text = System.Text.Encoding.UTF8.GetString(body).ReplaceLineEndings(" ").Trim();
                    throw new RegistryException($"Docker's daemon at {_socket} did not {what}: {(int)response.StatusCode} {text}");
                }
            }
        }
        catch (HttpRequestException exception)
        {
            throw new RegistryException($"cannot reach Docker's daemon at {_socket}: {exception.InnerException?.Message ?? exception.Message}; is it running?", exception);
        }
    }

    private async Task<Stream> ConnectAsync(CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
