namespace Bld.Builder;

/// <summary>What the program knows of itself; the other part is written by the build (ThisAssembly.targets).</summary>
internal static partial class ThisAssembly
{
    /// <summary>The program for containers' inits that this one carries; null in builds that aren't compiled natively.</summary>
    public static Stream? OpenInitProgram() => typeof(ThisAssembly).Assembly.GetManifestResourceStream("bld-init.gz");
}
