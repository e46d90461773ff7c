using System.Net.Sockets;

using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>
/// A socket with an owner and a mode of its own that passes everything on to the user's ssh agent: the agent's own socket belongs to
/// the user and may not be changed, and a command that runs as somebody else could not open it.
/// </summary>
internal sealed class AgentRelay : IDisposable
{
    private const int Waiting = 16;
    private readonly TemporaryDirectory _directory;
    private readonly Socket _listener;
    private readonly string _agent;
    private readonly CancellationTokenSource _stop = new();

    /// <param name="state">Where the socket is made.</param>
    /// <param name="agent">Path of the agent's socket.</param>
    /// <param name="mode">Permission bits.</param>
    /// <param name="user">Owner.</param>
    /// <param name="group">Group.</param>
    /// <exception cref="BuildException">The agent doesn't listen.</exception>
    public AgentRelay(StateDirectory state, string agent, uint mode, uint user, uint group)
    {
        _agent = agent;
        using (Connect())
        {
            // Now, with its name, rather than later as a broken connection in the container.
        }

        _directory = state.CreateTemporary("ssh");
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // By the descriptor, because the path of a socket has at most 107 bytes.
            _listener.Bind(new UnixDomainSocketEndPoint($"/proc/self/fd/{_directory.Handle.DangerousGetHandle()}/agent"));
            _listener.Listen(Waiting);
            FileCalls.ChangeOwner(_directory.Handle, "agent"u8, user, group);
            FileCalls.ChangeMode(_directory.Handle, "agent"u8, mode);
            Socket = FileCalls.Open(_directory.Handle, "agent"u8, OpenFlags.Path | OpenFlags.NoFollow);
        }
        catch
        {
            _listener.Dispose();
            _directory.Dispose();
            throw;
        }

        _ = AcceptAsync();
    }

    /// <summary>The socket's file, to be mounted.</summary>
    public SafeFileHandle Socket { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        Socket.Dispose();
        _directory.Dispose();
        _stop.Dispose();
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(_agent));
            return socket;
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            socket.Dispose();
            throw new BuildException($"cannot reach the ssh agent at {_agent}: {exception.Message}", exception);
        }
    }

    private async Task AcceptAsync()
    {
        var token = _stop.Token;
        while (!token.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptAsync(token).ConfigureAwait(false);
                _ = ServeAsync(client, token);
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken token)
    {
        try
        {
            using var from = new NetworkStream(client, ownsSocket: true);
            using var to = new NetworkStream(Connect(), ownsSocket: true);
            await Task.WhenAny(from.CopyToAsync(to, token), to.CopyToAsync(from, token)).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or BuildException or OperationCanceledException or ObjectDisposedException)
        {
            // One side has hung up: so does the other.
        }
    }
}
