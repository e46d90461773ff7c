namespace Bld.Runtime;

/// <summary>
/// An init that is started before it is known what for, so that its start-up runs beside other work: it has a pid namespace of its own,
/// no descriptor but its channel, and waits. A container that it fits takes it (<see cref="ContainerRequest.Spare"/>).
/// </summary>
public sealed class SpareInit : IDisposable
{
    private ContainerThread? _thread;

    private SpareInit(ContainerThread thread) => _thread = thread;

    /// <summary>Starts one, without waiting for it.</summary>
    public static SpareInit Start() => new(ContainerThread.Start(null));

    /// <summary>Ends it, unless a container has become of it.</summary>
    public void Dispose() => Interlocked.Exchange(ref _thread, null)?.Dispose();

    /// <summary>Makes it the init of a container; null when it doesn't fit or is taken.</summary>
    internal ContainerThread? TryTake(ContainerRequest request)
    {
        if (!Fits(request) || Interlocked.Exchange(ref _thread, null) is not { } thread)
        {
            return null;
        }

        thread.Give(request);
        return thread;
    }

    // Only what an init is born into matters: its user and pid namespaces, its executable, and descriptors at the caller's numbers.
    private static bool Fits(ContainerRequest request) =>
        request.InitExecutable == InitProgramPlace.Path && request.PreservedDescriptors == 0
        && !UserNamespaceSpawn.IsWanted(request.Spec)
        && UserNamespaceSpawn.Find(request.Spec, "pid") is { Path: null or "" };
}
