using Bld.Runtime.Cgroups;
using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Plans;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime;

/// <summary>
/// The thread that a container hangs on. It alone unshares the pid namespace (so that the rest of this process is untouched),
/// spawns init, talks with it, and waits for its end. It starts no thread and no task: the kernel refuses new threads to one
/// whose children belong to another pid namespace. A process that does nothing else is its own such thread (<see cref="ContainerRequest.IsAlone"/>).
/// </summary>
internal sealed class ContainerThread : IDisposable
{
    private const int StackBytes = 512 * 1024;
    private readonly Lock _lock = new();
    // Without spinning: what is waited for takes milliseconds, and needs the processor.
    private readonly ManualResetEventSlim _running = new(initialState: false, spinCount: 0);
    private readonly ManualResetEventSlim _ended = new(initialState: false, spinCount: 0);
    private readonly ManualResetEventSlim _decided = new(initialState: false, spinCount: 0);
    private ContainerRequest? _request;
    private SafeFileHandle? _descriptor;
    private ContainerException? _failure;
    private Thread? _thread;
    private ContainerCgroup? _cgroup;
    private bool _isInCgroup;
    private bool _reaped;
    private bool _killed;
    private int _exitCode;

    private ContainerThread(ContainerRequest? request) => _request = request;

    internal int Pid { get; private set; } = -1;

    // The thread is the caller's own.
    private bool IsCallers => _thread is null;

    internal SafeFileHandle Descriptor => _descriptor ?? throw new InvalidOperationException("the container was not started");

    /// <summary>Starts a container.</summary>
    /// <param name="request">Which; null starts an init that waits for <see cref="Give"/>, and ends unused when this is disposed of.</param>
    internal static ContainerThread Start(ContainerRequest? request)
    {
        var container = new ContainerThread(request);
        if (request is not null && CanBeCallers(request))
        {
            _ = container.Attempt(container.Begin);
            return container;
        }

        container._thread = new Thread(container.Run, StackBytes) { IsBackground = true, Name = "container" };
        container._thread.Start();
        return container;
    }

    /// <summary>Says what a waiting init is to become.</summary>
    internal void Give(ContainerRequest request)
    {
        _request = request;
        _decided.Set();
    }

    /// <summary>Returns when the command runs; throws what kept it from running.</summary>
    internal void WaitUntilRunning()
    {
        if (!IsCallers)
        {
            _running.Wait();
        }

        if (_failure is not null)
        {
            throw _failure;
        }
    }

    internal int WaitForExit()
    {
        if (!IsCallers)
        {
            _ended.Wait();
        }
        else if (!_reaped)
        {
            _ = Attempt(End);
        }

        return _exitCode;
    }

    internal void Signal(int signal)
    {
        lock (_lock)
        {
            _killed |= signal == ProcessCalls.SignalKill;
            if (_descriptor is not null && !_reaped)
            {
                _ = ProcessCalls.TrySignal(_descriptor, signal);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var isDetached = _request is { Detached: true };
        if (!isDetached)
        {
            Signal(ProcessCalls.SignalKill);
        }

        _decided.Set();
        _thread?.Join();
        if (IsCallers && !isDetached && _descriptor is not null)
        {
            _ = WaitForExit();
        }

        _descriptor?.Dispose();
        if (!isDetached)
        {
            _cgroup?.Remove();
        }

        _decided.Dispose();

        _running.Dispose();
        _ended.Dispose();
    }

    /// <summary>
    /// Whether the calling thread will do. It has to be able to start threads afterwards, which the kernel refuses to one whose children belong to
    /// another pid namespace: a new one is made with the copy, but to join one and to come back takes the machine's root.
    /// </summary>
    private static bool CanBeCallers(ContainerRequest request) =>
        request.IsAlone && ForkedProcess.IsPossible
        && (UserNamespaceSpawn.IsWanted(request.Spec) || !PidNamespace.IsJoined(request.Spec) || CgroupName.IsFullRoot());

    private void Run()
    {
        var runs = Attempt(Begin);
        _running.Set();
        if (runs && _request is { Detached: false })
        {
            _ = Attempt(End);
        }

        _ended.Set();
    }

    private bool Attempt(Action part)
    {
        try
        {
            part();
            return true;
        }
        catch (SetupFailure failure)
        {
            _failure = new ContainerException(failure.Message, failure.Step, failure.Path, failure.Errno, failure.ExitCode);
        }
        catch (LinuxException failure)
        {
            _failure = new ContainerException(failure.Message, failure.Operation, failure.Path, failure.Errno);
        }
        catch (ContainerException failure)
        {
            _failure = failure;
        }
        catch (Exception failure)
        {
            // The thread's top: whoever waits for the container must hear of it.
            _failure = new ContainerException($"start container: {failure.Message}");
        }

        return false;
    }

    /// <summary>From nothing to the running command; a spare init that nobody wants ends here.</summary>
    private void Begin()
    {
        using var inherited = new InheritedDescriptors();
        var (ours, theirs) = ProcessCalls.SocketPair();
        using (ours)
        {
            var isSpare = _request is null;
            using (theirs)
            {
                inherited.Add(theirs);
                if (_request is { } known)
                {
                    Spawn(known, inherited, theirs);
                }
                else
                {
                    SpawnSpare(inherited, theirs);
                }
            }

            try
            {
                var channel = new InitChannel(ours);
                if (isSpare && !Adopt(channel, inherited))
                {
                    Signal(ProcessCalls.SignalKill);
                    Reap();
                    return;
                }

                // The copies are init's now; as long as its end of the channel is open here too, the end is never seen.
                inherited.Dispose();

                // Init starts up while the plan is made.
                if (!_isInCgroup)
                {
                    _cgroup ??= ContainerCgroup.Make(_request!, Pid);
                    _cgroup?.Join(Pid);
                }

                var start = new ContainerStart(_request!, inherited, channel, Pid, _cgroup);
                start.Perform();
            }
            catch
            {
                Signal(ProcessCalls.SignalKill);
                Reap();
                HostHooks.RunAfterwards(_request!);
                throw;
            }
        }
    }

    private void End()
    {
        Reap();
        if (!_request!.OutlivesCommand)
        {
            HostHooks.RunAfterwards(_request);
        }
    }

    private void Spawn(ContainerRequest request, InheritedDescriptors inherited, SafeFileHandle socket)
    {
        UnsupportedParts.Refuse(request);
        var executable = InitExecutable.Open(request.InitExecutable);
        inherited.Keep(executable);
        ContainerStart.CollectDescriptors(request, inherited);
        using var birthplace = FindBirthplace(request);
        try
        {
            if (UserNamespaceSpawn.IsWanted(request.Spec))
            {
                Take(UserNamespaceSpawn.Start(executable, request.Spec, inherited, inherited.Number(socket), birthplace));
            }
            else
            {
                // A new one is made with the copy.
                var namespaces = IsCallers && PidNamespace.IsNew(request.Spec) ? default : PidNamespace.Enter(request.Spec);
                Spawn(executable, namespaces, inherited, socket, birthplace);
            }
        }
        catch
        {
            _cgroup?.Remove();
            throw;
        }

        _isInCgroup = birthplace is { IsUsed: true };
    }

    /// <summary>Makes the cgroup before its process, where that one can be born in it; elsewhere it is made while init starts up.</summary>
    private Birthplace? FindBirthplace(ContainerRequest request)
    {
        if (request.SystemdCgroups || !ContainerCgroup.IsWanted(request) || !(ProcessCalls.CanSpawnIntoCgroup || IsCallers))
        {
            return null;
        }

        var host = CgroupHost.All();
        if (!CgroupHost.IsUnifiedOnly(host))
        {
            return null;
        }

        _cgroup = ContainerCgroup.Make(request, process: -1, host);
        return _cgroup?.OpenBirthplace(IsCallers);
    }

    private void SpawnSpare(InheritedDescriptors inherited, SafeFileHandle socket)
    {
        var executable = InitExecutable.Open(InitProgramPlace.Path);
        inherited.Keep(executable);
        var nothing = FileCalls.Open("/dev/null", OpenFlags.ReadWrite);
        inherited.Keep(nothing);
        for (var number = 0; number < 3; number++)
        {
            inherited.AddStream(nothing, number);
        }

        Spawn(executable, PidNamespace.EnterNew(), inherited, socket, birthplace: null);

        // As long as init's end of the channel is open here too, its death is never seen, and it waits long.
        inherited.Vacate(socket, nothing);
    }

    private void Spawn(SafeFileHandle executable, PidNamespace namespaces, InheritedDescriptors inherited, SafeFileHandle socket, Birthplace? birthplace)
    {
        try
        {
            int pid;
            var errno = IsCallers
                ? InitExecutable.TryFork(executable, inherited.Number(socket), inherited.Pairs, PidNamespace.IsNew(_request!.Spec) ? NamespaceFlags.Pid : default, birthplace, out pid)
                : InitExecutable.TrySpawn(executable, inherited.Number(socket), inherited.Pairs, birthplace, out pid);
            SetupFailure.Check(errno, "spawn init");
            Take(pid);
        }
        finally
        {
            namespaces.Leave();
        }
    }

    /// <summary>
    /// Waits for what a spare init is to become, and gives it the descriptors that others get at their start; false when it isn't wanted.
    /// Only now, so that no number among them can be that of init's channel.
    /// </summary>
    private bool Adopt(InitChannel channel, InheritedDescriptors inherited)
    {
        _decided.Wait();
        if (_request is null)
        {
            return false;
        }

        UnsupportedParts.Refuse(_request);
        inherited.Pairs.Clear();
        ContainerStart.CollectDescriptors(_request, inherited);
        channel.SendDescriptors(inherited.Pairs);
        return true;
    }

    private void Take(int process)
    {
        lock (_lock)
        {
            Pid = process;
            SetupFailure.Check(ProcessCalls.TryOpenProcess(process, out _descriptor!), "open init's process descriptor");
        }

        if (_killed)
        {
            Signal(ProcessCalls.SignalKill);
        }
    }

    private void Reap()
    {
        var code = ProcessCalls.WaitForExit(Pid);
        lock (_lock)
        {
            _reaped = true;
        }

        _cgroup?.Remove();
        _exitCode = code;
    }
}
