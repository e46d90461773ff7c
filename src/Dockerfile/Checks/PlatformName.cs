namespace Bld.Dockerfile.Checks;

/// <summary>A platform as <c>os</c>, <c>arch</c>, <c>os/arch</c> or <c>os/arch/variant</c>, with the names that Go uses.</summary>
internal static class PlatformName
{
    private static readonly string[] Systems =
    [
        "aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "linux", "netbsd", "openbsd", "plan9", "solaris",
        "wasip1", "windows",
    ];

    /// <summary>Its system and architecture; null when it isn't one.</summary>
    internal static (string System, string Architecture)? Parse(string text)
    {
        var parts = text.ToLowerInvariant().Split('/');
        return parts switch
        {
            [""] => null,
            [var system] when Systems.Contains(system) => (system, "amd64"),
            [var architecture] => ("linux", Architecture(architecture)),
            [{ Length: > 0 } system, { Length: > 0 } architecture] => (system, Architecture(architecture)),
            [{ Length: > 0 } system, { Length: > 0 } architecture, { Length: > 0 }] => (system, Architecture(architecture)),
            _ => null,
        };
    }

    private static string Architecture(string name) => name switch
    {
        "x86_64" or "x86-64" => "amd64",
        "aarch64" => "arm64",
        "i386" or "i486" or "i586" or "i686" => "386",
        "armhf" or "armel" => "arm",
        _ => name,
    };
}
