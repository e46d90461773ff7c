namespace Bld.Registry;

/// <summary>
/// Where credentials are: the files of containers-auth.json(5) and of Docker, and the helpers that they name. The first file that
/// knows the repository, a part of its path, or its host, wins.
/// </summary>
public static class AuthFiles
{
    private static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    /// <summary>The file that <c>bld login</c> writes to when no other is named.</summary>
    public static string Default =>
        Environment.GetEnvironmentVariable("REGISTRY_AUTH_FILE") is { Length: > 0 } only ? only
        : Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime ? $"{runtime}/containers/auth.json"
        : Privilege.IsRoot ? "/run/containers/0/auth.json"
        : $"{ConfigHome}/containers/auth.json";

    private static string ConfigHome => Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } home ? home : $"{Home}/.config";

    private static string DockerHome => Environment.GetEnvironmentVariable("DOCKER_CONFIG") is { Length: > 0 } home ? home : $"{Home}/.docker";

    /// <summary>The credentials for an image from whoever the configuration says is to be asked.</summary>
    internal static Credentials? Find(RegistryName name, RegistryOptions options)
    {
        if (options.CredentialHelpers.Count == 0 || options.AuthFile is not null)
        {
            return Find(name, options.AuthFile);
        }

        foreach (var helper in options.CredentialHelpers)
        {
            var found = helper == "containers-auth.json" ? Find(name, authFile: null) : new CredentialHelper(helper).Find(AuthFile.HelperKey(name.Host));
            if (found is not null)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>The credentials for an image; null when there are none.</summary>
    /// <param name="name">The image.</param>
    /// <param name="authFile">The only file to look at; null for the usual places.</param>
    /// <exception cref="RegistryException">A file is damaged, or a helper fails.</exception>
    public static Credentials? Find(RegistryName name, string? authFile)
    {
        if (authFile is not null && !File.Exists(authFile))
        {
            throw new RegistryException($"the credentials file {authFile} doesn't exist");
        }

        return Find(name.Host, name.Repository, authFile);
    }

    /// <inheritdoc cref="Find(RegistryName, string?)"/>
    /// <param name="host">The registry.</param>
    /// <param name="repository">The path below it; empty for the registry as a whole.</param>
    /// <param name="authFile">The only file to look at; null for the usual places.</param>
    public static Credentials? Find(string host, string repository, string? authFile)
    {
        foreach (var file in authFile is null ? UsualFiles() : [authFile])
        {
            if (AuthFile.TryRead(file)?.Find(host, repository) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>The registries that there are credentials for. Without duplicates.</summary>
    /// <exception cref="RegistryException">A file is damaged.</exception>
    public static IReadOnlyList<string> Hosts(string? authFile) =>
        [.. (authFile is null ? UsualFiles() : [authFile]).SelectMany(static file => AuthFile.TryRead(file)?.Keys ?? []).Select(static key => AuthFile.HostOf(key).Split('/')[0]).Distinct(StringComparer.Ordinal)];

    /// <summary>The files that are looked at, the first first.</summary>
    internal static IEnumerable<string> UsualFiles()
    {
        yield return Default;
        if (Environment.GetEnvironmentVariable("REGISTRY_AUTH_FILE") is { Length: > 0 })
        {
            yield break;
        }

        yield return $"{ConfigHome}/containers/auth.json";
        yield return $"{DockerHome}/config.json";
        yield return $"{Home}/.dockercfg";
    }
}
