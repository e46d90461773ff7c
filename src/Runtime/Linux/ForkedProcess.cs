namespace Bld.Runtime.Linux;

/// <summary>
/// A copy of this process, which only makes system calls and then becomes another program. No more is possible: of all threads only
/// the caller's is in the copy, so whatever waits for another one (a garbage collection, a lock of the allocator) would wait forever.
/// Therefore it is used only as the first act of a process, when there is nothing to wait for, and everything that the copy needs is
/// made before.
/// </summary>
internal static unsafe class ForkedProcess
{
    /// <summary>The child's parent is this process's parent.</summary>
    internal const int BesideThis = 0x8000;

    private const int SignalChild = 17;

    /// <summary>clone(2): the child's number in the parent, 0 in the child, negative when it failed.</summary>
    internal static int Clone(int flags)
    {
        // A signal for the parent is named only where this process is the parent.
        var signal = (flags & BesideThis) != 0 ? 0 : SignalChild;
        return (int)Libc.syscall(SystemCallNumber.Clone, flags | signal, 0, 0, 0, 0, 0);
    }

    /// <summary>Waits until a byte comes; false when the other end is gone.</summary>
    internal static bool WaitAt(int descriptor)
    {
        byte word;
        return Libc.syscall(SystemCallNumber.Read, descriptor, (nint)(&word), 1, 0, 0, 0) == 1;
    }

    /// <summary>Sends a number.</summary>
    internal static void Tell(int descriptor, int number) =>
        _ = Libc.syscall(SystemCallNumber.Write, descriptor, (nint)(&number), sizeof(int), 0, 0, 0);

    /// <summary>close(2).</summary>
    internal static void Close(int descriptor) => _ = Libc.syscall(SystemCallNumber.Close, descriptor, 0, 0, 0, 0, 0);

    /// <summary>setns(2).</summary>
    internal static bool TryJoin(int descriptor, NamespaceFlags type) =>
        Libc.syscall(SystemCallNumber.SetNs, descriptor, (nint)type, 0, 0, 0, 0) == 0;

    /// <summary>This process's number, as it was before any namespace was entered.</summary>
    internal static int Number() => (int)Libc.syscall(SystemCallNumber.GetProcess, 0, 0, 0, 0, 0, 0);

    /// <summary>Root of the user namespace: without it the exec would take all capabilities away.</summary>
    internal static void BecomeRoot()
    {
        _ = Libc.syscall(SystemCallNumber.SetResGid, 0, 0, 0, 0, 0, 0);
        _ = Libc.syscall(SystemCallNumber.SetResUid, 0, 0, 0, 0, 0, 0);
    }

    /// <summary>Die with the parent, which must be the one of that number now. To be set after the last change of identity, which clears it.</summary>
    internal static bool DieWith(int parent)
    {
        const int SetParentDeathSignal = 1;
        _ = Libc.prctl(SetParentDeathSignal, ProcessCalls.SignalKill, 0, 0, 0);
        return (int)Libc.syscall(SystemCallNumber.GetParent, 0, 0, 0, 0, 0, 0) == parent;
    }

    /// <summary>execve(2) of this program anew; comes back only when it failed, and then ends the process.</summary>
    internal static void BecomeThisProgram(byte* path, byte** arguments, byte** environment)
    {
        const int NotExecuted = 126;
        _ = Libc.execve(path, arguments, environment);
        Libc._exit(NotExecuted);
    }
}
