namespace Bld.Builder.Engine;

/// <summary>
/// The build arguments that need no ARG: a RUN sees them, but they stay out of the history and the cache key unless declared.
/// </summary>
internal static class ProxyArguments
{
    private static readonly string[] Names = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

    /// <summary>Whether a build argument is one of them.</summary>
    public static bool Contains(string name) => Names.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Those that were given as build arguments, each in both cases however it was written, and those of the caller's environment as they
    /// are there when it passes them on.
    /// </summary>
    public static IEnumerable<KeyValuePair<string, string>> Of(IReadOnlyDictionary<string, string> buildArguments, bool fromEnvironment)
    {
        foreach (var upper in Names)
        {
            var given = Given(buildArguments, upper);
            foreach (var name in new[] { upper, upper.ToLowerInvariant() })
            {
                if ((given ?? (fromEnvironment ? Environment.GetEnvironmentVariable(name) : null)) is { } value)
                {
                    yield return new(name, value);
                }
            }
        }
    }

    private static string? Given(IReadOnlyDictionary<string, string> buildArguments, string name)
    {
        string? value = null;
        foreach (var (key, each) in buildArguments)
        {
            value = key.Equals(name, StringComparison.OrdinalIgnoreCase) ? each : value;
        }

        return value;
    }
}
