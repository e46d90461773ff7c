using System.Globalization;
using System.Text;

using Bld.Runtime.Linux;

namespace Bld.Runtime.Init;

/// <summary>
/// Process 1 of a container that was started with <c>Init</c>: it already is the command's user, starts the command in a
/// process group of its own, forwards signals, reaps everything and leaves with the command's code.
/// </summary>
internal static class Reaper
{
    /// <param name="args"><c>bld-reaper PATH COUNT environment… argv…</c></param>
    internal static int Run(string[] args)
    {
        var count = int.Parse(args[2], NumberStyles.None, CultureInfo.InvariantCulture);
        var environment = Bytes(args.AsSpan(3, count));
        var arguments = Bytes(args.AsSpan(3 + count));
        var path = Encoding.UTF8.GetBytes(args[1]);
        var errno = ProcessCalls.TrySpawnGroup(path, arguments, environment, out var command);
        if (errno != Errno.None)
        {
            var failure = CommandExec.Explain(path, errno);
            ProcessCalls.WriteError(failure.Message + "\n");
            return failure.ExitCode;
        }

        return Watch(command);
    }

    private static int Watch(int command)
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

    private static byte[][] Bytes(ReadOnlySpan<string> texts)
    {
        var bytes = new byte[texts.Length][];
        for (var i = 0; i < texts.Length; i++)
        {
            bytes[i] = Encoding.UTF8.GetBytes(texts[i]);
        }

        return bytes;
    }
}
