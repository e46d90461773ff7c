using System.Text;
using System.Text.Json;

namespace Bld.Registry;

/// <summary>A user's name and password for a registry. Never printed.</summary>
public sealed class Credentials(string user, string password)
{
    /// <summary>The value of a Basic authorization header.</summary>
    internal string Basic => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

    /// <summary>Shows nothing.</summary>
    public override string ToString() => "(credentials)";

    /// <summary>
    /// Finds credentials in the files of containers-auth.json(5) and of Docker: the first file that has an entry for the repository,
    /// a part of its path, or its host.
    /// </summary>
    /// <param name="name">The image.</param>
    /// <param name="authFile">The only file to look at; null for the usual places.</param>
    public static Credentials? Find(RegistryName name, string? authFile)
    {
        foreach (var file in authFile is null ? UsualFiles() : [authFile])
        {
            if (File.Exists(file) && FindIn(file, name) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static IEnumerable<string> UsualFiles()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (Environment.GetEnvironmentVariable("REGISTRY_AUTH_FILE") is { Length: > 0 } only)
        {
            yield return only;
            yield break;
        }

        yield return Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime
            ? $"{runtime}/containers/auth.json"
            : "/run/containers/0/auth.json";
        yield return $"{Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") ?? $"{home}/.config"}/containers/auth.json";
        yield return $"{Environment.GetEnvironmentVariable("DOCKER_CONFIG") ?? $"{home}/.docker"}/config.json";
    }

    private static Credentials? FindIn(string file, RegistryName name)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            if (!document.RootElement.TryGetProperty("auths", out var auths))
            {
                return null;
            }

            for (var key = $"{name.Host}/{name.Repository}"; ; key = key[..key.LastIndexOf('/')])
            {
                if (auths.TryGetProperty(key, out var entry) && entry.TryGetProperty("auth", out var auth)
                    && auth.GetString() is { Length: > 0 } encoded)
                {
                    return Decode(encoded);
                }

                if (!key.Contains('/', StringComparison.Ordinal))
                {
                    return null;
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            // The text may hold a secret, so it is not shown.
            throw new RegistryException($"the credentials file {file} can't be read: it is damaged", exception);
        }
    }

    private static Credentials Decode(string encoded)
    {
        var text = Encoding.UTF8.GetString(Convert.FromBase64String(encoded));
        var colon = text.IndexOf(':');
        return colon < 0 ? throw new FormatException() : new Credentials(text[..colon], text[(colon + 1)..]);
    }
}
