using Bld.Runtime.Cgroups;
using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Networks;
using Bld.Runtime.Plans;
using Bld.Runtime.Security;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime;

/// <summary>The parent's half of a start: gives init its plan and does what only the parent can.</summary>
internal sealed class ContainerStart(ContainerRequest request, InheritedDescriptors inherited, InitChannel channel, int process, ContainerCgroup? cgroup)
{
    /// <summary>Opens and numbers all descriptors that init is to find, but for its channel.</summary>
    internal static List<(int Source, int Target)> CollectDescriptors(ContainerRequest request, InheritedDescriptors inherited)
    {
        if (request.Root is not null)
        {
            inherited.Add(request.Root);
        }

        foreach (var mount in request.Mounts)
        {
            if (mount.Tree is not null)
            {
                inherited.Add(mount.Tree);
            }
        }

        if (request.ConsoleSocket is not null)
        {
            inherited.Add(request.ConsoleSocket);
        }

        if (request.StartSocket is not null)
        {
            inherited.Add(request.StartSocket);
        }

        AddNamespaces(request, inherited);
        SeccompListener.Connect(request.Spec.Linux?.Seccomp, inherited);
        ReachableTrees.Add(request, inherited);
        AddStreams(request, inherited);
        AddPreserved(request.PreservedDescriptors, inherited);
        return inherited.Pairs;
    }

    /// <summary>Returns when the command runs, or when it waits at the socket of the request.</summary>
    internal void Perform()
    {
        ResourceLimits.Apply(process, request.Spec.Process);
        var plan = new PlanBuilder(request, inherited).Build();
        plan.StopAfterNamespaces = request.Network == NetworkMode.Private || HostHooks.AreWanted(request.Spec);
        plan.StopBeforeExec = request.Ready is not null;
        if (inherited.SeccompSocket >= 0)
        {
            plan.Process.SeccompSocket = inherited.SeccompSocket;
            plan.Process.SeccompState = HostHooks.ProcessState(request, process);
        }

        using (var ahead = NamespacesAhead.Make(request, plan))
        {
            var codec = new PlanCodec();
            plan.Exchange(codec);
            channel.Send(InitMessage.Plan, codec.Written);
            ahead?.Send(channel);
        }

        var ready = request.Ready?.Invoke(process, cgroup?.Directories ?? []);
        while (true)
        {
            switch (channel.Receive(out var payload))
            {
                case InitMessage.ReadyToExec:
                    ready?.Invoke();
                    channel.Send(InitMessage.Continue);
                    if (request.StartSocket is not null)
                    {
                        return;
                    }

                    break;
                case InitMessage.Closed:
                    HostHooks.RunStarted(request, process);
                    return;
                case InitMessage.Failure:
                    var failure = new SetupFailure();
                    failure.Exchange(new PlanCodec(payload));
                    throw failure;
                case InitMessage.NamespacesReady:
                    if (request.Network == NetworkMode.Private)
                    {
                        PrivateNetwork.Configure(process);
                    }

                    HostHooks.RunBefore(request, process);
                    channel.Send(InitMessage.Continue);
                    break;
                default:
                    channel.Send(InitMessage.Continue);
                    break;
            }
        }
    }

    // Opened all before any is joined: what lies behind the paths may not be reachable afterwards.
    private static void AddNamespaces(ContainerRequest request, InheritedDescriptors inherited)
    {
        foreach (var item in request.Spec.Linux?.Namespaces ?? [])
        {
            var type = Namespaces.Parse(item.Type);
            var isReplaced = type == NamespaceFlags.Network && request.Network != NetworkMode.FromSpec;
            if (string.IsNullOrEmpty(item.Path) || isReplaced || (type == NamespaceFlags.Pid && !UserNamespaceSpawn.IsWanted(request.Spec)))
            {
                continue;
            }

            var errno = FileCalls.TryOpen(FileCalls.CurrentDirectory, PlanBuilder.Bytes(item.Path), OpenFlags.ReadOnly, 0, out var handle);
            SetupFailure.Check(errno, $"open {item.Type} namespace {item.Path}");
            inherited.Keep(handle);
            inherited.Add(handle);
            if (type == NamespaceFlags.Pid)
            {
                inherited.PidNamespace = inherited.Number(handle);
                continue;
            }

            inherited.Joins.Add(new JoinStep
            {
                Descriptor = inherited.Number(handle),
                Type = (int)type,
                Path = PlanBuilder.Bytes(item.Path),
            });
        }
    }

    private static void AddPreserved(int count, InheritedDescriptors inherited)
    {
        const int First = 3;
        const int Most = 1 << 20;
        if (count is < 0 or > Most)
        {
            throw new ContainerException($"{(uint)count} descriptors can't be kept: a process has at most {Most}");
        }

        for (var number = First; number < First + count; number++)
        {
            // What this program opened itself is close-on-exec, and nobody's to keep.
            if (!ProcessCalls.IsInherited(number))
            {
                throw new ContainerException($"descriptor {number} of the {count} to be kept was not given to this program");
            }

            inherited.Pairs.Add((number, number));
        }
    }

    private static void AddStreams(ContainerRequest request, InheritedDescriptors inherited)
    {
        SafeFileHandle? nothing = null;
        SafeFileHandle?[] streams = [request.Input, request.Output, request.Error];
        for (var number = 0; number < streams.Length; number++)
        {
            if (streams[number] is null && nothing is null)
            {
                nothing = FileCalls.Open("/dev/null", OpenFlags.ReadWrite);
                inherited.Keep(nothing);
            }

            inherited.AddStream(streams[number] ?? nothing!, number);
        }
    }
}
