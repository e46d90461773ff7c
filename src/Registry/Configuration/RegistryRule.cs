namespace Bld.Registry.Configuration;

/// <summary>A place that may have what a rule is about instead of the rule's own.</summary>
/// <param name="Location">Host and path that take the prefix's place.</param>
/// <param name="IsInsecure">Whether bad certificates and plain HTTP will do.</param>
/// <param name="ForDigests">Whether it is asked for images by digest.</param>
/// <param name="ForTags">Whether it is asked for images by tag.</param>
internal sealed record RegistryMirror(string Location, bool IsInsecure, bool ForDigests, bool ForTags);

/// <summary>A <c>[[registry]]</c> of registries.conf: what is special about the images whose names begin so.</summary>
internal sealed record RegistryRule
{
    /// <summary>Host, maybe with a path, a tag or a digest; or <c>*.</c> and a domain.</summary>
    public required string Prefix { get; init; }

    /// <summary>What takes the prefix's place; empty leaves names as they are.</summary>
    public string Location { get; init; } = "";

    public bool IsInsecure { get; init; }

    public bool IsBlocked { get; init; }

    public IReadOnlyList<RegistryMirror> Mirrors { get; init; } = [];

    /// <summary>The file that says so, for errors.</summary>
    public required string File { get; init; }

    /// <summary>Reads a table.</summary>
    /// <exception cref="RegistryException">It says nothing, or something that can't be.</exception>
    public static RegistryRule Read(TomlTable table, string file)
    {
        var location = (table.Text("location") ?? "").TrimEnd('/');
        var prefix = (table.Text("prefix") ?? location).TrimEnd('/');
        if (prefix.Length == 0 || (location.Length == 0 && !prefix.StartsWith("*.", StringComparison.Ordinal)))
        {
            throw new RegistryException($"a [[registry]] in {file} has no location");
        }

        if (prefix.LastIndexOf('*') > 0 || (prefix[0] == '*' && (prefix.Length < 3 || prefix[1] != '.' || prefix.Contains('/', StringComparison.Ordinal))))
        {
            throw new RegistryException($"the prefix \"{prefix}\" in {file} can't be: a wildcard stands for subdomains only, as in \"*.example.com\"");
        }

        var byDigestOnly = table.Boolean("mirror-by-digest-only") ?? false;
        return new RegistryRule
        {
            Prefix = prefix,
            Location = location,
            IsInsecure = table.Boolean("insecure") ?? false,
            IsBlocked = table.Boolean("blocked") ?? false,
            Mirrors = [.. table.Tables("mirror").Select(mirror => ReadMirror(mirror, byDigestOnly, file))],
            File = file,
        };
    }

    /// <summary>How many letters of a name the prefix covers; -1 when it doesn't match.</summary>
    /// <param name="name">Host, repository, and tag or digest.</param>
    public int Match(string name)
    {
        if (Prefix[0] == '*')
        {
            var end = name.IndexOfAny(['/', ':']);
            var host = end < 0 ? name : name[..end];
            return host.EndsWith(Prefix[1..], StringComparison.Ordinal) ? host.Length : -1;
        }

        // A host's port is no tag, so behind a bare host only a path may follow.
        var isBoundary = name.Length == Prefix.Length
            || (name.Length > Prefix.Length && (name[Prefix.Length] == '/' || (name[Prefix.Length] is ':' or '@' && Prefix.Contains('/', StringComparison.Ordinal))));
        return isBoundary && name.StartsWith(Prefix, StringComparison.Ordinal) ? Prefix.Length : -1;
    }

    private static RegistryMirror ReadMirror(TomlTable table, bool byDigestOnly, string file)
    {
        var location = table.Text("location") is { Length: > 0 } text ? text.TrimEnd('/') : throw new RegistryException($"a mirror in {file} has no location");
        var (digests, tags) = table.Text("pull-from-mirror") switch
        {
            null or "" or "all" => (true, !byDigestOnly),
            "digest-only" => (true, false),
            "tag-only" => (false, true),
            var other => throw new RegistryException($"pull-from-mirror = \"{other}\" in {file} can't be: use all, digest-only or tag-only"),
        };
        return new RegistryMirror(location, table.Boolean("insecure") ?? false, digests, tags);
    }
}
