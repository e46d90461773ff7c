using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Networks;
using Bld.Runtime.Plans;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime;

/// <summary>The parent's half of a start: gives init its plan and does what only the parent can.</summary>
internal sealed class ContainerStart(ContainerRequest request, InheritedDescriptors inherited, InitChannel channel, int process)
{
    /// <summary>Opens and numbers all descriptors that init is to find.</summary>
    internal static List<(int Source, int Target)> CollectDescriptors(
        ContainerRequest request, InheritedDescriptors inherited, SafeFileHandle socket)
    {
        inherited.Add(socket);
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

        AddStreams(request, inherited);
        for (var i = 0; i < request.PreservedDescriptors; i++)
        {
            inherited.Pairs.Add((3 + i, 3 + i));
        }

        return inherited.Pairs;
    }

    /// <summary>Returns when the command runs.</summary>
    internal void Perform()
    {
        ResourceLimits.Apply(process, request.Spec.Process);
        var plan = new PlanBuilder(request, inherited).Build();
        plan.StopAfterNamespaces = request.Network == NetworkMode.Private;
        var codec = new PlanCodec();
        plan.Exchange(codec);
        channel.Send(InitMessage.Plan, codec.Written);
        while (true)
        {
            switch (channel.Receive(out var payload))
            {
                case InitMessage.Closed:
                    return;
                case InitMessage.Failure:
                    var failure = new SetupFailure();
                    failure.Exchange(new PlanCodec(payload));
                    throw failure;
                case InitMessage.NamespacesReady:
                    PrivateNetwork.Configure(process);
                    channel.Send(InitMessage.Continue);
                    break;
                default:
                    channel.Send(InitMessage.Continue);
                    break;
            }
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
