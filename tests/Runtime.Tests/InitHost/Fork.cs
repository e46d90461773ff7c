using System.Text;

using Bld.Runtime.Linux;

namespace Bld.Runtime.InitHost;

/// <summary>A program started by a copy of this process, in a cgroup.</summary>
internal static class Fork
{
    /// <summary>Its exit code; 1, and why on standard output, when it can't be started.</summary>
    internal static int Run(string program, string cgroup, string[] words)
    {
        using var directory = FileCalls.Open(cgroup, OpenFlags.ReadOnly | OpenFlags.Directory);
        byte[][] arguments = [.. words.Prepend(program).Select(Encoding.UTF8.GetBytes)];
        var errno = ForkedProcess.TrySpawn(Encoding.UTF8.GetBytes(program), arguments, ["A=b"u8.ToArray()], [(1, 1), (1, 2), (2, 40)], default, directory, out var process);
        if (errno == Errno.None)
        {
            return ProcessCalls.WaitForExit(process);
        }

        Console.WriteLine($"{errno} {process}");
        return 1;
    }
}
