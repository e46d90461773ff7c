using System.Text;

using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Security;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Plans;

/// <summary>Works a spec out into init's plan: names become numbers, text becomes bytes, defaults become explicit.</summary>
internal sealed class PlanBuilder(ContainerRequest request, InheritedDescriptors inherited)
{
    private readonly ContainerSpec _spec = request.Spec;
    private readonly LinuxSpec _linux = request.Spec.Linux ?? new LinuxSpec();

    internal InitPlan Build()
    {
        var plan = new InitPlan
        {
            HostName = Bytes(_spec.Hostname),
            DomainName = Bytes(_spec.Domainname),
            HostNameIsWish = request.HostNameIsWish,
            NoPivot = request.NoPivot,
            RootReadOnly = _spec.Root?.Readonly ?? false,
            RootPropagation = MountOptions.Parse([_linux.RootfsPropagation ?? ""]).PropagationWithDepth,
            MaskedPaths = Paths(_linux.MaskedPaths),
            ReadOnlyPaths = Paths(_linux.ReadonlyPaths),
            Process = new ProcessPlanner(request, inherited).Plan(),
        };
        PlanNamespaces(plan);
        plan.Sysctls = new Sysctls(_linux, (NamespaceFlags)plan.Unshare).Plan();
        PlanRoot(plan);
        plan.Mounts = new MountPlanner(request, inherited).Plan();
        // A /dev that is bound is somebody's who made its nodes.
        plan.MakeDevices = plan.OwnMounts && !plan.Mounts.Any(static mount => mount.Kind is (int)MountKind.Bind or (int)MountKind.Tree && mount.Destination.AsSpan().SequenceEqual("/dev"u8));
        plan.Devices = DevicePlanner.Plan(_linux.Devices ?? []);
        HostHooks.Plan(plan, request);
        SecurityLabels.Plan(plan, _spec.Process, request.Warn);
        return plan;
    }

    internal static byte[] Bytes(string? text) => text is null ? [] : Encoding.UTF8.GetBytes(text);

    private void PlanNamespaces(InitPlan plan)
    {
        var flags = NamespaceFlags.None;
        foreach (var item in _linux.Namespaces ?? [])
        {
            var type = Namespaces.Parse(item.Type);
            if (type == NamespaceFlags.Network && request.Network != NetworkMode.FromSpec)
            {
                continue;
            }

            if (type is NamespaceFlags.Pid or NamespaceFlags.User)
            {
                continue;
            }

            if (string.IsNullOrEmpty(item.Path))
            {
                flags |= type;
            }
        }

        if (request.Network is NetworkMode.None or NetworkMode.Private)
        {
            flags |= NamespaceFlags.Network;
        }

        plan.Unshare = (int)flags;
        plan.Joins = [.. inherited.Joins.Where(static join => join.Type != (int)NamespaceFlags.User)];
        plan.TimeOffsets = TimeOffsets();
        plan.OwnMounts = flags.HasFlag(NamespaceFlags.Mount);
        plan.BringLoopbackUp = flags.HasFlag(NamespaceFlags.Network);
    }

    private void PlanRoot(InitPlan plan)
    {
        if (request.Root is not null)
        {
            plan.RootDescriptor = inherited.Number(request.Root);
            return;
        }

        if (inherited.Root >= 0)
        {
            plan.RootDescriptor = inherited.Root;
            return;
        }

        if (_linux.Namespaces?.Any(static item => item.Type == "mount" && !string.IsNullOrEmpty(item.Path)) == true)
        {
            // The joined namespace brings its own.
            return;
        }

        plan.RootPath = Bytes(_spec.Root?.Path ?? throw new ContainerException("the container has no root: neither a mount nor a path"));
    }

    private byte[] TimeOffsets()
    {
        var text = new StringBuilder();
        foreach (var (clock, offset) in _linux.TimeOffsets ?? new Dictionary<string, TimeOffsetSpec>())
        {
            text.Append(clock).Append(' ').Append(offset.Secs).Append(' ').Append(offset.Nanosecs).Append('\n');
        }

        return Bytes(text.ToString());
    }

    private static byte[][] Paths(IReadOnlyList<string>? paths)
    {
        var result = new byte[paths?.Count ?? 0][];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = Bytes(paths![i]);
        }

        return result;
    }
}
