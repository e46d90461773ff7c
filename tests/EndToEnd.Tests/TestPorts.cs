using System.Net;
using System.Net.Sockets;

namespace Bld.EndToEnd.Tests;

/// <summary>
/// Ports for servers that are told theirs. Below the range that the kernel gives to outgoing connections, and each once in this process: a
/// port that was only looked at and closed again would be taken by a test beside now and then.
/// </summary>
internal static class TestPorts
{
    private const int First = 20_000;
    private const int Count = 12_000;

    private static int s_next = Random.Shared.Next(Count);

    /// <summary>A port of the loopback address that nobody listens at.</summary>
    internal static int Next()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref s_next) % Count);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                continue;
            }
        }
    }
}
