using System.Text;
using System.Text.Json;

using Bld.Json;

namespace Bld.Registry.Configuration;

/// <summary>
/// What the environment variable <c>BUILD_REGISTRY_SOURCES</c> allows: services that build for others set it, so that builds keep to the
/// registries that they trust.
/// </summary>
internal sealed record RegistrySources : IJsonRecord<RegistrySources>
{
    private const string Variable = "BUILD_REGISTRY_SOURCES";

    private IReadOnlyList<string> Insecure { get; init; } = [];

    private IReadOnlyList<string> Blocked { get; init; } = [];

    private IReadOnlyList<string> Allowed { get; init; } = [];

    /// <summary>What it says; nothing is forbidden where it is not set.</summary>
    /// <exception cref="RegistryException">It can't be read.</exception>
    public static RegistrySources Load()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } text)
        {
            return new RegistrySources();
        }

        try
        {
            return JsonMembers.Parse<RegistrySources>(Encoding.UTF8.GetBytes(text));
        }
        catch (JsonException exception)
        {
            throw new RegistryException($"the environment variable {Variable} can't be read: {exception.Message}", exception);
        }
    }

    /// <summary>Refuses an image of a registry that may not be used.</summary>
    /// <exception cref="RegistryException">It may not.</exception>
    public void Check(RegistryName name)
    {
        if (Blocked.Contains(name.Host))
        {
            throw new RegistryException($"registry \"{name.Host}\" denied by policy: it is in the blocked registries list of {Variable}");
        }

        if (Allowed.Count > 0 && !Allowed.Contains(name.Host))
        {
            throw new RegistryException($"registry \"{name.Host}\" denied by policy: not in allowed registries list of {Variable}: {string.Join(", ", Allowed)}");
        }
    }

    /// <summary>Whether bad certificates and plain HTTP will do for a registry.</summary>
    public bool IsInsecure(RegistryName name) => Insecure.Contains(name.Host);

    static RegistrySources IJsonRecord<RegistrySources>.Read(JsonMembers json) => new()
    {
        Insecure = json.Texts("insecureRegistries") ?? [],
        Blocked = json.Texts("blockedRegistries") ?? [],
        Allowed = json.Texts("allowedRegistries") ?? [],
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Texts("insecureRegistries", Insecure);
        json.Texts("blockedRegistries", Blocked);
        json.Texts("allowedRegistries", Allowed);
    }
}
