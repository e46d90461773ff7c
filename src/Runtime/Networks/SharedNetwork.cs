using System.Globalization;

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
    private NetworkGuard? _guard;

    private SharedNetwork(SafeFileHandle network) => _namespace = network;

    /// <summary>Whether the program that connects it is installed.</summary>
    public static bool IsAvailable => PrivateNetwork.FindHelper() is not null;

    /// <summary>What a spec's network namespace says as its path to join this one; good in this process only.</summary>
    public string Path => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_namespace.DangerousGetHandle()}");

    /// <summary>Makes one and connects it with the outside, if this host itself has a way there or the options may know one.</summary>
    /// <param name="options">Options of pasta(1), a word each.</param>
    /// <exception cref="ContainerException">No helper is installed, or it failed.</exception>
    public static SharedNetwork Create(IReadOnlyList<string> options)
    {
        var shared = CreateIsolated();
        if (options.Count == 0 && !HostRoutes.HasDefault())
        {
            return shared;
        }

        try
        {
            shared.Connect(options);
            return shared;
        }
        catch
        {
            shared.Dispose();
            throw;
        }
    }

    /// <summary>Makes one with nothing in it but loopback.</summary>
    /// <exception cref="ContainerException">The kernel refused.</exception>
    public static SharedNetwork CreateIsolated()
    {
        SafeFileHandle? network = null;
        var failure = Errno.None;
        LinuxException? loopback = null;
        // The thread is the namespace's only process until it has ended: then the descriptor keeps it.
        var maker = new Thread(
            () =>
            {
                failure = ProcessCalls.TryUnshare(NamespaceFlags.Network);
                if (failure == Errno.None)
                {
                    failure = FileCalls.TryOpen(FileCalls.CurrentDirectory, "/proc/thread-self/ns/net"u8, OpenFlags.ReadOnly, 0, out network);
                    loopback = BringLoopbackUp();
                }
            },
            128 * 1024);
        maker.Start();
        maker.Join();
        if (failure != Errno.None)
        {
            throw new ContainerException($"make a network namespace: {failure.Describe()}", "unshare network namespace", "", failure);
        }

        return loopback is null ? new SharedNetwork(network!) : throw new ContainerException($"make a network namespace: {loopback.Message}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _namespace.Dispose();
        _guard?.Dispose();
        _guard = null;
    }

    private void Connect(IReadOnlyList<string> options)
    {
        var pidFile = $"{System.IO.Path.GetTempPath()}bld-pasta-{Guid.NewGuid():N}";
        try
        {
            PrivateNetwork.Configure(_namespace, options, pidFile);
            _guard = NetworkGuard.Start(int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture));
        }
        finally
        {
            File.Delete(pidFile);
        }
    }

    // On a thread of its own an exception would end the program.
    private static LinuxException? BringLoopbackUp()
    {
        try
        {
            NetworkCalls.BringLoopbackUp();
            return null;
        }
        catch (LinuxException exception)
        {
            return exception;
        }
    }
}
