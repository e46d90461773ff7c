using System.Text;

using Bld.Runtime.Linux;

namespace Bld.Runtime.Init;

/// <summary>The exec itself, and the reason when it fails.</summary>
internal static unsafe class CommandExec
{
    /// <summary>Does not return when all is well; else gives what to throw.</summary>
    internal static SetupFailure Execute(byte[] command, ProcessStep process, byte[][] environment)
    {
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
}
