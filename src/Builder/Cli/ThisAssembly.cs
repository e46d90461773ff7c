namespace Bld.Builder.Cli;

/// <summary>What the program knows of itself.</summary>
internal static class ThisAssembly
{
    /// <summary>Its version, of three numbers.</summary>
    public static string Version => typeof(ThisAssembly).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>The program for containers' inits that this one carries; null in builds that aren't compiled natively.</summary>
    public static Stream? OpenInitProgram() => typeof(ThisAssembly).Assembly.GetManifestResourceStream("bld-init.gz");
}
