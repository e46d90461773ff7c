using System.Text;

using Bld.Builder.Context;
using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>What the user gave for sources that lie elsewhere.</summary>
/// <param name="Secrets">Secrets by the names that docker build has for them.</param>
/// <param name="SshSockets">Agents' sockets.</param>
/// <param name="Fetching">How servers are spoken to.</param>
internal sealed record RemoteAccess(
    IReadOnlyDictionary<string, SecretSource> Secrets, IReadOnlyDictionary<string, string> SshSockets, RegistryOptions Fetching)
{
    /// <summary>The Authorization header for a URL; null for none.</summary>
    public string? Authorization(string url)
    {
        var host = new Uri(url).Host;
        return Secret($"HTTP_AUTH_HEADER_{host}") is { } header ? header
            : Secret($"HTTP_AUTH_TOKEN_{host}") is { } token ? $"Bearer {token}"
            : null;
    }

    /// <summary>Variables for the git program.</summary>
    public IReadOnlyDictionary<string, string> GitEnvironment(string url)
    {
        var environment = new Dictionary<string, string>();
        if (SshSockets.TryGetValue("default", out var socket))
        {
            environment["SSH_AUTH_SOCK"] = socket;
        }

        if (RemoteSource.IsUrl(url) && GitHeader(new Uri(url).Host) is { } header)
        {
            // By the environment, because anybody can read another process's arguments.
            environment["GIT_CONFIG_COUNT"] = "1";
            environment["GIT_CONFIG_KEY_0"] = $"http.{new Uri(url).GetLeftPart(UriPartial.Authority)}/.extraheader";
            environment["GIT_CONFIG_VALUE_0"] = $"Authorization: {header}";
        }

        return environment;
    }

    private string? GitHeader(string host) =>
        (Secret($"GIT_AUTH_HEADER.{host}") ?? Secret("GIT_AUTH_HEADER"))
        ?? ((Secret($"GIT_AUTH_TOKEN.{host}") ?? Secret("GIT_AUTH_TOKEN")) is { } token
            ? "basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"x-access-token:{token}"))
            : null);

    private string? Secret(string id) =>
        Secrets.TryGetValue(id, out var source) && source.Read() is { } bytes ? Encoding.UTF8.GetString(bytes).Trim() : null;
}
