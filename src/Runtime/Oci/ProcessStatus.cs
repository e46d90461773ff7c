using System.Globalization;

using Bld.Runtime.Linux;

namespace Bld.Runtime.Oci;

/// <summary>What /proc/PID/stat says of a process (proc(5)).</summary>
/// <param name="State">The kernel's letter: R, S, D, T, Z, X.</param>
/// <param name="StartTime">Ticks since boot.</param>
internal sealed record ProcessStatus(char State, ulong StartTime)
{
    /// <summary>Null when there is no such process.</summary>
    internal static ProcessStatus? Read(int process)
    {
        var text = ProcessCalls.ReadText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));

        // The name may hold anything, blanks and parentheses too; the fields go on behind the last one.
        var end = text?.LastIndexOf(')') ?? -1;
        if (end < 0)
        {
            return null;
        }

        const int StartTimeField = 19;
        var fields = text![(end + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > StartTimeField ? new ProcessStatus(fields[0][0], ulong.Parse(fields[StartTimeField], CultureInfo.InvariantCulture)) : null;
    }

    /// <summary>Whether the process that started then still runs.</summary>
    internal static bool IsAlive(int process, ulong startTime) =>
        Read(process) is { } status && status.StartTime == startTime && status.State is not ('Z' or 'X');
}
