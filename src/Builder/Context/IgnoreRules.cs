namespace Bld.Builder.Context;

/// <summary>
/// The rules of a <c>.dockerignore</c>: the last one that matches a path, or a directory above it, decides; <c>!</c> takes a path back in.
/// </summary>
internal sealed class IgnoreRules
{
    private readonly List<IgnoreRule> _rules = [];

    private IgnoreRules(IEnumerable<IgnoreRule> rules)
    {
        _rules.AddRange(rules);
        HasExceptions = _rules.Exists(static rule => rule.IsException);
    }

    /// <summary>Rules that exclude nothing.</summary>
    public static IgnoreRules None { get; } = new([]);

    /// <summary>Whether there is any rule.</summary>
    public bool HasRules => _rules.Count > 0;

    /// <summary>Whether a rule takes paths back in.</summary>
    public bool HasExceptions { get; }

    /// <summary>Reads a file of rules.</summary>
    /// <param name="text">Its text; lines beginning with <c>#</c> are comments.</param>
    /// <param name="name">Its name, for errors and explanations.</param>
    /// <exception cref="Store.BuildException">A line is no pattern.</exception>
    public static IgnoreRules Parse(string text, string name)
    {
        var rules = new List<IgnoreRule>();
        var number = 0;
        foreach (var line in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            if (!line.StartsWith('#') && line.Trim() is { Length: > 0 } pattern)
            {
                rules.Add(IgnoreRule.Parse(pattern, name, number));
            }
        }

        return new IgnoreRules(rules);
    }

    /// <summary>Rules made of patterns alone (<c>--exclude</c>).</summary>
    public static IgnoreRules Of(IEnumerable<string> patterns) => new(patterns.Select(static pattern => IgnoreRule.Parse(pattern, "--exclude", 0)));

    /// <summary>These rules and one behind them that excludes a path, whatever characters are in its name.</summary>
    public IgnoreRules Without(string path, string place) => new([.. _rules, IgnoreRule.Literal(path, place)]);

    /// <summary>These rules and further ones behind them.</summary>
    public IgnoreRules Then(IgnoreRules further) => further.HasRules ? new([.. _rules, .. further._rules]) : this;

    /// <summary>Whether a path (relative, slashes, no <c>.</c> or <c>..</c>) is excluded.</summary>
    public bool Excludes(string path) => Find(path) is { IsException: false };

    /// <summary>Whether a path is excluded with all below it: no rule behind the one that excludes it can take a part of it back in.</summary>
    public bool ExcludesAllBelow(string path) =>
        Find(path) is { IsException: false } rule
        && (!HasExceptions || !_rules.Skip(_rules.IndexOf(rule) + 1).Any(later => later.IsException && later.MayMatchBelow(path)));

    /// <summary>Where the rule that excludes a path stands: <c>.dockerignore line 3</c>; null when the path isn't excluded.</summary>
    public string? Explain(string path) => Find(path) is { IsException: false } rule ? rule.Place : null;

    private IgnoreRule? Find(string path)
    {
        IgnoreRule? last = null;
        foreach (var rule in _rules)
        {
            // A rule that would change nothing needn't be matched: an exception for what isn't excluded, say.
            var excluded = last is { IsException: false };
            if (rule.IsException == excluded && rule.MatchesOrAbove(path))
            {
                last = rule;
            }
        }

        return last;
    }
}
