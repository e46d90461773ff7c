using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>Signals, reaping and small files of a process.</summary>
internal static unsafe partial class ProcessCalls
{
    internal const int SignalChild = 17;
    private const int SignalSetBytes = 128;
    private const int LastSignal = 64;

    /// <summary>Gives every ignored signal its default back and empties the mask: both would survive an exec.</summary>
    internal static void RestoreDefaultSignals()
    {
        const nint Ignored = 1;
        for (var signal = 1; signal <= LastSignal; signal++)
        {
            if (HandlerOf(signal) == Ignored)
            {
                SetDefault(signal);
            }
        }

        EmptyMask();
    }

    /// <summary>Blocks all signals of this thread, and of what it execs.</summary>
    internal static void BlockAllSignals()
    {
        const int SetMask = 2;
        var all = stackalloc byte[SignalSetBytes];
        Libc.sigfillset(all);
        _ = Libc.sigprocmask(SetMask, all, null);
    }

    /// <summary>sigwaitinfo(2) for any signal, all of which are blocked.</summary>
    internal static int WaitForSignal()
    {
        var all = stackalloc byte[SignalSetBytes];
        Libc.sigfillset(all);
        int signal;
        do
        {
            signal = Libc.sigwaitinfo(all, null);
        }
        while (signal < 0);
        return signal;
    }

    /// <summary>Reaps one ended child, if there is one: its number and exit code (128 and the signal that killed it).</summary>
    internal static bool TryReap(out int child, out int code)
    {
        const int Any = 0;
        const int ExitedWithoutWaiting = 4 | 1;
        const int ChildExited = 1;
        var info = stackalloc byte[128];
        new Span<byte>(info, 128).Clear();
        var found = Libc.waitid(Any, 0, info, ExitedWithoutWaiting, null) == 0 && ((int*)info)[4] != 0;
        child = ((int*)info)[4];
        code = ((int*)info)[2] == ChildExited ? ((int*)info)[6] : 128 + ((int*)info)[6];
        return found;
    }

    /// <summary>posix_spawn(3) into a process group of its own, with all descriptors as they are and signals at their defaults.</summary>
    internal static Errno TrySpawnGroup(ReadOnlySpan<byte> path, byte[][] arguments, byte[][] environment, out int process)
    {
        const short NewGroupAndSignals = 0x02 | 0x04 | 0x08;
        var attributes = stackalloc byte[512];
        SetAttributes(attributes, cgroup: null);
        Libc.posix_spawnattr_setflags(attributes, NewGroupAndSignals);
        using var argv = new CStringArray(arguments);
        using var envp = new CStringArray(environment);
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        int child;
        int errno;
        fixed (byte* p = name)
        {
            errno = Libc.posix_spawn(&child, p, null, attributes, argv.Pointers, envp.Pointers);
        }

        Libc.posix_spawnattr_destroy(attributes);
        process = errno == 0 ? child : -1;
        return (Errno)errno;
    }

    /// <summary>A file in memory that holds the bytes, read from its start.</summary>
    internal static SafeFileHandle MakeMemoryFile(ReadOnlySpan<byte> content)
    {
        var file = MakeSealableFile();
        FileCalls.WriteAll(file, content);
        FileCalls.Seek(file, 0);
        return file;
    }

    /// <summary>An empty file in memory that can be sealed.</summary>
    internal static SafeFileHandle MakeSealableFile()
    {
        const int CloseOnExecAllowSealing = 1 | 2;
        ReadOnlySpan<byte> name = "bld\0"u8;
        fixed (byte* n = name)
        {
            var descriptor = Libc.syscall(SystemCallNumber.MemFdCreate, (nint)n, CloseOnExecAllowSealing, 0, 0, 0, 0);
            return descriptor >= 0
                ? new SafeFileHandle(descriptor, ownsHandle: true)
                : throw FileCalls.Failed("memfd_create", default, FileCalls.LastError());
        }
    }

    /// <summary>Forbids every further change of a file in memory: its content, its size and its seals.</summary>
    internal static void Seal(SafeFileHandle file)
    {
        const int AddSeals = 1033;
        const int SealShrinkGrowWrite = 1 | 2 | 4 | 8;
        if (Libc.fcntl(file, AddSeals, SealShrinkGrowWrite) < 0)
        {
            throw FileCalls.Failed("seal", default, FileCalls.LastError());
        }
    }

    // The system call, because the C library refuses to touch the two that its threads use, and leaves them ignored in what it spawns.
    private static nint HandlerOf(int signal)
    {
        var action = default(KernelAction);
        return Libc.syscall(SystemCallNumber.SignalAction, signal, 0, (nint)(&action), sizeof(ulong), 0, 0) < 0 ? 0 : action.Handler;
    }

    private static void SetDefault(int signal)
    {
        var action = default(KernelAction);
        _ = Libc.syscall(SystemCallNumber.SignalAction, signal, (nint)(&action), 0, sizeof(ulong), 0, 0);
    }

    private static void EmptyMask()
    {
        const int SetMask = 2;
        var empty = stackalloc byte[SignalSetBytes];
        Libc.sigemptyset(empty);
        _ = Libc.sigprocmask(SetMask, empty, null);
    }

    /// <summary>struct sigaction of the kernel; SIG_DFL is 0, SIG_IGN 1.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct KernelAction
    {
        public nint Handler;
        public ulong Flags;
        public nint Restorer;
        public ulong Mask;
    }
}
