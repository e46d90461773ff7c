using Bld.Runtime.Cgroups;
using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Rootless;
using Bld.Runtime.Spec;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime;

/// <summary>The parent's side of <see cref="NamespaceEntry"/>: starts a process in a user namespace and maps its ids.</summary>
internal static class UserNamespaceSpawn
{
    /// <summary>Whether a spec asks for a user namespace, new or joined.</summary>
    internal static bool IsWanted(ContainerSpec spec) => Find(spec, "user") is not null;

    /// <summary>Starts a container's init; gives its number.</summary>
    /// <param name="executable">What it is started from.</param>
    /// <param name="spec">Says which namespaces.</param>
    /// <param name="inherited">What it gets; the namespaces to join are among it.</param>
    /// <param name="channel">Init's number of its channel.</param>
    /// <param name="birthplace">Where it is born; null for this process's own cgroup.</param>
    internal static int Start(SafeFileHandle executable, ContainerSpec spec, InheritedDescriptors inherited, int channel, Birthplace? birthplace)
    {
        var (ours, theirs) = ProcessCalls.SocketPair();
        using (ours)
        {
            var isNew = string.IsNullOrEmpty(Find(spec, "user")!.Path);
            var newPids = Find(spec, "pid") is { } pids && string.IsNullOrEmpty(pids.Path);
            var users = inherited.Joins.Find(static join => join.Type == (int)NamespaceFlags.User);
            using (theirs)
            {
                inherited.Add(theirs);
                var arguments = NamespaceEntry.Arguments(
                    inherited.Number(theirs), channel, isNew, newPids, inherited.PidNamespace, users?.Descriptor ?? -1,
                    inherited.Joins.Where(static join => join.Type is not ((int)NamespaceFlags.User or (int)NamespaceFlags.Mount)));
                Spawn(executable, arguments, inherited.Pairs, birthplace);
                inherited.Release(theirs);
            }

            var process = ReceiveNumber(ours, !isNew && (newPids || inherited.PidNamespace >= 0));
            if (isNew)
            {
                Map(process, spec.Linux?.UidMappings ?? [], spec.Linux?.GidMappings ?? []);
            }

            FileCalls.WriteAll(ours, [1]);
            return process;
        }
    }

    /// <summary>Makes a user namespace that no process is in.</summary>
    internal static SafeFileHandle Make(IReadOnlyList<IdMapping> users, IReadOnlyList<IdMapping> groups)
    {
        using var inherited = new InheritedDescriptors();
        using var executable = InitExecutable.Open(InitProgramPlace.Path);
        var (ours, theirs) = ProcessCalls.SocketPair();
        using (ours)
        {
            using (theirs)
            {
                inherited.Add(theirs);
                Spawn(executable, NamespaceEntry.Arguments(inherited.Number(theirs), -1, isNew: true, newPids: false, -1, -1, []), inherited.Pairs, birthplace: null);
                inherited.Dispose();
            }

            var process = ReceiveNumber(ours, twice: false);
            try
            {
                IdMaps.Write(process, users, groups);
                return FileCalls.Open($"/proc/{process}/ns/user", OpenFlags.ReadOnly);
            }
            finally
            {
                // It ends when its gate closes.
                ours.Dispose();
                _ = ProcessCalls.WaitForExit(process);
            }
        }
    }

    internal static NamespaceSpec? Find(ContainerSpec spec, string type) => spec.Linux?.Namespaces?.FirstOrDefault(item => item.Type == type);

    private static void Map(int process, IReadOnlyList<IdMapping> users, IReadOnlyList<IdMapping> groups)
    {
        if (users.Count == 0 || groups.Count == 0)
        {
            throw new ContainerException("a new user namespace needs uidMappings and gidMappings", "user namespace");
        }

        IdMaps.Write(process, users, groups);
    }

    private static void Spawn(SafeFileHandle executable, byte[][] arguments, List<(int, int)> descriptors, Birthplace? birthplace)
    {
        SetupFailure.Check(InitExecutable.TrySpawn(executable, arguments, descriptors, birthplace, out var process), "spawn a process for a user namespace");
        _ = ProcessCalls.WaitForExit(process);
    }

    // The copies are children of this process: the first one's end has to be waited for when there is a second.
    private static int ReceiveNumber(SafeFileHandle gate, bool twice)
    {
        var first = 0;
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        for (var i = 0; i < (twice ? 2 : 1); i++)
        {
            if (SocketCalls.Receive(gate, bytes) != sizeof(int))
            {
                throw new ContainerException("the process for a user namespace ended before it was there", "user namespace");
            }

            var number = BitConverter.ToInt32(bytes);
            if (number < 0)
            {
                throw new SetupFailure("enter a user namespace", "", (Errno)(-number));
            }

            if ((number & NamespaceEntry.SecondCopy) == 0)
            {
                first = number;
            }
            else if (first == 0)
            {
                // The second was quicker with its word: the next one is the first's.
                var second = number & ~NamespaceEntry.SecondCopy;
                _ = ProcessCalls.WaitForExit(ReceiveNumber(gate, twice: false));
                return second;
            }
            else
            {
                _ = ProcessCalls.WaitForExit(first);
                return number & ~NamespaceEntry.SecondCopy;
            }
        }

        return first;
    }
}
