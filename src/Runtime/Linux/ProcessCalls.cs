using System.Runtime.InteropServices;
using System.Text;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>Calls about processes, their namespaces and their descriptors.</summary>
internal static unsafe partial class ProcessCalls
{
    internal const int SignalKill = 9;

    // glibc 2.39; what is built on an older one uses it all the same where it is.
    private static readonly Lazy<nint> SetSpawnCgroup = new(static () =>
        NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "posix_spawnattr_setcgroup_np", out var address) ? address : 0);

    /// <summary>Whether the C library can start a process in another cgroup (clone3(2), CLONE_INTO_CGROUP).</summary>
    internal static bool CanSpawnIntoCgroup => SetSpawnCgroup.Value != 0;

    /// <summary>unshare(2).</summary>
    internal static Errno TryUnshare(NamespaceFlags flags) => Result(Libc.unshare((int)flags));

    /// <summary>setns(2) of one kind.</summary>
    internal static Errno TryJoin(SafeFileHandle descriptor, NamespaceFlags type)
    {
        const int OwnRootAndDirectory = 0x200;
        if (type == NamespaceFlags.Mount && Libc.unshare(OwnRootAndDirectory) < 0)
        {
            // A thread that shares its root with others may not change what the root lies in.
            return FileCalls.LastError();
        }

        return Result(Libc.setns(descriptor, (int)type));
    }

    /// <summary>pidfd_open(2): names the process even after its number is used again.</summary>
    internal static Errno TryOpenProcess(int process, out SafeFileHandle descriptor)
    {
        var result = Libc.syscall(SystemCallNumber.PidFdOpen, process, 0, 0, 0, 0, 0);
        descriptor = result < 0 ? new SafeFileHandle() : new SafeFileHandle(result, ownsHandle: true);
        return Result(result);
    }

    /// <summary>pidfd_send_signal(2).</summary>
    internal static Errno TrySignal(SafeFileHandle process, int signal) =>
        Result(Libc.syscall(SystemCallNumber.PidFdSendSignal, process.DangerousGetHandle(), signal, 0, 0, 0, 0));

    /// <summary>
    /// waitid(2) of a child by number, until it ended: its exit code, or 128 and the signal that killed it.
    /// </summary>
    internal static int WaitForExit(int process)
    {
        const int ById = 1;
        const int Exited = 4;
        const int ChildExited = 1;
        var info = stackalloc byte[128];
        while (Libc.waitid(ById, (uint)process, info, Exited, null) < 0)
        {
            if (FileCalls.LastError() != Errno.EINTR)
            {
                throw FileCalls.Failed("waitid", default, FileCalls.LastError());
            }
        }

        // siginfo_t: signo, errno, code, pad, pid, uid, status.
        var code = ((int*)info)[2];
        var status = ((int*)info)[6];
        return code == ChildExited ? status : 128 + status;
    }

    /// <summary>Whether a child has ended; it stays to be waited for.</summary>
    internal static bool HasEnded(int process)
    {
        const int ById = 1;
        const int ExitedNoHangNoWait = 4 | 1 | 0x01000000;
        var info = stackalloc byte[128];
        // siginfo_t begins with the signal, which stays 0 while there is nothing to tell.
        ((int*)info)[0] = 0;
        return Libc.waitid(ById, (uint)process, info, ExitedNoHangNoWait, null) < 0 || ((int*)info)[0] != 0;
    }

    /// <summary>
    /// Where numbers begin that <see cref="DuplicateHigh"/> gives. Below 64, with which a process starts: to make room for more, the kernel
    /// has a process of several threads wait until all processors have left what they were reading (5 to 12 ms).
    /// </summary>
    internal const int High = 32;

    /// <summary>A copy of a descriptor at <see cref="High"/> or above, close-on-exec: low numbers belong to standard streams and preserved ones.</summary>
    internal static SafeFileHandle DuplicateHigh(SafeFileHandle file)
    {
        const int DuplicateCloseOnExec = 1030;
        var copy = Libc.fcntl(file, DuplicateCloseOnExec, High);
        return copy >= 0 ? new SafeFileHandle(copy, ownsHandle: true) : throw FileCalls.Failed("dup", default, FileCalls.LastError());
    }

    /// <summary>dup3(2) to a number, which survives an exec.</summary>
    internal static void Duplicate(SafeFileHandle file, int number)
    {
        if (Libc.dup3((int)file.DangerousGetHandle(), number, 0) < 0)
        {
            throw FileCalls.Failed("dup", default, FileCalls.LastError());
        }
    }

    /// <summary>dup3(2) to a number that is in use: what was open there is closed. Close-on-exec.</summary>
    internal static void Replace(int number, SafeFileHandle file)
    {
        const int CloseOnExec = 0x80000;
        if (Libc.dup3((int)file.DangerousGetHandle(), number, CloseOnExec) < 0)
        {
            throw FileCalls.Failed("dup", default, FileCalls.LastError());
        }
    }

    /// <summary>Whether nobody has a file open for writing: only then the kernel gives out a lease for reading (fcntl(2), F_SETLEASE).</summary>
    internal static bool HasNoWriter(SafeFileHandle file)
    {
        const int SetLease = 1024;
        const int Read = 0;
        const int None = 2;
        if (Libc.fcntl(file, SetLease, Read) < 0)
        {
            return false;
        }

        _ = Libc.fcntl(file, SetLease, None);
        return true;
    }

    /// <summary>Whether a descriptor is open and not close-on-exec: whoever started this process left it there.</summary>
    internal static bool IsInherited(int descriptor)
    {
        const int GetDescriptorFlags = 1;
        using var file = new SafeFileHandle(descriptor, ownsHandle: false);
        return Libc.fcntl(file, GetDescriptorFlags, 0) == 0;
    }

    /// <summary>fcntl(2) FD_CLOEXEC.</summary>
    internal static void SetCloseOnExec(SafeFileHandle file)
    {
        const int SetDescriptorFlags = 2;
        if (Libc.fcntl(file, SetDescriptorFlags, 1) < 0)
        {
            throw FileCalls.Failed("fcntl", default, FileCalls.LastError());
        }
    }

    /// <summary>close_range(2) with CLOSE_RANGE_CLOEXEC: marks all descriptors from <paramref name="first"/> on to vanish at exec.</summary>
    internal static Errno TryCloseOnExecFrom(int first)
    {
        const int MarkCloseOnExec = 4;
        return Result(Libc.syscall(SystemCallNumber.CloseRange, first, -1, MarkCloseOnExec, 0, 0, 0));
    }

    /// <summary>A pair of connected stream sockets, close-on-exec.</summary>
    internal static (SafeFileHandle Ours, SafeFileHandle Theirs) SocketPair()
    {
        const int Unix = 1;
        const int StreamCloseOnExec = 1 | 0x80000;
        var pair = stackalloc int[2];
        return Libc.socketpair(Unix, StreamCloseOnExec, 0, pair) == 0
            ? (new SafeFileHandle(pair[0], ownsHandle: true), new SafeFileHandle(pair[1], ownsHandle: true))
            : throw FileCalls.Failed("socketpair", default, FileCalls.LastError());
    }

    /// <summary>prctl(2).</summary>
    internal static Errno TryControl(int option, ulong a, ulong b = 0, ulong c = 0, ulong d = 0) =>
        Result(Libc.prctl(option, (nuint)a, (nuint)b, (nuint)c, (nuint)d));

    /// <summary>prctl(2) PR_SET_NAME: what ps shows, at most 15 bytes.</summary>
    internal static void NameProcess(ReadOnlySpan<byte> name)
    {
        const int SetName = 15;
        var text = new CString(name, stackalloc byte[CString.StackSize]);
        fixed (byte* p = text)
        {
            _ = Libc.prctl(SetName, (nuint)p, 0, 0, 0);
        }
    }

    /// <summary>
    /// posix_spawn(3): every signal back to its default (.NET ignores SIGPIPE, and what is ignored stays so over exec), an
    /// empty signal mask, and of all descriptors only the named pairs of ours and the child's number.
    /// </summary>
    internal static Errno TrySpawn(
        ReadOnlySpan<byte> path,
        IReadOnlyList<byte[]> arguments,
        IReadOnlyList<byte[]> environment,
        IReadOnlyList<(int Source, int Target)> descriptors,
        out int process) =>
        TrySpawn(path, arguments, environment, descriptors, cgroup: null, out process);

    /// <summary>The same, into a directory of cgroup v2, where <see cref="CanSpawnIntoCgroup"/>; null is this process's own cgroup.</summary>
    internal static Errno TrySpawn(
        ReadOnlySpan<byte> path,
        IReadOnlyList<byte[]> arguments,
        IReadOnlyList<byte[]> environment,
        IReadOnlyList<(int Source, int Target)> descriptors,
        SafeFileHandle? cgroup,
        out int process)
    {
        // glibc 2.36: 80 bytes of file actions, 336 of attributes; musl's are smaller.
        var actions = stackalloc byte[512];
        var attributes = stackalloc byte[512];
        Libc.posix_spawn_file_actions_init(actions);
        foreach (var (source, target) in descriptors)
        {
            // Source and target being one number clears its close-on-exec flag (glibc 2.29).
            Libc.posix_spawn_file_actions_adddup2(actions, source, target);
        }

        SetAttributes(attributes, cgroup);
        using var argv = new CStringArray(arguments);
        using var envp = new CStringArray(environment);
        var name = new CString(path, stackalloc byte[CString.StackSize]);
        int child;
        int errno;
        fixed (byte* p = name)
        {
            errno = Libc.posix_spawn(&child, p, actions, attributes, argv.Pointers, envp.Pointers);
        }

        Libc.posix_spawn_file_actions_destroy(actions);
        Libc.posix_spawnattr_destroy(attributes);
        process = errno == 0 ? child : -1;
        return (Errno)errno;
    }

    /// <summary>A text file of the host or of /proc, whole; null when it can't be read.</summary>
    internal static string? ReadText(string path)
    {
        if (FileCalls.TryOpen(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path), OpenFlags.ReadOnly, 0, out var file) != Errno.None)
        {
            return null;
        }

        using (file)
        {
            try
            {
                return Encoding.UTF8.GetString(ReadAll(file, 1 << 20));
            }
            catch (LinuxException exception) when (exception.Errno == Errno.ESRCH)
            {
                // A file about a process that has ended since it was opened.
                return null;
            }
        }
    }

    /// <summary>All bytes of a file up to a limit.</summary>
    internal static byte[] ReadAll(SafeFileHandle file, int limit)
    {
        var buffer = new byte[4096];
        var length = 0;
        int count;
        while (length < limit && (count = FileCalls.Read(file, buffer.AsSpan(length))) > 0)
        {
            length += count;
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, limit + 1));
            }
        }

        return buffer.AsSpan(0, length).ToArray();
    }

    private static void SetAttributes(byte* attributes, SafeFileHandle? cgroup)
    {
        const short SetSignalDefaults = 0x04;
        const short SetSignalMask = 0x08;
        const short SetCgroup = 0x100;
        var signals = stackalloc byte[128];
        Libc.posix_spawnattr_init(attributes);
        Libc.posix_spawnattr_setflags(attributes, (short)(SetSignalDefaults | SetSignalMask | (cgroup is null ? 0 : SetCgroup)));
        if (cgroup is not null)
        {
            var set = (delegate* unmanaged<byte*, int, int>)SetSpawnCgroup.Value;
            _ = set(attributes, (int)cgroup.DangerousGetHandle());
        }

        Libc.sigfillset(signals);
        Libc.posix_spawnattr_setsigdefault(attributes, signals);
        Libc.sigemptyset(signals);
        Libc.posix_spawnattr_setsigmask(attributes, signals);
    }

    private static Errno Result(nint value) => value < 0 ? FileCalls.LastError() : Errno.None;
}
