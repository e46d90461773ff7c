using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>
/// From root to the command's own identity. Raw system calls throughout: they change only this thread, which is the one that
/// survives the exec; the C library's wrappers would interrupt every thread to change it too.
/// </summary>
internal sealed unsafe class InitPrivileges(ProcessStep process, bool ownMounts)
{
    private const int KeepCapabilities = 8;
    private const int DropBounding = 24;
    private const int SetNoNewPrivileges = 38;
    private const int Ambient = 47;
    private const int SetParentDeathSignal = 1;
    private bool _retryDirectory;

    /// <summary>
    /// Gives pipes to the user, who otherwise could not open /dev/stdout again, and the container's own null device in place of the host's, whose
    /// owner and mode the command could change through its descriptor.
    /// </summary>
    internal void PrepareStreams()
    {
        for (var number = 0; number < 3; number++)
        {
            using var stream = new SafeFileHandle(number, ownsHandle: false);
            if (FileCalls.TryStatus(stream, default, out var status) != Errno.None)
            {
                continue;
            }

            if (IsNull(status))
            {
                ReplaceNull(stream, number);
            }
            else if (process.User != 0 && status.Kind is FileKind.Fifo or FileKind.Socket && status.UserId != process.User)
            {
                _ = Libc.fchown(stream, process.User, process.Group);
            }
        }
    }

    /// <summary>chdir as root; when root may not (root squash, fuse), the user tries again.</summary>
    /// <param name="mayMake">Whether a missing one is made; a further process of a container gets only what is there.</param>
    internal void EnterWorkingDirectory(bool mayMake)
    {
        var errno = TryChangeDirectory();
        if (errno == Errno.ENOENT && mayMake)
        {
            using var root = FileCalls.Open(FileCalls.CurrentDirectory, "/"u8, OpenFlags.Path | OpenFlags.Directory);
            using var made = new MountTargets(root).OpenDirectory(process.WorkingDirectory);
            errno = TryChangeDirectory();
        }

        _retryDirectory = errno is Errno.EPERM or Errno.EACCES;
        if (!_retryDirectory)
        {
            Require(errno);
            RequireInside();
        }
    }

    internal void ReenterWorkingDirectory()
    {
        if (_retryDirectory)
        {
            Require(TryChangeDirectory());
            RequireInside();
        }
    }

    /// <summary>Everything up to the user's identity and capabilities.</summary>
    internal void Drop()
    {
        InitConsole.Attach(process, ownMounts);

        InitScheduling.Apply(process);
        if (!process.KeepKeyring)
        {
            ForgetKeyring();
        }

        if (!process.NoNewPrivileges)
        {
            // Without no_new_privs a filter needs CAP_SYS_ADMIN, which goes with the user change.
            InstallFilter();
        }

        DropIdentity();
        if (process.Umask >= 0)
        {
            _ = Libc.umask((uint)process.Umask);
        }
        else
        {
            _ = Libc.umask(0x12);
        }

    }

    /// <summary>The same for another thread of an init that stays; the filter comes to all threads at once.</summary>
    internal void DropThread()
    {
        DropIdentity();
        ProcessCalls.BlockAllSignals();
    }

    /// <summary>The last moments: death with the parent, signals, descriptors, and the filter that allows no more set-up.</summary>
    internal void Seal(InitChannel channel)
    {
        if (process.DieWithParent)
        {
            // Cleared by each change of credentials, so it is set last; and a parent that died before is found by its socket.
            var signal = process.EndsOrphans ? Reaper.ParentDied : ProcessCalls.SignalKill;
            SetupFailure.Check(ProcessCalls.TryControl(SetParentDeathSignal, (ulong)signal), "prctl pdeathsig");
            if (channel.IsClosed)
            {
                Libc._exit(1);
            }
        }

        if (!process.Stay)
        {
            ProcessCalls.RestoreDefaultSignals();
        }

        SetupFailure.Check(ProcessCalls.TryCloseOnExecFrom(3 + process.PreservedDescriptors), "close_range");
        if (process.NoNewPrivileges)
        {
            InstallFilter();
        }
    }

    private void DropIdentity()
    {
        if (process.SetCapabilities)
        {
            DropBoundingSet();
            SetupFailure.Check(ProcessCalls.TryControl(KeepCapabilities, 1), "prctl keepcaps");
        }

        ChangeUser();
        if (process.SetCapabilities)
        {
            SetupFailure.Check(ProcessCalls.TryControl(KeepCapabilities, 0), "prctl keepcaps");
            SetCapabilitySets();
        }

        if (process.NoNewPrivileges)
        {
            SetupFailure.Check(ProcessCalls.TryControl(SetNoNewPrivileges, 1), "prctl no_new_privs");
        }
    }

    private void InstallFilter()
    {
        if (process.Seccomp.Length == 0)
        {
            return;
        }

        const int SetModeFilter = 1;
        const uint AllThreads = 1;
        const uint NewListener = 8;
        const uint ErrorForThreads = 16;
        var listens = process.SeccompSocket >= 0;
        // A listener and all threads at once: then a thread that can't follow is an error, not a number in place of the descriptor.
        var flags = process.SeccompFlags | (process.Stay ? AllThreads : 0) | (listens ? NewListener : 0) | (listens && process.Stay ? ErrorForThreads : 0);
        fixed (byte* filter = process.Seccomp)
        {
            // struct sock_fprog: u16 length, padding, pointer.
            var program = stackalloc nint[2];
            program[0] = process.Seccomp.Length / 8;
            program[1] = (nint)filter;
            var result = Libc.syscall(SystemCallNumber.Seccomp, SetModeFilter, (nint)flags, (nint)program, 0, 0, 0);
            SetupFailure.Check(result < 0 ? FileCalls.LastError() : Errno.None, "install the seccomp filter");
            if (listens)
            {
                using var listener = new SafeFileHandle(result, ownsHandle: true);
                using var socket = new SafeFileHandle(process.SeccompSocket, ownsHandle: true);
                SocketCalls.SendDescriptors(socket, [(int)result], process.SeccompState, "send the seccomp listener");
            }
        }
    }

    private void DropBoundingSet()
    {
        for (var capability = 0; capability < 64; capability++)
        {
            if ((process.Bounding & (1UL << capability)) == 0
                && ProcessCalls.TryControl(DropBounding, (ulong)capability) is var errno and not Errno.None)
            {
                // Beyond the kernel's last capability.
                if (errno == Errno.EINVAL)
                {
                    return;
                }

                throw new SetupFailure("drop capability", $"{capability}", errno);
            }
        }
    }

    private void ChangeUser()
    {
        if (!process.KeepGroups)
        {
            fixed (uint* groups = process.Groups)
            {
                var errno = Result(Libc.syscall(SystemCallNumber.SetGroups, process.Groups.Length, (nint)groups, 0, 0, 0, 0));
                // A user namespace of a single id has no right to set groups; the only one that is wanted there is the user's own.
                SetupFailure.Check(errno == Errno.EPERM && Array.TrueForAll(process.Groups, group => group == process.Group) ? Errno.None : errno, "setgroups");
            }
        }

        var group = (nint)process.Group;
        RequireId(Result(Libc.syscall(SystemCallNumber.SetResGid, group, group, group, 0, 0, 0)), "gid", process.Group);
        var user = (nint)process.User;
        RequireId(Result(Libc.syscall(SystemCallNumber.SetResUid, user, user, user, 0, 0, 0)), "uid", process.User);
    }

    private void SetCapabilitySets()
    {
        CapabilityCalls.Set(process.Effective, process.Permitted, process.Inheritable);
        const ulong ClearAll = 4;
        const ulong Raise = 2;
        SetupFailure.Check(ProcessCalls.TryControl(Ambient, ClearAll), "clear ambient capabilities");
        for (var capability = 0; capability < 64; capability++)
        {
            if ((process.Ambient & (1UL << capability)) != 0)
            {
                SetupFailure.Check(ProcessCalls.TryControl(Ambient, Raise, (ulong)capability), "raise ambient capability");
            }
        }
    }

    // The session keyring of the caller would be readable inside.
    private static void ForgetKeyring()
    {
        const int JoinSessionKeyring = 1;
        _ = Libc.syscall(SystemCallNumber.KeyCtl, JoinSessionKeyring, 0, 0, 0, 0, 0);
    }

    private static bool IsNull(FileStatus status) => status.Kind == FileKind.CharacterDevice && status.NodeDevice == (1, 3);

    // Where there is none, what is read is at its end all the same.
    private static void ReplaceNull(SafeFileHandle stream, int number)
    {
        const int GetFlags = 3;
        var access = (OpenFlags)(Libc.fcntl(stream, GetFlags, 0) & 3);
        if (FileCalls.TryStatus(FileCalls.CurrentDirectory, "/dev/null"u8, out var found) == Errno.None && IsNull(found)
            && FileCalls.TryOpen(FileCalls.CurrentDirectory, "/dev/null"u8, access | OpenFlags.NoFollow, 0, out var own) == Errno.None)
        {
            using (own)
            {
                if (IsNull(FileCalls.Status(own)))
                {
                    ProcessCalls.Duplicate(own, number);
                    return;
                }
            }
        }

        if (access == OpenFlags.ReadOnly || number == 0)
        {
            var (reader, writer) = PipeCalls.Create();
            writer.Dispose();
            using (reader)
            {
                ProcessCalls.Duplicate(reader, number);
            }
        }
    }

    private Errno TryChangeDirectory()
    {
        var name = new CString(process.WorkingDirectory, stackalloc byte[CString.StackSize]);
        fixed (byte* p = name)
        {
            return Result(Libc.chdir(p));
        }
    }

    // CVE-2024-21626: a directory outside of the root gives a path that does not start with a slash.
    private static void RequireInside()
    {
        var buffer = stackalloc byte[4096];
        var length = Libc.syscall(SystemCallNumber.GetCwd, (nint)buffer, 4096, 0, 0, 0, 0);
        if (length < 0 || buffer[0] != (byte)'/')
        {
            throw new SetupFailure("chdir", "", Errno.EPERM, "the working directory lies outside of the container's root");
        }
    }

    private void Require(Errno errno) =>
        SetupFailure.Check(errno, "chdir to", process.WorkingDirectory);

    private static void RequireId(Errno errno, string kind, uint id)
    {
        if (errno == Errno.EINVAL)
        {
            throw new SetupFailure($"set{kind}", $"{id}", errno, $"cannot set{kind} to unmapped {kind} {id} in user namespace");
        }

        SetupFailure.Check(errno, $"set{kind}", Encoding.ASCII.GetBytes($"{id}"));
    }

    private static Errno Result(nint value) => value < 0 ? FileCalls.LastError() : Errno.None;
}
