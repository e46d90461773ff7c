using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime;

/// <summary>
/// A running container. It owns a thread: the one that the container's init is a child of, because init's wish to die with
/// its parent (PR_SET_PDEATHSIG) means that very thread.
/// </summary>
public sealed class Container : IDisposable
{
    private readonly ContainerThread _thread;
    private CancellationTokenRegistration _cancellation;

    private Container(ContainerThread thread) => _thread = thread;

    /// <summary>The init's number, as this process sees it.</summary>
    public int Pid => _thread.Pid;

    /// <summary>The init's pidfd; readable when it ended. Not for the caller to dispose.</summary>
    public SafeFileHandle ProcessDescriptor => _thread.Descriptor;

    /// <summary>
    /// Starts a container and returns when its command runs. Cancelling kills it, now or later.
    /// </summary>
    /// <exception cref="ContainerException">Any step of the set-up failed; nothing of the container is left.</exception>
    public static Container Start(ContainerRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var thread = request.Spare?.TryTake(request) ?? ContainerThread.Start(request);
        var container = new Container(thread);
        try
        {
            container._cancellation = cancellationToken.Register(container.Kill);
            thread.WaitUntilRunning();
            cancellationToken.ThrowIfCancellationRequested();
            return container;
        }
        catch
        {
            container.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Waits for the end: the command's exit code, or 128 and the number of the signal that killed it. When init ended, the
    /// kernel has killed everything else in the container's pid namespace.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; the container was killed and is gone.</exception>
    public int Wait(CancellationToken cancellationToken)
    {
        using (cancellationToken.Register(Kill))
        {
            var code = _thread.WaitForExit();
            cancellationToken.ThrowIfCancellationRequested();
            return code;
        }
    }

    /// <summary>SIGKILL to init and so to everything in the container; fine when it ended already.</summary>
    public void Kill() => Signal(ProcessCalls.SignalKill);

    /// <summary>Sends a signal to init; fine when it ended already.</summary>
    public void Signal(int signal) => _thread.Signal(signal);

    /// <summary>While what it gives lives, these signals of this process go to the container's init. For one container at a time.</summary>
    public IDisposable ForwardSignals(ReadOnlySpan<int> signals) => new SignalRelay(ProcessDescriptor, signals);

    /// <summary>Kills what is left and waits until it is gone.</summary>
    public void Dispose()
    {
        _cancellation.Dispose();
        _thread.Dispose();
    }
}
