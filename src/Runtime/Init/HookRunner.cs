using System.Diagnostics;
using System.Text;

using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Runtime.Init;

/// <summary>Runs one hook: the container's state on standard input, a time limit, and an exit code that counts.</summary>
internal static class HookRunner
{
    internal static void Run(byte[] path, byte[][] arguments, byte[][] environment, int timeoutSeconds, byte[] state)
    {
        using var input = ProcessCalls.MakeMemoryFile(state);
        byte[][] argv = arguments.Length == 0 ? [path] : arguments;
        using var high = ProcessCalls.DuplicateHigh(input);
        var errno = ProcessCalls.TrySpawn(path, argv, environment, [((int)high.DangerousGetHandle(), 0)], out var process);
        var name = Encoding.UTF8.GetString(path);
        SetupFailure.Check(errno, "run hook", path);
        SetupFailure.Check(ProcessCalls.TryOpenProcess(process, out var descriptor), "watch hook", path);
        using (descriptor)
        {
            if (!Wait(descriptor, timeoutSeconds))
            {
                _ = ProcessCalls.TrySignal(descriptor, ProcessCalls.SignalKill);
                _ = ProcessCalls.WaitForExit(process);
                throw new SetupFailure("hook", name, Errno.ETIMEDOUT, $"hook {name}: no end within {timeoutSeconds} seconds");
            }
        }

        var code = ProcessCalls.WaitForExit(process);
        if (code != 0)
        {
            throw new SetupFailure("hook", name, Errno.None, $"hook {name}: exit status {code}");
        }
    }

    private static bool Wait(SafeFileHandle process, int timeoutSeconds)
    {
        if (timeoutSeconds <= 0)
        {
            return true;
        }

        var watch = Stopwatch.StartNew();
        while (watch.Elapsed.TotalSeconds < timeoutSeconds)
        {
            if (SocketCalls.WaitReadable(process, (int)Math.Max(1, (timeoutSeconds * 1000L) - watch.ElapsedMilliseconds)))
            {
                return true;
            }
        }

        return false;
    }
}
