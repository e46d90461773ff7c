namespace Bld.Builder.Cli.Settings;

/// <summary>Environment variables under our own name, <c>BLD_X</c>, and under the one that scripts have, <c>BUILDAH_X</c>.</summary>
internal static class EnvironmentNames
{
    /// <summary>The value of <c>BLD_</c> or else <c>BUILDAH_</c> and the name; null when neither is set, or empty.</summary>
    public static string? Get(string name) =>
        Environment.GetEnvironmentVariable("BLD_" + name) is { Length: > 0 } own ? own
        : Environment.GetEnvironmentVariable("BUILDAH_" + name) is { Length: > 0 } theirs ? theirs
        : null;
}
