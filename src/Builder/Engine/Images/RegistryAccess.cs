using Bld.Registry;
using Bld.Registry.Configuration;

namespace Bld.Builder.Engine.Images;

/// <summary>
/// How registries are spoken to in one command: by its flags, and by registries.conf, which is read when a registry is first asked or
/// a name without a host has to be understood.
/// </summary>
/// <param name="options">What the flags say.</param>
/// <param name="load">Reads registries.conf.</param>
/// <param name="policyFile">The signature policy; null for the usual places.</param>
internal sealed class RegistryAccess(RegistryOptions options, Func<RegistriesConfiguration> load, string? policyFile)
{
    private readonly Lazy<RegistriesConfiguration> _configuration = new(load);
    private TrustPolicy? _policy;

    /// <summary>Which images may come in.</summary>
    public TrustPolicy Policy => _policy ??= TrustPolicy.Load(policyFile);

    /// <summary>The registries that the configuration names or that there are credentials for. Without duplicates.</summary>
    public IReadOnlyList<string> KnownHosts => [.. _configuration.Value.Hosts.Union(AuthFiles.Hosts(options.AuthFile))];

    /// <summary>The full names that a name may mean.</summary>
    public IReadOnlyList<string> Meanings(string name) => ImageNames.HasHost(name) ? [name] : _configuration.Value.Resolve(name);

    /// <summary>The names under which the store may have what a short name means.</summary>
    public IEnumerable<string> StoredMeanings(string name) => Meanings(name).Select(ImageNames.WithLatest);

    /// <summary>Does something with the first meaning of a name for which it can be done.</summary>
    public T WithMeaning<T>(string name, Func<RegistryName, T> use)
    {
        var meanings = Meanings(name);
        var errors = new List<string>();
        foreach (var meaning in meanings)
        {
            try
            {
                return use(RegistryName.Parse(meaning));
            }
            catch (RegistryException exception) when (meanings.Count > 1)
            {
                errors.Add(exception.Message);
            }
        }

        throw new RegistryException($"no registry gave {name}: {string.Join("; ", errors)}");
    }

    /// <summary>An image to read: at the first of its places that has it.</summary>
    public RegistrySource OpenToRead(RegistryName name)
    {
        var places = _configuration.Value.PlacesToPull(name);
        var errors = new List<string>();
        foreach (var place in places.Where(static each => each.IsMirror))
        {
            var client = Open(place);
            try
            {
                return new RegistrySource(client, name, client.GetManifestAsync(place.Name.Reference, CancellationToken.None).GetAwaiter().GetResult());
            }
            catch (RegistryException exception)
            {
                client.Dispose();
                errors.Add(exception.Message);
            }
        }

        var own = Open(places[^1]);
        if (errors.Count == 0)
        {
            return new RegistrySource(own, name, null);
        }

        try
        {
            return new RegistrySource(own, name, own.GetManifestAsync(places[^1].Name.Reference, CancellationToken.None).GetAwaiter().GetResult());
        }
        catch (RegistryException exception)
        {
            own.Dispose();
            throw new RegistryException($"{exception.Message}; nor did its mirrors have it: {string.Join("; ", errors)}", exception) { Status = exception.Status };
        }
    }

    /// <summary>The same with other credentials.</summary>
    public RegistryAccess With(Credentials credentials) => new(options with { Credentials = credentials }, () => _configuration.Value, policyFile);

    /// <summary>A repository to write to, or to ask for something.</summary>
    public RegistryClient Open(RegistryName name) => Open(_configuration.Value.PlaceToPush(name));

    private RegistryClient Open(RegistryPlace place) => new(place.Name, options with
    {
        VerifiesTls = options.VerifiesTls ?? (place.IsInsecure ? false : null),
        Credentials = place.IsMirror ? null : options.Credentials,
        CredentialHelpers = _configuration.Value.CredentialHelpers,

        // The next place is better than another try.
        Retries = place.IsMirror ? Math.Min(1, options.Retries) : options.Retries,
    });
}
