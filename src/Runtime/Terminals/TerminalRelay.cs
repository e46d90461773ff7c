using System.Runtime.InteropServices;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Terminals;

/// <summary>
/// Shows a container's terminal on this process's own: what is typed goes in, what is written comes out, sizes follow. Made
/// before the container, because the container sends its terminal through <see cref="Socket"/>.
/// </summary>
public sealed class TerminalRelay : IDisposable
{
    private static readonly SafeFileHandle Input = new(0, ownsHandle: false);
    private static readonly SafeFileHandle Output = new(1, ownsHandle: false);
    private readonly SafeFileHandle _ours;
    private SafeFileHandle? _master;
    private TerminalMode? _mode;
    private PosixSignalRegistration? _resized;
    private Thread? _reader;

    /// <summary>A relay that waits for its terminal.</summary>
    public TerminalRelay() => (_ours, Socket) = ProcessCalls.SocketPair();

    /// <summary>For <see cref="ContainerRequest.ConsoleSocket"/>.</summary>
    public SafeFileHandle Socket { get; }

    /// <summary>Takes the terminal that the container has sent, and goes on in the background.</summary>
    public void Attach()
    {
        // Raw, because the analyzers take the name for something that Windows lacks.
        const int WindowChanged = 28;
        var master = SocketCalls.ReceiveDescriptor(_ours);
        _master = master;
        TerminalMode.CopySize(Input, master);
        _mode = TerminalMode.TryEnter(Input);
        _resized = PosixSignalRegistration.Create((PosixSignal)WindowChanged, _ => TerminalMode.CopySize(Input, master));
        _reader = new Thread(() => Copy(master, Output)) { IsBackground = true, Name = "terminal output" };
        _reader.Start();

        // Nobody can end a read of a terminal; the thread ends with the process.
        new Thread(() => Copy(Input, master)) { IsBackground = true, Name = "terminal input" }.Start();
    }

    /// <summary>Shows what was written last, once the container has ended, and gives this process's terminal its old mode back.</summary>
    public void Dispose()
    {
        _reader?.Join(TimeSpan.FromSeconds(2));
        _mode?.Dispose();
        _resized?.Dispose();
        _ours.Dispose();
        Socket.Dispose();
    }

    // A terminal whose other side is closed reads as an error (EIO).
    private static void Copy(SafeFileHandle from, SafeFileHandle to)
    {
        var buffer = new byte[8192];
        try
        {
            int count;
            while ((count = FileCalls.Read(from, buffer)) > 0)
            {
                FileCalls.WriteAll(to, buffer.AsSpan(0, count), wait: true);
            }
        }
        catch (LinuxException)
        {
            // The end, on either side.
        }
    }
}
