using System.Globalization;
using System.Text;

using Bld.Runtime.Linux;

namespace Bld.Runtime.Init;

/// <summary>The exec itself, and the reason when it fails.</summary>
internal static unsafe class CommandExec
{
    /// <summary>Does not return when all is well; else gives what to throw.</summary>
    internal static SetupFailure Execute(byte[] command, ProcessStep process, byte[][] environment)
    {
        if (process.InitDescriptor >= 0)
        {
            return ExecuteReaper(command, process, environment);
        }

        using var argv = new CStringArray(process.Arguments);
        using var envp = new CStringArray(environment);
        var name = new CString(command, stackalloc byte[CString.StackSize]);
        fixed (byte* p = name)
        {
            _ = Libc.execve(p, argv.Pointers, envp.Pointers);
        }

        return Explain(command, FileCalls.LastError());
    }

    /// <summary>The sentence for a failed exec of a file that is there.</summary>
    internal static SetupFailure Explain(byte[] command, Errno errno)
    {
        var name = Encoding.UTF8.GetString(command);
        var (sentence, code) = errno switch
        {
            Errno.ENOEXEC => ($"exec {name}: exec format error{ExecutableFormat.DescribeForeign(command)}", 126),
            Errno.ENOENT when ExecutableFormat.Interpreter(command) is { } missing =>
                ($"exec {name}: its interpreter \"{missing}\" was not found: no such file or directory", 127),
            Errno.EACCES => ($"exec: \"{name}\": permission denied", 126),
            _ => ($"exec {name}: {errno.Describe()}", 126),
        };
        return new SetupFailure("exec", name, errno, sentence, code);
    }

    private static SetupFailure ExecuteReaper(byte[] command, ProcessStep process, byte[][] environment)
    {
        const int EmptyPath = 0x1000;
        var count = Encoding.ASCII.GetBytes(environment.Length.ToString(CultureInfo.InvariantCulture));
        byte[][] arguments =
        [
            "bld"u8.ToArray(), Encoding.ASCII.GetBytes(ContainerInit.ReaperArgument), command, count, .. environment, .. process.Arguments,
        ];
        using var argv = new CStringArray(arguments);
        using var envp = new CStringArray([]);

        // A signal that comes before the reaper listens must wait, in every thread that it will have.
        ProcessCalls.BlockAllSignals();
        ReadOnlySpan<byte> empty = [0];
        fixed (byte* e = empty)
        {
            _ = Libc.syscall(
                SystemCallNumber.ExecVeAt, process.InitDescriptor, (nint)e, (nint)argv.Pointers, (nint)envp.Pointers, EmptyPath, 0);
        }

        return new SetupFailure("exec", "init", FileCalls.LastError());
    }
}
