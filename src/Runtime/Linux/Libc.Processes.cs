using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Linux;

/// <summary>The C library's functions about processes. Nobody outside <see cref="ProcessCalls"/> and its neighbours uses them.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setns(SafeFileHandle descriptor, int type);

    [LibraryImport("libc")]
    internal static partial int getpid();

    [LibraryImport("libc")]
    internal static partial int getppid();

    [LibraryImport("libc")]
    internal static partial uint geteuid();

    [LibraryImport("libc")]
    internal static partial uint getegid();

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setsid();

    [LibraryImport("libc")]
    internal static partial uint umask(uint mask);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int chdir(byte* path);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchdir(SafeFileHandle directory);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int chroot(byte* path);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sethostname(byte* name, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setdomainname(byte* name, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int dup3(int source, int target, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fcntl(SafeFileHandle file, int command, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socketpair(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint send(SafeFileHandle socket, byte* buffer, nuint count, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint recv(SafeFileHandle socket, byte* buffer, nuint count, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int waitid(int kind, uint id, byte* info, int options, byte* usage);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int kill(int process, int signal);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int prlimit(int process, int resource, ResourceLimit* next, ResourceLimit* previous);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int execve(byte* path, byte** arguments, byte** environment);

    /// <summary>syscall(2) that leaves no mark in the runtime's record of the thread: for handlers of signals, and for a child in its parent's memory.</summary>
    [DllImport("libc", EntryPoint = "syscall"), SuppressGCTransition]
    internal static extern nint CallUnseen(nint number, nint first, nint second, nint third, nint fourth);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sigaction(int signal, SignalAction* action, SignalAction* before);

    [LibraryImport("libc")]
    internal static partial void _exit(int code);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sigprocmask(int how, byte* next, byte* previous);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sigwaitinfo(byte* set, byte* info);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int faccessat(SafeFileHandle directory, byte* path, int mode, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint sendmsg(SafeFileHandle socket, byte* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint recvmsg(SafeFileHandle socket, byte* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int connect(SafeFileHandle socket, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int bind(SafeFileHandle socket, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int listen(SafeFileHandle socket, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int accept4(SafeFileHandle socket, byte* address, uint* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int tcgetattr(SafeFileHandle terminal, byte* mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int tcsetattr(SafeFileHandle terminal, int when, byte* mode);

    [LibraryImport("libc")]
    internal static partial void cfmakeraw(byte* mode);

    [LibraryImport("libc")]
    internal static partial void sigfillset(byte* set);

    [LibraryImport("libc")]
    internal static partial void sigemptyset(byte* set);

    [LibraryImport("libc")]
    internal static partial int posix_spawn(int* process, byte* path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc")]
    internal static partial void posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    internal static partial void posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    internal static partial void posix_spawn_file_actions_adddup2(byte* actions, int source, int target);

    [LibraryImport("libc")]
    internal static partial void posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    internal static partial void posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    internal static partial void posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    internal static partial void posix_spawnattr_setsigdefault(byte* attributes, byte* set);

    [LibraryImport("libc")]
    internal static partial void posix_spawnattr_setsigmask(byte* attributes, byte* set);

    /// <summary>struct statfs is 120 bytes on 64-bit Linux and begins with the type.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fstatfs(SafeFileHandle file, byte* buffer);

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
