namespace Bld.Builder.Cli.Settings;

/// <summary>Environment variables under our own name, <c>BLD_X</c>, and under the one that scripts have, <c>BUILDAH_X</c>.</summary>
internal static class EnvironmentNames
{
    private static readonly string[] Both = ["FORMAT", "HISTORY", "ISOLATION", "LAYERS"];

    /// <summary>What is set under our own name is from now on set under the other one too, which is where commands look.</summary>
    public static void TakeOwn()
    {
        foreach (var name in Both)
        {
            if (Environment.GetEnvironmentVariable("BLD_" + name) is { Length: > 0 } value)
            {
                Environment.SetEnvironmentVariable("BUILDAH_" + name, value);
            }
        }
    }

    /// <summary>The value of <c>BLD_</c> and the name; null when it isn't set, or empty.</summary>
    public static string? Get(string name) => Environment.GetEnvironmentVariable("BLD_" + name) is { Length: > 0 } own ? own : null;
}
