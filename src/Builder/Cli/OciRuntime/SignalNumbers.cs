using Bld.Builder.Cli.Flags;

namespace Bld.Builder.Cli.OciRuntime;

/// <summary>Signals by number, or by name with or without SIG (signal(7)).</summary>
internal static class SignalNumbers
{
    private const int Largest = 64;
    private const int FirstRealTime = 34;

    // The index is the number less one; x86-64 and arm64 agree on them.
    private static readonly string[] Names =
    [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD",
        "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <exception cref="UsageException">There is no such signal.</exception>
    public static int Parse(string text)
    {
        if (int.TryParse(text, System.Globalization.NumberStyles.None, null, out var number) && number is >= 0 and <= Largest)
        {
            return number;
        }

        var name = text.ToUpperInvariant();
        name = name.StartsWith("SIG") ? name[3..] : name;
        var index = Array.IndexOf(Names, name);
        return index >= 0 ? index + 1
            : name == "RTMIN" ? FirstRealTime
            : name == "RTMAX" ? Largest
            : name.StartsWith("RTMIN+") && int.TryParse(name.AsSpan(6), out var up) && up is >= 0 and <= 15 ? FirstRealTime + up
            : name.StartsWith("RTMAX-") && int.TryParse(name.AsSpan(6), out var down) && down is >= 0 and <= 14 ? Largest - down
            : throw new UsageException($"unknown signal \"{text}\"");
    }
}
