using Bld.Runtime.Cgroups;
using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Plans;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime;

/// <summary>
/// The thread that a container hangs on. It alone unshares the pid namespace (so that the rest of this process is untouched),
/// spawns init, talks with it, and waits for its end. It starts no thread and no task: the kernel refuses new threads to one
/// whose children belong to another pid namespace.
/// </summary>
internal sealed class ContainerThread(ContainerRequest request) : IDisposable
{
    private const int StackBytes = 512 * 1024;
    private readonly Lock _lock = new();
    // Without spinning: what is waited for takes milliseconds, and needs the processor.
    private readonly ManualResetEventSlim _running = new(initialState: false, spinCount: 0);
    private readonly ManualResetEventSlim _ended = new(initialState: false, spinCount: 0);
    private SafeFileHandle? _descriptor;
    private ContainerException? _failure;
    private Thread? _thread;
    private ContainerCgroup? _cgroup;
    private bool _reaped;
    private bool _killed;
    private int _exitCode;

    internal int Pid { get; private set; } = -1;

    internal SafeFileHandle Descriptor => _descriptor ?? throw new InvalidOperationException("the container was not started");

    internal void Start()
    {
        _thread = new Thread(Run, StackBytes) { IsBackground = true, Name = "container" };
        _thread.Start();
    }

    /// <summary>Returns when the command runs; throws what kept it from running.</summary>
    internal void WaitUntilRunning()
    {
        _running.Wait();
        if (_failure is not null)
        {
            throw _failure;
        }
    }

    internal int WaitForExit()
    {
        _ended.Wait();
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
        if (!request.Detached)
        {
            Signal(ProcessCalls.SignalKill);
        }

        _thread?.Join();
        _descriptor?.Dispose();
        if (!request.Detached)
        {
            _cgroup?.Remove();
        }

        _running.Dispose();
        _ended.Dispose();
    }

    private void Run()
    {
        try
        {
            RunContainer();
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
        finally
        {
            _running.Set();
            _ended.Set();
        }
    }

    private void RunContainer()
    {
        using var inherited = new InheritedDescriptors();
        UnsupportedParts.Refuse(request);
        var (ours, theirs) = ProcessCalls.SocketPair();
        using (ours)
        {
            using (theirs)
            {
                Spawn(inherited, theirs);
            }

            // The copies are init's now; as long as its end of the channel is open here too, the end is never seen.
            inherited.Dispose();

            try
            {
                // Init starts up while the plan is made.
                _cgroup = ContainerCgroup.Create(request, Pid);
                var start = new ContainerStart(request, inherited, new InitChannel(ours), Pid, _cgroup);
                start.Perform();
                _running.Set();
            }
            catch
            {
                Signal(ProcessCalls.SignalKill);
                Reap();
                throw;
            }
        }

        if (request.Detached)
        {
            return;
        }

        Reap();
        HostHooks.RunAfterwards(request);
    }

    private void Spawn(InheritedDescriptors inherited, SafeFileHandle socket)
    {
        var executable = InitExecutable.Open(request.InitExecutable);
        inherited.Keep(executable);
        var descriptors = ContainerStart.CollectDescriptors(request, inherited, socket);
        if (UserNamespaceSpawn.IsWanted(request.Spec))
        {
            Take(UserNamespaceSpawn.Start(executable, request.Spec, inherited, inherited.Number(socket)));
            return;
        }

        var namespaces = PidNamespace.Enter(request.Spec);
        try
        {
            var errno = InitExecutable.TrySpawn(executable, inherited.Number(socket), descriptors, out var pid);
            if (errno != Errno.None)
            {
                throw new SetupFailure("spawn init", request.InitExecutable, errno);
            }

            Take(pid);
        }
        finally
        {
            namespaces.Leave();
        }
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
