using System.Globalization;
using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>
/// Init as process 1 that stays: it starts the command in a process group of its own, forwards signals, reaps everything and
/// leaves with the command's code. It does not exec a program for that, because an image need not have the libraries that a
/// program of the host wants.
/// </summary>
internal static class Reaper
{
    /// <summary>What init hears when its parent died and there is no pid namespace that would end with init (the last real-time signal).</summary>
    internal const int ParentDied = 64;

    /// <summary>Starts the command; all threads of this process have the command's privileges by now.</summary>
    internal static int Start(byte[] path, ProcessStep process, byte[][] environment)
    {
        // Its name would be the descriptor's that it was executed by.
        ProcessCalls.NameProcess("bld"u8);

        if (process.EndsOrphans)
        {
            const int SetChildSubreaper = 36;
            SetupFailure.Check(ProcessCalls.TryControl(SetChildSubreaper, 1), "prctl child subreaper");
        }

        // A signal that comes before we listen must wait; the command gets an empty mask of its own.
        ProcessCalls.BlockAllSignals();
        var errno = ProcessCalls.TrySpawnGroup(path, process.Arguments, environment, out var command);
        return errno == Errno.None ? command : throw CommandExec.Explain(path, errno);
    }

    /// <summary>Until the command ends: its exit code, or 128 and the signal that killed it.</summary>
    /// <param name="command">Its number.</param>
    /// <param name="children">A file that lists this process's children, when what the command leaves behind is to be ended; else null.</param>
    internal static int Watch(int command, SafeFileHandle? children)
    {
        while (true)
        {
            var signal = ProcessCalls.WaitForSignal();
            if (signal == ParentDied && children is not null)
            {
                EndAll(children);
                return 128 + ProcessCalls.SignalKill;
            }

            if (signal != ProcessCalls.SignalChild)
            {
                Forward(signal, command);
                continue;
            }

            while (ProcessCalls.TryReap(out var child, out var code))
            {
                if (child == command)
                {
                    EndAll(children);
                    return code;
                }
            }
        }
    }

    /// <summary>This process's children (proc_pid_task_children(5)); to be opened before the root changes.</summary>
    internal static SafeFileHandle OpenChildren(SafeFileHandle proc) =>
        FileCalls.Open(proc, Encoding.ASCII.GetBytes($"self/task/{Libc.getpid()}/children"), OpenFlags.ReadOnly);

    // Who dies hands its own children over to this process, so it takes some rounds.
    private static void EndAll(SafeFileHandle? children)
    {
        while (children is not null)
        {
            FileCalls.Seek(children, 0);
            var numbers = Encoding.ASCII.GetString(ProcessCalls.ReadAll(children, 1 << 20)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (numbers.Length == 0)
            {
                return;
            }

            foreach (var number in numbers)
            {
                _ = Libc.kill(int.Parse(number, CultureInfo.InvariantCulture), ProcessCalls.SignalKill);
            }

            while (ProcessCalls.TryReap(out _, out _))
            {
                // More may have ended meanwhile.
            }

            Thread.Sleep(1);
        }
    }

    private static void Forward(int signal, int command)
    {
        // Those that a program raises by its own fault concern only who raised them: ILL TRAP ABRT BUS FPE SEGV SYS.
        if (signal is not (4 or 5 or 6 or 7 or 8 or 11 or 31))
        {
            _ = Libc.kill(-command, signal);
        }
    }
}
