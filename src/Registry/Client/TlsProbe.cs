using System.Net.Sockets;

namespace Bld.Registry;

/// <summary>
/// Finds out whether a port speaks TLS by the first byte of its answer to a greeting that no server can go on with. It costs one round
/// trip; an attempt in earnest would load and set up all of TLS, which takes longer than a whole push of what is there already.
/// </summary>
internal static class TlsProbe
{
    /// <summary>The first byte of an alert.</summary>
    internal const int Alert = 0x15;

    /// <summary>The first byte of a handshake.</summary>
    internal const int Handshake = 0x16;

    // RFC 5246, 7.4.1.2: a ClientHello with one cipher suite, whose random number ends with an empty line, so that a server of plain
    // HTTP, which reads lines, answers as well.
    private static ReadOnlyMemory<byte> Hello { get; } = new byte[]
    {
        Handshake, 3, 1, 0, 45, 1, 0, 0, 41, 3, 3,
        1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 0x0d, 0x0a, 0x0d, 0x0a,
        0, 0, 2, 0xc0, 0x2f, 1, 0,
    };

    /// <summary>The first byte of the answer; -1 when there is none.</summary>
    internal static async Task<int> AskAsync(string host, int port, TimeSpan patience, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(host, port, limit.Token);
            await socket.SendAsync(Hello, limit.Token);
            var first = new byte[1];
            return await socket.ReceiveAsync(first, limit.Token) == 0 ? -1 : first[0];
        }
        catch (Exception exception) when (exception is SocketException || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return -1;
        }
    }
}
