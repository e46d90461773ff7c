using System.Net;
using System.Net.Sockets;

namespace Bld.EndToEnd.Tests;

/// <summary>A server that answers every request with 503 and asks to come again in a second.</summary>
internal sealed class BusyServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private int _requests;

    internal BusyServer()
    {
        _listener.Start();
        Host = _listener.LocalEndpoint.ToString()!;
        _ = ServeAsync();
    }

    internal string Host { get; }

    /// <summary>Number of requests; greetings of TLS are none.</summary>
    internal int Requests => Volatile.Read(ref _requests);

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                var stream = client.GetStream();
                var buffer = new byte[4096];
                if (await stream.ReadAsync(buffer) > 0 && buffer[0] is (byte)'G' or (byte)'H')
                {
                    Interlocked.Increment(ref _requests);
                }

                await stream.WriteAsync("HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or IOException)
        {
            // The test is over.
        }
    }
}
