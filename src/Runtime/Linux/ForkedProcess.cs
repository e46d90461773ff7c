using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>
/// A child that only makes system calls and then becomes another program: a copy of this process, or one in its memory. No more is possible: of all threads only
/// the caller's is in the copy, so whatever waits for another one (a garbage collection, a lock of the allocator) would wait forever.
/// Therefore it is used only as the first act of a process, when there is nothing to wait for, or by one whose other threads run no
/// managed code; and everything that the copy needs is made before.
/// </summary>
internal static unsafe class ForkedProcess
{
    /// <summary>The child's parent is this process's parent.</summary>
    internal const int BesideThis = 0x8000;

    private const int SignalChild = 17;
    private const int StackSize = 16 << 10;

    /// <summary>
    /// Whether the child may do with this process's memory until its exec, as that of posix_spawn(3) does: no page table is copied, and no
    /// page afterwards. On x86-64 only, where a call of the kernel returns by what lies on the stack; and only where all code is there
    /// before it runs.
    /// </summary>
    private static bool SharesMemory => !RuntimeFeature.IsDynamicCodeCompiled && RuntimeInformation.ProcessArchitecture == Architecture.X64;

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
        var stack = stackalloc byte[StackSize];
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
            var start = new Start { Call = call, Next = new Successor(p, argv.Pointers, envp.Pointers, first, pairs.Length, failure) };
            if (SharesMemory)
            {
                // The child's first instruction is the end of the C library's syscall(), which goes where the top of the stack says; the
                // first argument is still in its register.
                var top = (nint*)(((nint)stack + StackSize - (2 * sizeof(nint))) & ~15);
                top[0] = (nint)(delegate*<Start*, void>)&Become;
                top[1] = 0;
                start.Call.Flags |= CloneArguments.ShareMemory;
                start.Call.Stack = (ulong)stack;
                start.Call.StackSize = (ulong)((byte*)top - stack);
            }

            using var _ = new BlockedSignals();
            process = (int)Libc.syscall(SystemCallNumber.Clone3, (nint)(&start), sizeof(CloneArguments), 0, 0, 0, 0);
            if (process == 0)
            {
                Become(&start);
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

    // In the child. All signals are blocked: the handlers of this program would speak to the other process through the pipe that they share.
    // Its calls leave no mark in the runtime's record of the thread, which may be the other process's too.
    private static void Become(Start* start)
    {
        const int NotExecuted = 126;
        const int SetMask = 2;
        const int LastSignal = 64;
        const int SetDescriptorFlags = 2;
        var next = &start->Next;
        var nothing = stackalloc ulong[4];
        for (var word = 0; word < 4; word++)
        {
            nothing[word] = 0;
        }

        // SIG_DFL and an empty mask.
        for (var signal = 1; signal <= LastSignal; signal++)
        {
            _ = Libc.CallUnseen(SystemCallNumber.SignalAction, signal, (nint)nothing, 0, sizeof(ulong));
        }

        _ = Libc.CallUnseen(SystemCallNumber.SignalMask, SetMask, (nint)nothing, 0, sizeof(ulong));
        for (var i = 0; i < next->Count; i++)
        {
            var pair = next->Descriptors[i];
            var result = pair.Source == pair.Target
                ? Libc.CallUnseen(SystemCallNumber.FControl, pair.Source, SetDescriptorFlags, 0, 0)
                : Libc.CallUnseen(SystemCallNumber.Duplicate, pair.Source, pair.Target, 0, 0);
            if (result < 0)
            {
                *next->Failure = Marshal.GetLastSystemError();
                _ = Libc.CallUnseen(SystemCallNumber.ExitGroup, NotExecuted, 0, 0, 0);
            }
        }

        _ = Libc.CallUnseen(SystemCallNumber.Execute, (nint)next->Path, (nint)next->Arguments, (nint)next->Environment, 0);
        *next->Failure = Marshal.GetLastSystemError();
        _ = Libc.CallUnseen(SystemCallNumber.ExitGroup, NotExecuted, 0, 0, 0);
    }

    /// <summary>The call, and behind it what is for the child: it gets the address of both.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Start
    {
        public CloneArguments Call;
        public Successor Next;
    }

    /// <summary>What a child becomes, in memory that it has.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Successor(byte* path, byte** arguments, byte** environment, (int Source, int Target)* descriptors, int count, int* failure)
    {
        public readonly byte* Path = path;
        public readonly byte** Arguments = arguments;
        public readonly byte** Environment = environment;
        public readonly (int Source, int Target)* Descriptors = descriptors;
        public readonly int Count = count;
        public readonly int* Failure = failure;
    }

    /// <summary>struct clone_args of clone3(2), as Linux 5.7 has it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct CloneArguments
    {
        internal const ulong IntoCgroup = 0x200000000;

        /// <summary>CLONE_VM.</summary>
        internal const ulong ShareMemory = 0x100;

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
