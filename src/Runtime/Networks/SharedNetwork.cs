using System.Globalization;

using Bld.Runtime.Init;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Networks;

/// <summary>
/// A network namespace of no process, which containers join one after the other or side by side: the steps of a build share one,
/// because making its way to the outside costs more than a step. It ends when this and the last container in it have gone.
/// </summary>
public sealed class SharedNetwork : IDisposable
{
    private readonly SafeFileHandle _namespace;

    private SharedNetwork(SafeFileHandle network) => _namespace = network;

    /// <summary>Whether the program that connects it is installed.</summary>
    public static bool IsAvailable => PrivateNetwork.FindHelper() is not null;

    /// <summary>What a spec's network namespace says as its path to join this one; good in this process only.</summary>
    public string Path => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_namespace.DangerousGetHandle()}");

    /// <summary>Makes one and connects it with the outside.</summary>
    /// <exception cref="ContainerException">No helper is installed, or it failed.</exception>
    public static SharedNetwork Create()
    {
        SafeFileHandle? network = null;
        var failure = Errno.None;
        // The thread is the namespace's only process until it has ended: then the descriptor keeps it.
        var maker = new Thread(
            () =>
            {
                failure = ProcessCalls.TryUnshare(NamespaceFlags.Network);
                if (failure == Errno.None)
                {
                    failure = FileCalls.TryOpen(FileCalls.CurrentDirectory, "/proc/thread-self/ns/net"u8, OpenFlags.ReadOnly, 0, out network);
                }
            },
            128 * 1024);
        maker.Start();
        maker.Join();
        SetupFailure.Check(failure, "make a network namespace");
        try
        {
            PrivateNetwork.Configure(network!);
            return new SharedNetwork(network!);
        }
        catch
        {
            network!.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _namespace.Dispose();
}
