using System.Text.Json;
using System.Text.Json.Serialization;

using Bld.Builder.Engine.Images;
using Bld.Builder.Store;

namespace Bld.Builder.Engine;

/// <summary>
/// Which images and URLs a build may use, and what replaces them: the JSON that BuildKit calls a source policy. The last rule that
/// matches decides; CONVERT replaces the source, and the rules are asked again about what replaces it.
/// </summary>
internal sealed class SourcePolicy
{
    private const string DockerImage = "docker-image://";
    private const int MostReplacements = 16;
    private readonly IReadOnlyList<SourcePolicyRule> _rules;

    private SourcePolicy(IReadOnlyList<SourcePolicyRule> rules) => _rules = rules;

    /// <summary>Reads a policy.</summary>
    /// <exception cref="BuildException">The file isn't there, or says something that can't be obeyed.</exception>
    public static SourcePolicy Read(string path)
    {
        try
        {
            var file = JsonSerializer.Deserialize(File.ReadAllBytes(path), SourcePolicyJson.Default.SourcePolicyFile)
                ?? throw new JsonException("it is null");
            foreach (var rule in file.Rules)
            {
                rule.Check();
            }

            return new SourcePolicy(file.Rules);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new BuildException($"cannot read the source policy {path}: {exception.Message}", exception);
        }
    }

    /// <summary>The image that is used where a Dockerfile says <paramref name="name"/>.</summary>
    /// <exception cref="BuildException">It may not be used.</exception>
    public string Image(string name)
    {
        var identifier = DockerImage + ImageNames.WithLatest(ImageNames.WithDefaultHost(name));
        var used = Source(identifier);
        return used == identifier ? name
            : used.StartsWith(DockerImage) ? used[DockerImage.Length..]
            : throw new BuildException($"the source policy replaces the image {name} by {used}, which is no docker-image://");
    }

    /// <summary>The URL that is used where a Dockerfile says <paramref name="identifier"/>.</summary>
    /// <exception cref="BuildException">It may not be used.</exception>
    public string Source(string identifier)
    {
        for (var i = 0; i < MostReplacements; i++)
        {
            if (_rules.LastOrDefault(rule => Matches(rule, identifier)) is not { } rule || rule.Action == "ALLOW")
            {
                return identifier;
            }

            if (rule.Action == "DENY")
            {
                throw new BuildException($"source \"{identifier}\" denied by policy: source denied by the rule for {rule.Selector.Identifier}");
            }

            var replacement = rule.Updates?.Identifier ?? identifier;
            if (replacement == identifier)
            {
                return identifier;
            }

            identifier = replacement;
        }

        throw new BuildException($"the source policy replaces sources in a circle, and comes back to {identifier}");
    }

    private static bool Matches(SourcePolicyRule rule, string identifier) => rule.Selector.MatchType == "EXACT"
        ? rule.Selector.Identifier == identifier
        : Matches(rule.Selector.Identifier, identifier);

    // "*" stands for any characters and "?" for one; the last "*" that was passed takes one more when what follows it doesn't fit.
    private static bool Matches(string pattern, string text)
    {
        var (p, t, star, resume) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, resume) = (p++, t);
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == text[t]))
            {
                (p, t) = (p + 1, t + 1);
            }
            else if (star >= 0)
            {
                (p, t) = (star + 1, ++resume);
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).Trim('*').IsEmpty;
    }
}

/// <summary>The file of a source policy.</summary>
internal sealed record SourcePolicyFile
{
    [JsonPropertyName("rules")]
    public required IReadOnlyList<SourcePolicyRule> Rules { get; init; }
}

/// <summary>One rule.</summary>
internal sealed record SourcePolicyRule
{
    /// <summary>ALLOW, DENY or CONVERT.</summary>
    [JsonPropertyName("action")]
    public required string Action { get; init; }

    [JsonPropertyName("selector")]
    public required SourcePolicySelector Selector { get; init; }

    [JsonPropertyName("updates")]
    public SourcePolicyUpdates? Updates { get; init; }

    /// <summary>Refuses what nobody knows.</summary>
    public void Check()
    {
        if (Action is not ("ALLOW" or "DENY" or "CONVERT"))
        {
            throw new JsonException($"\"{Action}\" is no action: it must be ALLOW, DENY or CONVERT");
        }

        if (Selector.MatchType is not (null or "WILDCARD" or "EXACT"))
        {
            throw new JsonException($"the match type \"{Selector.MatchType}\" is not supported: use WILDCARD or EXACT");
        }
    }
}

/// <summary>Which sources a rule is about.</summary>
internal sealed record SourcePolicySelector
{
    [JsonPropertyName("identifier")]
    public required string Identifier { get; init; }

    /// <summary>WILDCARD, which is also what absence means, or EXACT.</summary>
    [JsonPropertyName("matchType")]
    public string? MatchType { get; init; }
}

/// <summary>What a source becomes.</summary>
internal sealed record SourcePolicyUpdates
{
    [JsonPropertyName("identifier")]
    public string? Identifier { get; init; }
}

[JsonSerializable(typeof(SourcePolicyFile))]
internal sealed partial class SourcePolicyJson : JsonSerializerContext;
