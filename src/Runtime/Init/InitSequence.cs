using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>Init's steps in the only order that works; each step's reason stands with its class.</summary>
internal sealed class InitSequence(InitPlan plan, InitChannel channel)
{
    private SafeFileHandle? _children;

    internal int Run()
    {
        EnterNamespaces();
        if (plan.BringLoopbackUp)
        {
            NetworkCalls.BringLoopbackUp();
        }

        if (plan.StopAfterNamespaces && !Pause(InitMessage.NamespacesReady))
        {
            return 1;
        }

        // Modes in the plan are exact; the process's own umask comes last.
        _ = Libc.umask(0);
        using var proc = ProcessAttributes.OpenProc();
        _children = plan.Process.EndsOrphans ? Reaper.OpenChildren(proc) : null;
        if (plan.OwnMounts)
        {
            var mounts = new InitMounts(plan);
            using var root = mounts.Build();
            RunHooks(plan.CreateContainerHooks, "creating"u8);
            mounts.Enter(root);
        }
        else if (plan.RootPath.Length > 0)
        {
            RootSwitch.ChangeRoot(plan.RootPath);
        }
        else if (plan.RootDescriptor >= 0)
        {
            RootSwitch.ChangeRoot(plan.RootDescriptor);
        }

        NameSystem();
        ProcessAttributes.WriteSysctls(proc, plan.Sysctls);
        ProcessAttributes.SetSecurityLabels(proc, plan);
        return BecomeCommand(proc);
    }

    private int BecomeCommand(SafeFileHandle proc)
    {
        var process = plan.Process;
        var privileges = new InitPrivileges(process, plan.OwnMounts);
        privileges.PrepareStreams();
        privileges.EnterWorkingDirectory(mayMake: plan.OwnMounts || plan.RootPath.Length > 0 || plan.RootDescriptor >= 0);
        privileges.Drop();
        privileges.ReenterWorkingDirectory();
        var environment = CommandEnvironment.Complete(process);
        var command = CommandLookup.Find(process, environment);
        if (plan.StopBeforeExec && !Pause(InitMessage.ReadyToExec))
        {
            return 1;
        }

        if (process.StartDescriptor >= 0 && !WaitForStart(process.StartDescriptor))
        {
            return 1;
        }

        RunHooks(plan.StartContainerHooks, "created"u8);
        if (process.Stay)
        {
            // Nobody who shares this user may write into a process that shares memory with the command's guardian.
            const int SetDumpable = 4;
            SetupFailure.Check(ProcessCalls.TryControl(SetDumpable, 0), "prctl dumpable");
            OtherThreads.Run(privileges.DropThread, proc);
            privileges.Seal(channel);
            var child = Reaper.Start(command, process, environment);

            // Closed by the exec in the other case: the parent takes it for "the command runs".
            channel.Dispose();
            return Reaper.Watch(child, _children);
        }

        privileges.Seal(channel);
        throw CommandExec.Execute(command, process, environment);
    }

    private void EnterNamespaces()
    {
        if (Array.Exists(plan.Joins, static join => join.Descriptor >= 0))
        {
            // CVE-2016-9962: nobody in the namespaces that we join may look into this process.
            const int SetDumpable = 4;
            SetupFailure.Check(ProcessCalls.TryControl(SetDumpable, 0), "prctl dumpable");
        }

        var coming = new Queue<SafeFileHandle>(channel.ReceiveNamespaces(plan.Joins.Count(static join => join.Descriptor < 0)));
        foreach (var join in plan.Joins)
        {
            using var descriptor = join.Descriptor < 0 ? coming.Dequeue() : new SafeFileHandle(join.Descriptor, ownsHandle: true);
            if (join.Descriptor >= 0 && IsJoined(descriptor, (NamespaceFlags)join.Type))
            {
                continue;
            }

            SetupFailure.Check(ProcessCalls.TryJoin(descriptor, (NamespaceFlags)join.Type), "join namespace", join.Path);
        }

        if (plan.Unshare != 0)
        {
            SetupFailure.Check(ProcessCalls.TryUnshare((NamespaceFlags)plan.Unshare), "unshare namespaces");
        }

        if (plan.TimeOffsets.Length > 0)
        {
            using var offsets = FileCalls.Open("/proc/self/timens_offsets", OpenFlags.WriteOnly);
            SetupFailure.Check(FileCalls.TryWrite(offsets, plan.TimeOffsets), "set timeOffsets");
        }
    }

    // On the way into a user namespace what belongs to the outside was joined already, and can't be again.
    private static bool IsJoined(SafeFileHandle wanted, NamespaceFlags type)
    {
        var name = type switch
        {
            NamespaceFlags.Network => "net",
            NamespaceFlags.Ipc => "ipc",
            NamespaceFlags.Uts => "uts",
            NamespaceFlags.Cgroup => "cgroup",
            NamespaceFlags.Time => "time",
            _ => "mnt",
        };
        using var own = FileCalls.Open($"/proc/self/ns/{name}", OpenFlags.Path);
        return FileCalls.Status(own).Inode == FileCalls.Status(wanted).Inode;
    }

    private unsafe void NameSystem()
    {
        fixed (byte* name = plan.HostName, domain = plan.DomainName)
        {
            if (plan.HostName.Length > 0 && Libc.sethostname(name, (nuint)plan.HostName.Length) < 0
                && FileCalls.LastError() is var errno && !(plan.HostNameIsWish && errno == Errno.EPERM))
            {
                throw FileCalls.Failed("sethostname", plan.HostName, errno);
            }

            if (plan.DomainName.Length > 0 && Libc.setdomainname(domain, (nuint)plan.DomainName.Length) < 0)
            {
                throw FileCalls.Failed("setdomainname", plan.DomainName, FileCalls.LastError());
            }
        }
    }

    // runtime-spec, "State": hooks of the container's namespaces are told the number that the container sees.
    private void RunHooks(HookStep[] hooks, ReadOnlySpan<byte> status)
    {
        if (hooks.Length == 0)
        {
            return;
        }

        byte[] state = [.. plan.HookState, .. ",\"status\":\""u8, .. status, .. Encoding.ASCII.GetBytes($"\",\"pid\":{Environment.ProcessId}}}")];
        foreach (var hook in hooks)
        {
            HookRunner.Run(hook.Path, hook.Arguments, hook.Environment, hook.TimeoutSeconds, state);
        }
    }

    // From here on it is the caller of "start" that hears of failures.
    private bool WaitForStart(int descriptor)
    {
        using var listener = new SafeFileHandle(descriptor, ownsHandle: true);
        channel.Accept(listener);
        return channel.Receive(out _) == InitMessage.Continue;
    }

    private bool Pause(InitMessage message)
    {
        channel.Send(message);
        return channel.Receive(out _) == InitMessage.Continue;
    }
}
