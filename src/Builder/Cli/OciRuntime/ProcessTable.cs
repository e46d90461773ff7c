using System.Globalization;

using Bld.Builder.Cli.Flags;
using Bld.Runtime;

namespace Bld.Builder.Cli.OciRuntime;

/// <summary>What ps(1) of the host says of some processes; a plain table where there is no ps.</summary>
/// <param name="processes">Their numbers.</param>
internal sealed class ProcessTable(IReadOnlyList<int> processes)
{
    /// <summary>Prints it and gives the exit code.</summary>
    /// <param name="arguments">What ps is asked for; one of its columns has to be PID.</param>
    public int Print(IReadOnlyList<string> arguments)
    {
        if (HostProgram.Run(["ps", .. arguments]) is not { } ps)
        {
            PrintPlain();
            return 0;
        }

        return ps.Code == 0 ? Print(ps.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)) : 1;
    }

    private int Print(string[] lines)
    {
        var column = lines.Length == 0 ? -1 : Array.IndexOf(Fields(lines[0]), "PID");
        if (column < 0)
        {
            throw new UsageException("ps shows no column PID, by which the container's processes are found: ask for it, as with -o pid,comm");
        }

        Console.Out.Write(lines[0] + "\n");
        foreach (var line in lines.AsSpan(1))
        {
            if (Fields(line) is { } fields && column < fields.Length && int.TryParse(fields[column], CultureInfo.InvariantCulture, out var process) && processes.Contains(process))
            {
                Console.Out.Write(line + "\n");
            }
        }

        return 0;
    }

    private void PrintPlain()
    {
        Console.Out.Write("PID        COMMAND\n");
        foreach (var process in processes)
        {
            Console.Out.Write($"{process,-10} {CommandLineOf(process)}\n");
        }
    }

    private static string[] Fields(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string CommandLineOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Replace((char)0, (char)32).TrimEnd();
        }
        catch (IOException)
        {
            // It has ended since.
            return "";
        }
    }
}
