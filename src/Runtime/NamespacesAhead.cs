using Bld.Runtime.Cgroups;
using Bld.Runtime.Init;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime;

/// <summary>
/// A container's network and ipc namespaces, made by the parent while init starts up: of all that init makes they take the kernel longest, half a
/// millisecond. Init joins them (docs/decisions/0053).
/// </summary>
internal sealed class NamespacesAhead : IDisposable
{
    private const NamespaceFlags Worthwhile = NamespaceFlags.Network | NamespaceFlags.Ipc;

    /// <summary>Init gets the descriptors at its lowest free numbers, which a limit on open files must leave it.</summary>
    private const ulong LeastFiles = 64;

    private readonly List<SafeFileHandle> _made = [];

    private NamespacesAhead()
    {
    }

    /// <summary>Makes what the plan leaves to init, and has the plan say so; null where that stays init's own task.</summary>
    /// <exception cref="LinuxException">This thread could not come back into its own.</exception>
    internal static NamespacesAhead? Make(ContainerRequest request, InitPlan plan)
    {
        var flags = (NamespaceFlags)plan.Unshare & Worthwhile;
        if (flags == NamespaceFlags.None || !IsPossible(request))
        {
            return null;
        }

        NamespaceFlags[] types = [.. new[] { NamespaceFlags.Network, NamespaceFlags.Ipc }.Where(type => flags.HasFlag(type))];
        var ahead = new NamespacesAhead();
        try
        {
            if (!ahead.TryFill(types, flags))
            {
                return null;
            }
        }
        catch
        {
            ahead.Dispose();
            throw;
        }

        plan.Unshare &= ~(int)flags;
        plan.BringLoopbackUp = false;
        plan.Joins = [.. plan.Joins, .. types.Select(static type => new JoinStep { Type = (int)type })];
        return ahead;
    }

    /// <summary>Sends them behind the plan.</summary>
    internal void Send(InitChannel channel) => channel.SendNamespaces(_made);

    /// <inheritdoc/>
    public void Dispose() => _made.ForEach(static each => each.Dispose());

    // The thread has to come back, for which it takes root's rights over the namespaces that it leaves.
    private static bool IsPossible(ContainerRequest request) =>
        request.IsAlone && !UserNamespaceSpawn.IsWanted(request.Spec) && CgroupName.IsFullRoot()
        && request.Spec.Process?.Rlimits?.Any(static limit => limit.Type == "RLIMIT_NOFILE" && limit.Soft < LeastFiles) != true;

    private bool TryFill(NamespaceFlags[] types, NamespaceFlags flags)
    {
        var own = Array.ConvertAll(types, Open);
        try
        {
            // What the kernel refuses here it refuses init, who tells.
            if (ProcessCalls.TryUnshare(flags) != Errno.None)
            {
                return false;
            }

            try
            {
                _made.AddRange(types.Select(Open));
                if (flags.HasFlag(NamespaceFlags.Network))
                {
                    NetworkCalls.BringLoopbackUp();
                }
            }
            finally
            {
                for (var i = 0; i < types.Length; i++)
                {
                    SetupFailure.Check(ProcessCalls.TryJoin(own[i], types[i]), "return to the own namespace");
                }
            }

            return true;
        }
        finally
        {
            Array.ForEach(own, static each => each.Dispose());
        }
    }

    private static SafeFileHandle Open(NamespaceFlags type) =>
        FileCalls.Open(type == NamespaceFlags.Network ? "/proc/thread-self/ns/net" : "/proc/thread-self/ns/ipc", OpenFlags.ReadOnly);
}
