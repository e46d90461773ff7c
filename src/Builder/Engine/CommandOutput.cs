using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>
/// Carries what a command writes to an observer: two pipes, read by one thread in the order in which the bytes come,
/// with the last of them kept for the error message.
/// </summary>
internal sealed class CommandOutput : IDisposable
{
    private const int TailSize = 8192;
    private readonly Action<OutputStream, ReadOnlyMemory<byte>> _report;
    private readonly SafeFileHandle _outReader;
    private readonly SafeFileHandle _errorReader;
    private readonly Thread _thread;
    private byte[] _tail = [];

    /// <summary>Makes the pipes and starts to read.</summary>
    public CommandOutput(Action<OutputStream, ReadOnlyMemory<byte>> report)
    {
        _report = report;
        (_outReader, StandardOutput) = PipeCalls.Create();
        (_errorReader, StandardError) = PipeCalls.Create();
        _thread = new Thread(Pump, 256 * 1024) { IsBackground = true, Name = "command output" };
        _thread.Start();
    }

    /// <summary>The end that the command writes to.</summary>
    public SafeFileHandle StandardOutput { get; }

    /// <inheritdoc cref="StandardOutput"/>
    public SafeFileHandle StandardError { get; }

    /// <summary>The last lines that the command wrote, as text.</summary>
    public string Tail => System.Text.Encoding.UTF8.GetString(_tail);

    /// <summary>Closes this process's copies of the writing ends; call it when the command has its own.</summary>
    public void CloseWriters()
    {
        StandardOutput.Dispose();
        StandardError.Dispose();
    }

    /// <summary>Waits until everything that was written has been reported.</summary>
    public void Drain()
    {
        CloseWriters();
        _thread.Join();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Drain();
        _outReader.Dispose();
        _errorReader.Dispose();
    }

    private void Pump()
    {
        var buffer = new byte[32768];
        SafeFileHandle?[] readers = [_outReader, _errorReader];
        Span<bool> ready = stackalloc bool[2];
        while (readers[0] is not null || readers[1] is not null)
        {
            PipeCalls.WaitReadable(readers, ready);
            for (var i = 0; i < readers.Length; i++)
            {
                if (!ready[i] || readers[i] is not { } reader)
                {
                    continue;
                }

                var count = FileCalls.Read(reader, buffer);
                if (count == 0)
                {
                    readers[i] = null;
                    continue;
                }

                var bytes = buffer.AsMemory(0, count);
                Remember(bytes.Span);
                _report((OutputStream)i, bytes);
            }
        }
    }

    private void Remember(ReadOnlySpan<byte> bytes)
    {
        var kept = bytes.Length >= TailSize ? [] : _tail.AsSpan(Math.Max(0, _tail.Length + bytes.Length - TailSize));
        _tail = [.. kept, .. bytes[Math.Max(0, bytes.Length - TailSize)..]];
    }
}
