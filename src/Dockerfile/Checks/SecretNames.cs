namespace Bld.Dockerfile.Checks;

/// <summary>Which variables' names say that they hold a secret: a word between underscores decides.</summary>
public static class SecretNames
{
    private static readonly string[] Secret =
        ["apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token"];

    private static readonly string[] Harmless = ["public", "file", "version"];

    /// <summary>Whether a name says so.</summary>
    public static bool Contains(string name)
    {
        var words = name.ToLowerInvariant().Split('_');
        return words.Any(Secret.Contains) && !words.Any(Harmless.Contains);
    }
}
