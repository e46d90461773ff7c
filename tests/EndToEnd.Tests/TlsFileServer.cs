using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Bld.EndToEnd.Tests;

/// <summary>An HTTPS server that answers every request with one text, after it was busy a number of times.</summary>
internal sealed class TlsFileServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate = LoopbackCertificate.Make();
    private readonly string _content;
    private int _busy;
    private int _requests;

    internal TlsFileServer(string content)
    {
        _content = content;
        _listener.Start();
        Address = $"https://{_listener.LocalEndpoint}";
        _ = ServeAsync();
    }

    internal string Address { get; }

    /// <summary>Number of requests since <see cref="BeBusy"/>.</summary>
    internal int Requests => Volatile.Read(ref _requests);

    /// <summary>What clients have to trust.</summary>
    internal string Pem => _certificate.ExportCertificatePem();

    /// <summary>Answers the next requests with 503.</summary>
    internal void BeBusy(int times) => (_busy, _requests) = (times, 0);

    public void Dispose()
    {
        _listener.Dispose();
        _certificate.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await AnswerAsync(client);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        try
        {
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsServerAsync(_certificate);
            if (await tls.ReadAsync(new byte[4096]) == 0)
            {
                return;
            }

            var isBusy = Interlocked.Increment(ref _requests) <= Volatile.Read(ref _busy);
            var body = isBusy ? "" : _content;
            await tls.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {(isBusy ? "503 Busy" : "200 OK")}\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            // A client that didn't like the certificate.
            return;
        }
    }
}
