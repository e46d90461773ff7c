using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Cgroups.Systemd;

/// <summary>
/// A connection to a service manager's own socket, which speaks D-Bus without a bus between: no name to ask for, no other program
/// that has to run.
/// </summary>
internal sealed class BusConnection : IDisposable
{
    private const int Patience = 30_000;
    private const string Manager = "org.freedesktop.systemd1";
    private readonly SafeFileHandle _socket;
    private readonly Queue<BusMessage> _signals = new();
    private uint _serial;

    private BusConnection(SafeFileHandle socket) => _socket = socket;

    /// <summary>Connects, and says who this is (D-Bus specification, EXTERNAL).</summary>
    /// <exception cref="ContainerException">Nobody answers there, or not to us.</exception>
    internal static BusConnection Open(string path)
    {
        BusConnection? connection = null;
        try
        {
            connection = new BusConnection(SocketCalls.Connect(path));
            connection.Authenticate();
            return connection;
        }
        catch (Exception exception) when (exception is LinuxException or InvalidDataException)
        {
            connection?.Dispose();
            throw new ContainerException(
                $"the systemd driver for cgroups can't reach systemd at {path}: {exception.Message}; use cgroupfs (--cgroup-manager cgroupfs)", "cgroup", path);
        }
    }

    /// <summary>Calls a method of the manager and waits for its answer.</summary>
    /// <exception cref="ContainerException">It refused.</exception>
    internal BusMessage Call(string path, string @interface, string member, string signature, BusWriter body)
    {
        var serial = ++_serial;
        SocketCalls.SendAll(_socket, BusMessage.Call(serial, Manager, path, @interface, member, signature, body));
        while (true)
        {
            var message = Receive();
            switch (message.Kind)
            {
                case BusMessageKind.Return when message.ReplyTo == serial:
                    return message;
                case BusMessageKind.Error when message.ReplyTo == serial:
                    var reason = message.Body.IsEmpty ? message.ErrorName : message.Read().Text();
                    throw new ContainerException($"systemd: {member}: {reason}", "cgroup", member);
                case BusMessageKind.Signal:
                    _signals.Enqueue(message);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>The next signal.</summary>
    internal BusMessage NextSignal()
    {
        while (_signals.Count == 0)
        {
            if (Receive() is { Kind: BusMessageKind.Signal } signal)
            {
                _signals.Enqueue(signal);
            }
        }

        return _signals.Dequeue();
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    // The server takes the user's number from the socket: it is right in any user namespace.
    private void Authenticate()
    {
        SocketCalls.SendAll(_socket, "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"u8);
        var answer = new StringBuilder();
        Span<byte> next = stackalloc byte[1];
        for (var lines = 0; lines < 2;)
        {
            ReceiveAll(next);
            answer.Append((char)next[0]);
            lines += next[0] == (byte)'\n' ? 1 : 0;
        }

        if (!answer.ToString().Contains("OK ", StringComparison.Ordinal))
        {
            throw new InvalidDataException("it doesn't let this user in");
        }
    }

    private BusMessage Receive()
    {
        var header = new byte[BusMessage.FixedHeader];
        ReceiveAll(header);
        var message = new byte[BusMessage.Length(header)];
        header.CopyTo(message, 0);
        ReceiveAll(message.AsSpan(header.Length));
        return BusMessage.Parse(message);
    }

    private void ReceiveAll(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (!SocketCalls.WaitReadable(_socket, Patience))
            {
                throw new InvalidDataException($"no answer in {Patience / 1000} seconds");
            }

            var count = SocketCalls.Receive(_socket, buffer);
            buffer = count > 0 ? buffer[count..] : throw new InvalidDataException("it ended the connection");
        }
    }
}
