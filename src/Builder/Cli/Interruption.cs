using System.Runtime.InteropServices;

namespace Bld.Builder.Cli;

/// <summary>
/// SIGINT and SIGTERM as a token. Until a command asks for it they end the process at once, as they do by default: what is quick needs no
/// word of farewell, and no thread that waits for signals.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private PosixSignalRegistration? _interrupt;
    private PosixSignalRegistration? _terminate;

    /// <summary>Cancelled by either.</summary>
    public CancellationToken Token
    {
        get
        {
            _interrupt ??= PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            _terminate ??= PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            return _stop.Token;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _interrupt?.Dispose();
        _terminate?.Dispose();
        _stop.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _stop.Cancel();
    }
}
