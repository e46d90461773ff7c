using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>
/// While it lives, signals that come to this process go on to another one, by a handler that makes that one system call: no thread waits for
/// them, as one does for .NET's own registrations (docs/decisions/0054). One at a time.
/// </summary>
internal sealed unsafe class SignalRelay : IDisposable
{
    private static int s_target = -1;

    private readonly (int Signal, SignalAction Before)[] _before;
    private readonly SafeFileHandle _process;

    /// <param name="process">The pidfd; stays open while this lives.</param>
    /// <param name="signals">What goes on.</param>
    /// <exception cref="InvalidOperationException">There is another one.</exception>
    internal SignalRelay(SafeFileHandle process, ReadOnlySpan<int> signals)
    {
        _process = process;
        if (Interlocked.CompareExchange(ref s_target, (int)process.DangerousGetHandle(), -1) != -1)
        {
            throw new InvalidOperationException("the signals of this process go to another one already");
        }

        // Where code is compiled when it runs first, that isn't in a handler.
        Pass(0);
        _before = new (int, SignalAction)[signals.Length];
        for (var i = 0; i < signals.Length; i++)
        {
            // All others wait meanwhile, those of the runtime too. What waits in a system call goes on.
            var action = new SignalAction { Handler = (nint)(delegate*<int, void>)&Pass, Flags = SignalAction.Restart | SignalAction.OnStack };
            Libc.sigfillset((byte*)&action.Mask);
            _before[i].Signal = signals[i];
            fixed (SignalAction* before = &_before[i].Before)
            {
                _ = Libc.sigaction(signals[i], &action, before);
            }
        }
    }

    /// <summary>The signals do what they did before.</summary>
    public void Dispose()
    {
        foreach (var (signal, before) in _before)
        {
            var action = before;
            _ = Libc.sigaction(signal, &action, null);
        }

        Volatile.Write(ref s_target, -1);
        GC.KeepAlive(_process);
    }

    // The handler. The runtime doesn't know that it runs: no objects, no exceptions, and the calls leave no mark in the thread's record.
    private static void Pass(int signal)
    {
        var error = Marshal.GetLastSystemError();
        _ = Libc.CallUnseen(SystemCallNumber.PidFdSendSignal, s_target, signal, 0, 0);
        Marshal.SetLastSystemError(error);
    }
}
