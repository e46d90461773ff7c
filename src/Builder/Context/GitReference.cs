using Bld.Builder.Store;

namespace Bld.Builder.Context;

/// <summary>
/// A git repository and what of it is wanted: <c>URL#ref:directory</c>, or <c>URL?ref=…</c> with <c>tag branch commit checksum subdir
/// keep-git-dir submodules</c>.
/// </summary>
internal sealed record GitReference
{
    private const string Tags = "refs/tags/";
    private const string Branches = "refs/heads/";

    /// <summary>The repository as git is given it; it may hold credentials.</summary>
    public required string Url { get; init; }

    /// <summary>A branch, tag, full ref or commit; null for the repository's default branch.</summary>
    public string? Ref { get; private init; }

    /// <summary>The directory that is wanted; null for all.</summary>
    public string? Subdirectory { get; private init; }

    /// <summary>The commit that it has to be, or the beginning of one.</summary>
    public string? Checksum { get; init; }

    /// <summary>Whether <c>.git</c> is wanted too.</summary>
    public bool? KeepGitDirectory { get; init; }

    /// <summary>Whether submodules are wanted; null means yes.</summary>
    public bool? Submodules { get; private init; }

    /// <summary>The URL without a password, for people.</summary>
    public string Shown => WithoutCredentials(Url);

    /// <summary>Takes a text apart that <see cref="RemoteSource.IsGit"/> knows.</summary>
    /// <exception cref="BuildException">Its query can't be understood.</exception>
    public static GitReference Parse(string text)
    {
        var hash = text.IndexOf('#');
        var fragment = hash < 0 ? "" : text[(hash + 1)..];
        var rest = hash < 0 ? text : text[..hash];
        var question = rest.IndexOf('?');
        var query = question < 0 ? "" : rest[(question + 1)..];
        var colon = fragment.IndexOf(':');
        var reference = new GitReference
        {
            Url = question < 0 ? rest : rest[..question],
            Ref = Filled(colon < 0 ? fragment : fragment[..colon]),
            Subdirectory = colon < 0 ? null : Directory(fragment[(colon + 1)..]),
        };
        return reference.WithQuery(query);
    }

    /// <summary>A URL without its user and password.</summary>
    public static string WithoutCredentials(string url)
    {
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
        {
            return url;
        }

        var start = scheme + "://".Length;
        var end = url.IndexOf('/', start);
        var at = url.LastIndexOf('@', end < 0 ? url.Length - 1 : end);
        return at < start ? url : string.Concat(url.AsSpan(0, start), url.AsSpan(at + 1));
    }

    private GitReference WithQuery(string query)
    {
        var result = this;
        string? tag = null, branch = null;
        var seen = new HashSet<string>();
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=');
            var key = Uri.UnescapeDataString(equals < 0 ? pair : pair[..equals]);
            var value = equals < 0 ? "" : Uri.UnescapeDataString(pair[(equals + 1)..].Replace('+', ' '));
            if (value.Length == 0 && key is "keep-git-dir" or "submodules")
            {
                value = "true";
            }

            if (value.Length == 0)
            {
                throw Wrong($"query \"{key}\" has no value");
            }

            if (!seen.Add(key))
            {
                throw Wrong($"query \"{key}\" has multiple values");
            }

            switch (key)
            {
                case "tag":
                    tag = value.StartsWith(Tags) ? value : Tags + value;
                    break;
                case "branch":
                    branch = value.StartsWith(Branches) ? value : Branches + value;
                    break;
                default:
                    result = result.With(key, value);
                    break;
            }
        }

        if (tag is not null && branch is not null)
        {
            throw Wrong("branch conflicts with tag");
        }

        result = (tag ?? branch) is { } named ? result.WithRef(named) : result;
        return result.Ref is null && result.Checksum is { } commit ? result with { Ref = commit } : result;
    }

    private GitReference With(string key, string value) => key switch
    {
        "ref" => WithRef(value),
        "subdir" when Subdirectory is { } other && other != Directory(value) => throw Wrong($"subdir conflicts: \"{other}\" vs \"{value}\""),
        "subdir" => this with { Subdirectory = Directory(value) },
        "checksum" or "commit" => this with { Checksum = value },
        "keep-git-dir" => this with { KeepGitDirectory = Truth(key, value) },
        "submodules" => this with { Submodules = Truth(key, value) },

        // How BuildKit fetches: here a commit is fetched alone wherever the server can, and files have the time of their checkout.
        "mtime" when value == "checkout" => this,
        "fetch-by-commit" => this,
        _ => throw Wrong($"unexpected query \"{key}\""),
    };

    private GitReference WithRef(string value) =>
        Ref is { } other && other != value ? throw Wrong($"ref conflicts: \"{other}\" vs \"{value}\"") : this with { Ref = value };

    private bool Truth(string key, string value) => value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw Wrong($"invalid {key} value: \"{value}\""),
    };

    private BuildException Wrong(string reason) => new($"invalid git source {Shown}: {reason}");

    private static string? Filled(string text) => text.Length == 0 ? null : text;

    private static string? Directory(string text) => Filled(text.Trim('/')) is { } path && path != "." ? path : null;
}
