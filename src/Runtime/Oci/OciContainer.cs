using System.Globalization;

using Bld.Runtime.Cgroups;
using Bld.Runtime.Cgroups.Systemd;
using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Oci;

/// <summary>A container that some command made, and what later commands do with it (runtime-spec, "Runtime and Lifecycle").</summary>
public sealed class OciContainer
{
    private readonly StateRoot _root;

    internal OciContainer(StateRoot root, OciState state)
    {
        _root = root;
        State = state;
    }

    internal OciState State { get; }

    /// <summary>The container's name.</summary>
    public string Id => State.Id;

    /// <summary>Init's number.</summary>
    public int Pid => State.Pid;

    /// <summary>Its cgroups.</summary>
    public IReadOnlyList<CgroupDirectory> Cgroups => State.Cgroups;

    /// <summary><c>created</c>, <c>running</c>, <c>paused</c> or <c>stopped</c>.</summary>
    public string Status =>
        !ProcessStatus.IsAlive(State.Pid, State.StartTime) ? "stopped"
        : Freezer.IsFrozen(State.Cgroups) ? "paused"
        : File.Exists(StartSocketPath) ? "created" : "running";

    internal string StartSocketPath => $"{_root.PathOf(Id)}/{StateRoot.StartSocket}";

    /// <summary>The answer of "state".</summary>
    public OciStateReport Report()
    {
        var status = Status;
        return new OciStateReport
        {
            OciVersion = State.OciVersion,
            Id = Id,
            Pid = status == "stopped" ? 0 : State.Pid,
            Status = status,
            Bundle = State.Bundle,
            Rootfs = State.Rootfs,
            Created = State.Created,
            Owner = State.Owner == 0 ? "root" : State.Owner.ToString(CultureInfo.InvariantCulture),
            Annotations = State.Annotations,
        };
    }

    /// <summary>The config.json that the container was made from, with an absolute root.</summary>
    public ContainerSpec Spec() => Bundle.Read(State.Bundle, $"{_root.PathOf(Id)}/{StateRoot.ConfigFile}", out _);

    /// <summary>Gives the word to the init of a created container; returns when its command runs.</summary>
    /// <exception cref="ContainerException">It is in no state for that, or its command could not be executed.</exception>
    public void Start(Action<string>? warn)
    {
        if (Status is var status and not "created")
        {
            throw new ContainerException($"cannot start container \"{Id}\": it is {status}");
        }

        using var channel = new InitChannel(SocketCalls.Connect(StartSocketPath));
        channel.Send(InitMessage.Continue);
        var message = channel.Receive(out var payload);
        File.Delete(StartSocketPath);
        if (message == InitMessage.Failure)
        {
            var failure = new SetupFailure();
            failure.Exchange(new PlanCodec(payload));
            throw new ContainerException(failure.Message, failure.Step, failure.Path, failure.Errno, failure.ExitCode);
        }

        HostHooks.RunStarted(HookRequest(warn), State.Pid);
    }

    /// <summary>Sends a signal to init, or to every process of the container.</summary>
    /// <exception cref="ContainerException">There is nobody to send it to.</exception>
    public void Kill(int signal, bool all)
    {
        if (all)
        {
            KillAll(signal);
            return;
        }

        RequireProcess();
        SignalInit(signal);
        if (signal == ProcessCalls.SignalKill)
        {
            // What is frozen dies only when it thaws, on v1.
            Freezer.Thaw(State.Cgroups);
        }
    }

    /// <summary>Removes a container that has ended, or with <paramref name="force"/> any.</summary>
    /// <exception cref="ContainerException">It runs, and nobody forces.</exception>
    public void Delete(bool force, Action<string>? warn)
    {
        var status = Status;
        if (status is not ("stopped" or "created") && !force)
        {
            throw new ContainerException($"cannot delete container \"{Id}\": it is {status}; kill it first, or use --force");
        }

        if (status != "stopped")
        {
            SignalInit(ProcessCalls.SignalKill);
            Freezer.Thaw(State.Cgroups);
            WaitForEnd();
        }

        if (!State.OwnProcesses)
        {
            KillAll(ProcessCalls.SignalKill);
        }

        SystemdScope.Stop(State.Cgroups.Count > 0 ? State.Cgroups[0].Unit : null);
        foreach (var cgroup in State.Cgroups)
        {
            if (!cgroup.Remove())
            {
                warn?.Invoke($"cgroup {cgroup.Path} could not be removed: it is in use");
            }
        }

        RunLastHooks(force, warn);
        _root.Remove(Id);
    }

    /// <summary>Stops all processes where they are.</summary>
    public void Pause()
    {
        if (Status is var status and not ("running" or "created"))
        {
            throw new ContainerException($"cannot pause container \"{Id}\": it is {status}");
        }

        Freezer.Freeze(State.Cgroups);
    }

    /// <summary>Lets them go on.</summary>
    public void Resume()
    {
        if (!Freezer.IsFrozen(State.Cgroups))
        {
            throw new ContainerException($"cannot resume container \"{Id}\": it is not paused");
        }

        Freezer.Thaw(State.Cgroups);
    }

    /// <summary>Changes limits while it runs.</summary>
    /// <exception cref="ContainerException">It has ended, or this host can't set one of them.</exception>
    public void Update(ResourcesSpec resources)
    {
        RequireProcess();
        CgroupLimits.Apply(State.Cgroups, CgroupSettings.From(resources));
        DeviceLimits.Apply(State.Cgroups, resources.Devices);
    }

    /// <summary>The processes of the container, as this process numbers them.</summary>
    public IReadOnlyList<int> Processes()
    {
        var processes = new List<int>();
        foreach (var cgroup in State.Cgroups)
        {
            cgroup.AddProcesses(processes);
        }

        if (processes.Count == 0 && Status != "stopped")
        {
            processes.Add(State.Pid);
        }

        processes.Sort();
        return processes;
    }

    // The words are those that containerd looks for.
    private void RequireProcess()
    {
        if (Status == "stopped")
        {
            throw new ContainerException($"container not running: \"{Id}\" has ended", "find", Id, Errno.ESRCH);
        }
    }

    // A configuration that can't be read any more does not keep the container for ever.
    private void RunLastHooks(bool force, Action<string>? warn)
    {
        try
        {
            HostHooks.RunAfterwards(HookRequest(warn));
        }
        catch (ContainerException failure) when (force)
        {
            warn?.Invoke($"the poststop hooks of \"{Id}\" did not run: {failure.Message}");
        }
    }

    private ContainerRequest HookRequest(Action<string>? warn) => new() { Spec = Spec(), Id = Id, Bundle = State.Bundle, Warn = warn };

    private void SignalInit(int signal)
    {
        if (ProcessCalls.TryOpenProcess(State.Pid, out var process) != Errno.None)
        {
            return;
        }

        using (process)
        {
            // Looked at again now that the number can't change hands any more.
            if (ProcessStatus.IsAlive(State.Pid, State.StartTime) && ProcessCalls.TrySignal(process, signal) is var errno and not (Errno.None or Errno.ESRCH))
            {
                throw new ContainerException($"cannot signal container \"{Id}\": {errno.Describe()}", "kill", Id, errno);
            }
        }
    }

    private void KillAll(int signal)
    {
        var processes = new List<int>();
        foreach (var cgroup in State.Cgroups)
        {
            cgroup.AddProcesses(processes);
        }

        foreach (var process in processes)
        {
            _ = Libc.kill(process, signal);
        }

        if (processes.Count == 0)
        {
            SignalInit(signal);
        }
    }

    private void WaitForEnd()
    {
        const int Attempts = 1000;
        for (var attempt = 0; ProcessStatus.IsAlive(State.Pid, State.StartTime); attempt++)
        {
            if (attempt == Attempts)
            {
                throw new ContainerException($"container \"{Id}\" does not end: process {State.Pid} is still there after SIGKILL");
            }

            Thread.Sleep(attempt < 20 ? 1 : 10);
        }
    }
}
