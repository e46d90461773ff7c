using System.Text;

using Bld.Runtime.Init;
using Bld.Runtime.Linux;

namespace Bld.Runtime;

/// <summary>A program of the host whose output is read.</summary>
public static class HostProgram
{
    private const int LongestOutput = 64 << 20;

    /// <summary>
    /// Runs it to its end, with this process's environment, input and standard error: its exit code and what it wrote to standard output.
    /// Null when there is none that can be run.
    /// </summary>
    /// <param name="command">The whole argv; a name without a slash is looked up in PATH.</param>
    public static (int Code, string Output)? Run(IReadOnlyList<string> command)
    {
        byte[][] environment = [.. CommandEnvironment.OfThisProcess()];
        var process = new ProcessStep { Arguments = [.. command.Select(Encoding.UTF8.GetBytes)] };
        byte[] path;
        try
        {
            path = CommandLookup.Find(process, environment);
        }
        catch (SetupFailure)
        {
            return null;
        }

        using var output = ProcessCalls.MakeMemoryFile(default);
        using var high = ProcessCalls.DuplicateHigh(output);
        var errno = ProcessCalls.TrySpawn(path, process.Arguments, environment, [((int)high.DangerousGetHandle(), 1)], out var child);
        if (errno != Errno.None)
        {
            return null;
        }

        var code = ProcessCalls.WaitForExit(child);
        FileCalls.Seek(output, 0);
        return (code, Encoding.UTF8.GetString(ProcessCalls.ReadAll(output, LongestOutput)));
    }
}
