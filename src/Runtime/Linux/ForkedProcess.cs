using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>
/// A copy of this process, which only makes system calls and then becomes another program. No more is possible: of all threads only
/// the caller's is in the copy, so whatever waits for another one (a garbage collection, a lock of the allocator) would wait forever.
/// Therefore it is used only as the first act of a process, when there is nothing to wait for, or by one whose other threads run no
/// managed code; and everything that the copy needs is made before.
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

    /// <summary>Whether there is clone3(2): filters of containers refuse it, as they can't look into its arguments.</summary>
    internal static bool IsPossible => Libc.syscall(SystemCallNumber.Clone3, 0, 0, 0, 0, 0, 0) < 0 && FileCalls.LastError() == Errno.EINVAL;

    /// <summary>
    /// clone3(2) and execve(2), into a directory of cgroup v2 and into new namespaces, which posix_spawn(3) can't or not everywhere: else as
    /// <see cref="ProcessCalls.TrySpawn(ReadOnlySpan{byte}, IReadOnlyList{byte[]}, IReadOnlyList{byte[]}, IReadOnlyList{ValueTuple{int, int}}, SafeFileHandle, out int)"/>.
    /// </summary>
    internal static Errno TrySpawn(
        ReadOnlySpan<byte> path,
        IReadOnlyList<byte[]> arguments,
        IReadOnlyList<byte[]> environment,
        IReadOnlyList<(int Source, int Target)> descriptors,
        NamespaceFlags namespaces,
        SafeFileHandle? cgroup,
        out int process)
    {
        process = -1;

        // What the copy writes here this process reads: why there was no exec.
        using var nobody = new SafeFileHandle(-1, ownsHandle: false);
        var failure = (int*)Libc.mmap(null, sizeof(int), Libc.ProtectReadWrite, Libc.MapShared | Libc.MapAnonymous, nobody, 0);
        if (failure == Libc.MapFailed)
        {
            return FileCalls.LastError();
        }

        using var argv = new CStringArray(arguments);
        using var envp = new CStringArray(environment);
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        var call = new CloneArguments { Flags = CloneArguments.WaitForExec | (ulong)namespaces, ExitSignal = SignalChild };
        if (cgroup is not null)
        {
            call.Flags |= CloneArguments.IntoCgroup;
            call.Cgroup = (ulong)cgroup.DangerousGetHandle();
        }

        (int Source, int Target)[] pairs = [.. descriptors];
        var errno = Errno.None;
        fixed (byte* p = name)
        fixed ((int, int)* first = pairs)
        {
            var next = new Successor(p, argv.Pointers, envp.Pointers, first, pairs.Length, failure);
            using var _ = new BlockedSignals();
            process = (int)Libc.syscall(SystemCallNumber.Clone3, (nint)(&call), sizeof(CloneArguments), 0, 0, 0, 0);
            if (process == 0)
            {
                Become(next);
            }

            errno = process < 0 ? FileCalls.LastError() : (Errno)(*failure);
        }

        Libc.munmap(failure, sizeof(int));
        if (errno != Errno.None && process > 0)
        {
            ProcessCalls.WaitForExit(process);
            process = -1;
        }

        return errno;
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

    // In the copy. All signals are blocked: the handlers of this program would speak to the other process through the pipe that they share.
    private static void Become(in Successor next)
    {
        const int NotExecuted = 126;
        ProcessCalls.ResetSignals();
        for (var i = 0; i < next.Count; i++)
        {
            const int SetDescriptorFlags = 2;
            var (source, target) = next.Descriptors[i];
            if ((source == target ? (int)Libc.syscall(SystemCallNumber.FControl, source, SetDescriptorFlags, 0, 0, 0, 0) : Libc.dup3(source, target, 0)) < 0)
            {
                *next.Failure = (int)FileCalls.LastError();
                Libc._exit(NotExecuted);
            }
        }

        _ = Libc.execve(next.Path, next.Arguments, next.Environment);
        *next.Failure = (int)FileCalls.LastError();
        Libc._exit(NotExecuted);
    }

    /// <summary>What a copy becomes, in memory that it has.</summary>
    private readonly struct Successor(byte* path, byte** arguments, byte** environment, (int Source, int Target)* descriptors, int count, int* failure)
    {
        internal byte* Path => path;

        internal byte** Arguments => arguments;

        internal byte** Environment => environment;

        internal (int Source, int Target)* Descriptors => descriptors;

        internal int Count => count;

        internal int* Failure => failure;
    }

    /// <summary>struct clone_args of clone3(2), as Linux 5.7 has it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct CloneArguments
    {
        internal const ulong IntoCgroup = 0x200000000;

        /// <summary>CLONE_VFORK: this process goes on when the copy has become what it is to be, or has ended.</summary>
        internal const ulong WaitForExec = 0x4000;

        public ulong Flags;
        public ulong ProcessDescriptor;
        public ulong ChildThread;
        public ulong ParentThread;
        public ulong ExitSignal;
        public ulong Stack;
        public ulong StackSize;
        public ulong ThreadLocals;
        public ulong SetThreads;
        public ulong SetThreadsCount;
        public ulong Cgroup;
    }
}
