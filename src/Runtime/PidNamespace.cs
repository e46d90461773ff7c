using Bld.Runtime.Init;
using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime;

/// <summary>The pid namespace of this thread's next child. It must exist before the child does, so init can't make it itself.</summary>
internal readonly struct PidNamespace
{
    private readonly SafeFileHandle? _own;

    private PidNamespace(SafeFileHandle own) => _own = own;

    /// <summary>Whether a spec wants one that exists.</summary>
    internal static bool IsJoined(ContainerSpec spec) => UserNamespaceSpawn.Find(spec, "pid") is { Path: { Length: > 0 } };

    /// <summary>Whether a spec wants a new one.</summary>
    internal static bool IsNew(ContainerSpec spec) => UserNamespaceSpawn.Find(spec, "pid") is { Path: null or "" };

    /// <summary>Unshares or joins, as the spec says.</summary>
    internal static PidNamespace Enter(ContainerSpec spec)
    {
        foreach (var item in spec.Linux?.Namespaces ?? [])
        {
            if (item.Type != "pid")
            {
                continue;
            }

            if (string.IsNullOrEmpty(item.Path))
            {
                return EnterNew();
            }

            var own = FileCalls.Open("/proc/thread-self/ns/pid", OpenFlags.ReadOnly);
            using var other = FileCalls.Open(item.Path, OpenFlags.ReadOnly);
            SetupFailure.Check(ProcessCalls.TryJoin(other, NamespaceFlags.Pid), $"join namespace {item.Path}");
            return new PidNamespace(own);
        }

        return default;
    }

    /// <summary>Unshares.</summary>
    internal static PidNamespace EnterNew()
    {
        var own = FileCalls.Open("/proc/thread-self/ns/pid", OpenFlags.ReadOnly);
        SetupFailure.Check(ProcessCalls.TryUnshare(NamespaceFlags.Pid), "unshare pid namespace");
        return new PidNamespace(own);
    }

    /// <summary>
    /// Back to this process's own, so that the thread may start threads again. Inside a user namespace that does not own it
    /// the kernel refuses, and the thread does without.
    /// </summary>
    internal void Leave()
    {
        if (_own is not null)
        {
            _ = ProcessCalls.TryJoin(_own, NamespaceFlags.Pid);
            _own.Dispose();
        }
    }
}
