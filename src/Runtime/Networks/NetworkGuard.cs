using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Networks;

/// <summary>
/// Sees to it that a network helper ends with the process that wanted it, by SIGKILL too. A helper makes itself a daemon and holds
/// the namespace open, so that neither it nor the namespace would ever end; and it changes its credentials, so that the kernel
/// forgets a wish to die with its parent. The guard is this program once more: it waits for the end of a pipe and kills.
/// </summary>
public sealed class NetworkGuard : IDisposable
{
    private const string Argument = "bld-network-guard";
    private const int HelperNumber = 3;
    private const int PipeNumber = 4;
    private readonly SafeFileHandle _alive;
    private readonly int _guard;

    private NetworkGuard(SafeFileHandle alive, int guard)
    {
        _alive = alive;
        _guard = guard;
    }

    /// <summary>Whether the arguments of Main are those of a guard.</summary>
    public static bool IsGuard(string[] args) => args is [Argument];

    /// <summary>Waits until the other end of the pipe has gone, then ends the helper.</summary>
    public static int Main()
    {
        using var helper = new SafeFileHandle(HelperNumber, ownsHandle: true);
        using var pipe = new SafeFileHandle(PipeNumber, ownsHandle: true);
        while (FileCalls.Read(pipe, new byte[1]) > 0)
        {
        }

        return ProcessCalls.TrySignal(helper, ProcessCalls.SignalKill) is Errno.None or Errno.ESRCH ? 0 : 1;
    }

    /// <summary>Starts to guard a helper.</summary>
    /// <param name="helper">Its process id.</param>
    /// <exception cref="LinuxException">No pipe could be made.</exception>
    /// <exception cref="ContainerException">The guard could not be started.</exception>
    internal static NetworkGuard Start(int helper)
    {
        if (ProcessCalls.TryOpenProcess(helper, out var descriptor) is var failure and not Errno.None)
        {
            throw new ContainerException($"open network helper {helper}: {failure}", "network", errno: failure);
        }

        using (descriptor)
        {
            var (reader, writer) = PipeCalls.Create();
            using (reader)
            {
                using var high = ProcessCalls.DuplicateHigh(descriptor);
                using var highReader = ProcessCalls.DuplicateHigh(reader);
                using var nothing = FileCalls.Open("/dev/null", OpenFlags.ReadWrite);
                using var highNothing = ProcessCalls.DuplicateHigh(nothing);
                var none = Number(highNothing);
                var errno = ProcessCalls.TrySpawn(
                    Encoding.UTF8.GetBytes(InitProgramPlace.Path), ["bld"u8.ToArray(), Encoding.ASCII.GetBytes(Argument)], ["DOTNET_GCHeapHardLimit=0x1000000"u8.ToArray()],
                    [(none, 0), (none, 1), (none, 2), (Number(high), HelperNumber), (Number(highReader), PipeNumber)], out var guard);
                if (errno != Errno.None)
                {
                    writer.Dispose();
                    _ = ProcessCalls.TrySignal(descriptor, ProcessCalls.SignalKill);
                    throw new ContainerException($"start the guard of the network: {errno}", "network", errno: errno);
                }

                return new NetworkGuard(writer, guard);
            }
        }
    }

    /// <summary>Ends the helper, and waits until that is done.</summary>
    public void Dispose()
    {
        _alive.Dispose();
        _ = ProcessCalls.WaitForExit(_guard);
    }

    private static int Number(SafeFileHandle file) => (int)file.DangerousGetHandle();
}
