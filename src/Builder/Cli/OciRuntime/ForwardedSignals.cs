using System.Runtime.InteropServices;

using Bld.Runtime;

namespace Bld.Builder.Cli.OciRuntime;

/// <summary>While it lives, the signals that a person or an engine sends to this process go to a container.</summary>
internal sealed class ForwardedSignals : IDisposable
{
    // HUP, INT, QUIT, USR1, USR2, TERM, CONT, WINCH: what a terminal or another process sends on purpose.
    private static readonly int[] Signals = [1, 2, 3, 10, 12, 15, 18];
    private readonly List<PosixSignalRegistration> _registrations = [];

    public ForwardedSignals(Container container)
    {
        foreach (var signal in Signals)
        {
            _registrations.Add(PosixSignalRegistration.Create((PosixSignal)signal, context =>
            {
                context.Cancel = true;
                container.Signal(signal);
            }));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _registrations.ForEach(static registration => registration.Dispose());
}
