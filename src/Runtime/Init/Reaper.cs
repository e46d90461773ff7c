using Bld.Runtime.Linux;

namespace Bld.Runtime.Init;

/// <summary>
/// Init as process 1 that stays: it starts the command in a process group of its own, forwards signals, reaps everything and
/// leaves with the command's code. It does not exec a program for that, because an image need not have the libraries that a
/// program of the host wants.
/// </summary>
internal static class Reaper
{
    /// <summary>Starts the command; all threads of this process have the command's privileges by now.</summary>
    internal static int Start(byte[] path, ProcessStep process, byte[][] environment)
    {
        // Its name would be the descriptor's that it was executed by.
        ProcessCalls.NameProcess("bld"u8);

        // A signal that comes before we listen must wait; the command gets an empty mask of its own.
        ProcessCalls.BlockAllSignals();
        var errno = ProcessCalls.TrySpawnGroup(path, process.Arguments, environment, out var command);
        return errno == Errno.None ? command : throw CommandExec.Explain(path, errno);
    }

    /// <summary>Until the command ends: its exit code, or 128 and the signal that killed it.</summary>
    internal static int Watch(int command)
    {
        while (true)
        {
            var signal = ProcessCalls.WaitForSignal();
            if (signal != ProcessCalls.SignalChild)
            {
                Forward(signal, command);
                continue;
            }

            while (ProcessCalls.TryReap(out var child, out var code))
            {
                if (child == command)
                {
                    return code;
                }
            }
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
