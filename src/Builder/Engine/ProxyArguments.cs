namespace Bld.Builder.Engine;

/// <summary>
/// The build arguments that need no ARG: a RUN sees them, but they stay out of the history and the cache key unless declared.
/// </summary>
internal static class ProxyArguments
{
    private static readonly string[] Names =
    [
        "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy",
        "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy",
    ];

    /// <summary>Whether a build argument is one of them.</summary>
    public static bool Contains(string name) => Names.Contains(name);

    /// <summary>Those that were given as build arguments, and those of the caller's environment when it passes them on.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Of(IReadOnlyDictionary<string, string> buildArguments, bool fromEnvironment)
    {
        foreach (var name in Names)
        {
            var value = buildArguments.GetValueOrDefault(name)
                ?? (fromEnvironment ? Environment.GetEnvironmentVariable(name) : null);
            if (value is not null)
            {
                yield return new(name, value);
            }
        }
    }
}
