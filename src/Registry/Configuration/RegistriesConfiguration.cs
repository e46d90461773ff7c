namespace Bld.Registry.Configuration;

/// <summary>A place to ask for an image.</summary>
/// <param name="Name">Where it is.</param>
/// <param name="IsInsecure">Whether bad certificates and plain HTTP will do.</param>
/// <param name="IsMirror">Whether it is only a mirror: the user's own <c>--creds</c> are not for it.</param>
public sealed record RegistryPlace(RegistryName Name, bool IsInsecure, bool IsMirror);

/// <summary>
/// containers-registries.conf(5), version 2, with its drop-ins: mirrors, other locations, insecure and blocked registries, and what
/// short names mean.
/// </summary>
public sealed class RegistriesConfiguration
{
    private readonly Dictionary<string, RegistryRule> _rules = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _aliases = new(StringComparer.Ordinal);
    private readonly RegistrySources _sources = RegistrySources.Load();
    private string _mode = "permissive";

    private RegistriesConfiguration()
    {
    }

    /// <summary>The registries that short names are looked for in, in order.</summary>
    public IReadOnlyList<string> SearchRegistries { get; private set; } = [];

    /// <summary>Every registry that is to be asked for something: for short names, in the place of others, or as a mirror. Without duplicates.</summary>
    public IReadOnlyList<string> Hosts =>
    [
        .. SearchRegistries.Concat(_rules.Values.Where(static rule => !rule.IsBlocked).SelectMany(static rule => rule.Mirrors.Select(static mirror => mirror.Location).Append(rule.Location)))
            .Where(static place => place.Length > 0).Select(static place => place.Split('/')[0]).Distinct(StringComparer.Ordinal),
    ];

    /// <summary>Who is asked for credentials, in order; empty for the credentials files alone.</summary>
    public IReadOnlyList<string> CredentialHelpers { get; private set; } = [];

    /// <summary>Reads the configuration.</summary>
    /// <param name="file">The only file to read; null for the usual places.</param>
    /// <param name="dropIns">The folder of drop-ins in place of the usual ones; null for those.</param>
    /// <param name="aliasFile">The file of aliases that a program has recorded; null for the usual one.</param>
    /// <exception cref="RegistryException">A file can't be read or says something that can't be.</exception>
    public static RegistriesConfiguration Load(string? file, string? dropIns, string? aliasFile)
    {
        var configuration = new RegistriesConfiguration();
        const string Variable = "CONTAINERS_REGISTRIES_CONF";

        // Buildah's own variable is older than the one that all tools have.
        file ??= Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } ? null : Environment.GetEnvironmentVariable("REGISTRIES_CONFIG_PATH");
        var files = ConfigurationFiles.Locate("registries.conf", Variable, file);
        foreach (var each in dropIns is null ? files : [.. files.Where(static path => !path.Contains("/registries.conf.d/", StringComparison.Ordinal)), .. ConfigurationFiles.DropIns(dropIns)])
        {
            configuration.Add(ConfigurationFiles.Read([each]), each);
        }

        var aliases = aliasFile ?? UsualAliasFile();
        if (File.Exists(aliases))
        {
            configuration.AddAliases(ConfigurationFiles.Read([aliases]).Table("aliases"));
        }

        return configuration;
    }

    /// <summary>The full names that a name without a host may mean, the first first; Docker Hub's when nothing is configured.</summary>
    /// <exception cref="RegistryException">It may mean several things, and the configuration wants that said.</exception>
    public IReadOnlyList<string> Resolve(string shortName)
    {
        var end = shortName.IndexOf('@', StringComparison.Ordinal) is var at and >= 0 ? at
            : shortName.LastIndexOf(':') is var colon && colon > shortName.LastIndexOf('/') ? colon : shortName.Length;
        if (_aliases.TryGetValue(shortName[..end], out var alias))
        {
            return [alias + shortName[end..]];
        }

        if (SearchRegistries.Count > 1 && _mode == "enforcing")
        {
            throw new RegistryException(
                $"\"{shortName}\" may mean {string.Join(" or ", SearchRegistries.Select(registry => $"{registry}/{shortName}"))}, and short-name-mode is enforcing: give the whole name");
        }

        return SearchRegistries.Count > 0
            ? [.. SearchRegistries.Select(registry => $"{registry}/{shortName}")]
            : [shortName.Contains('/', StringComparison.Ordinal) ? "docker.io/" + shortName : "docker.io/library/" + shortName];
    }

    /// <summary>Where an image is to be asked for: its mirrors, then its own place.</summary>
    /// <exception cref="RegistryException">Its registry is blocked.</exception>
    public IReadOnlyList<RegistryPlace> PlacesToPull(RegistryName name)
    {
        if (RuleFor(name) is not { } rule)
        {
            return [new RegistryPlace(name, _sources.IsInsecure(name), IsMirror: false)];
        }

        var byDigest = Digest.TryParse(name.Reference, out _);
        var places = rule.Mirrors.Where(mirror => byDigest ? mirror.ForDigests : mirror.ForTags)
            .Select(mirror => new RegistryPlace(Rewrite(name, rule, mirror.Location), mirror.IsInsecure, IsMirror: true));
        var own = rule.Location.Length == 0 ? name : Rewrite(name, rule, rule.Location);
        return [.. places, new RegistryPlace(own, rule.IsInsecure || _sources.IsInsecure(own), IsMirror: false)];
    }

    /// <summary>Where an image is to be written: mirrors and other locations are for reading only.</summary>
    /// <exception cref="RegistryException">Its registry is blocked.</exception>
    public RegistryPlace PlaceToPush(RegistryName name) => new(name, RuleFor(name) is { IsInsecure: true } || _sources.IsInsecure(name), IsMirror: false);

    private static string UsualAliasFile() => Privilege.IsRoot
        ? "/var/cache/containers/short-name-aliases.conf"
        : $"{Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)}/.cache/containers/short-name-aliases.conf";

    private static RegistryName Rewrite(RegistryName name, RegistryRule rule, string location)
    {
        var text = name.ToString();
        return RegistryName.ParseWithHost(location + text[rule.Match(text)..]);
    }

    private RegistryRule? RuleFor(RegistryName name)
    {
        _sources.Check(name);
        var text = name.ToString();
        var rule = _rules.Values.Where(each => each.Match(text) >= 0).MaxBy(static each => each.Prefix.Length);
        return rule is { IsBlocked: true }
            ? throw new RegistryException($"{name} can't be used: {rule.Prefix} is blocked in {rule.File}")
            : rule;
    }

    private void Add(TomlTable table, string file)
    {
        if (table["registries"] is TomlTable)
        {
            throw new RegistryException($"{file} is written in the format of version 1, which is no longer read: write it anew as containers-registries.conf(5) says");
        }

        CredentialHelpers = table.Texts("credential-helpers") ?? CredentialHelpers;
        SearchRegistries = table.Texts("unqualified-search-registries") ?? SearchRegistries;
        _mode = table.Text("short-name-mode") is { Length: > 0 } mode
            ? mode is "enforcing" or "permissive" or "disabled" ? mode : throw new RegistryException($"short-name-mode = \"{mode}\" in {file} can't be: use enforcing, permissive or disabled")
            : _mode;
        foreach (var rule in table.Tables("registry").Select(each => RegistryRule.Read(each, file)))
        {
            _rules[rule.Prefix] = rule;
        }

        AddAliases(table.Table("aliases"));
    }

    private void AddAliases(TomlTable table)
    {
        foreach (var name in table.Keys)
        {
            if (table.Text(name) is { Length: > 0 } value)
            {
                _aliases[name] = value;
            }
            else
            {
                _aliases.Remove(name);
            }
        }
    }
}
