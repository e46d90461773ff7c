namespace Bld.Builder.Engine;

/// <summary>The signals that STOPSIGNAL may name: by number, or by name with or without SIG (signal(7)).</summary>
internal static class SignalNames
{
    private static readonly string[] Names =
    [
        "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL", "PROF", "PWR",
        "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH",
        "XCPU", "XFSZ", "RTMIN", "RTMAX",
    ];

    /// <summary>Whether Docker knows such a signal: any number but 0, whatever the kernel has.</summary>
    public static bool IsKnown(string text)
    {
        if (int.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, null, out var number))
        {
            return number != 0;
        }

        var name = text.ToUpperInvariant();
        name = name.StartsWith("SIG") ? name[3..] : name;
        return Names.Contains(name) || IsRealTime(name, "RTMIN+") || IsRealTime(name, "RTMAX-");
    }

    private static bool IsRealTime(string name, string prefix) =>
        name.StartsWith(prefix)
        && int.TryParse(name.AsSpan(prefix.Length), System.Globalization.NumberStyles.None, null, out var distance)
        && distance <= (prefix == "RTMIN+" ? 15 : 14);
}
