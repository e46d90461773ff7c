using System.Text.Json;

using Bld.Builder.Engine.Images;
using Bld.Builder.Store;
using Bld.Json;

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
            var file = JsonMembers.Parse<SourcePolicyFile>(File.ReadAllBytes(path));
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
            if (_rules.LastOrDefault(rule => rule.Selector.Matches(identifier)) is not { } rule || rule.Action == "ALLOW")
            {
                return identifier;
            }

            if (rule.Action == "DENY")
            {
                throw new BuildException($"source \"{identifier}\" denied by policy: source denied by the rule for {rule.Selector.Identifier}");
            }

            var replacement = rule.Updates?.Identifier is { } update ? rule.Selector.Convert(identifier, update) : identifier;
            if (replacement == identifier)
            {
                return identifier;
            }

            identifier = replacement;
        }

        throw new BuildException($"the source policy replaces sources in a circle, and comes back to {identifier}");
    }
}

/// <summary>The file of a source policy.</summary>
internal sealed record SourcePolicyFile : IJsonRecord<SourcePolicyFile>
{
    public required IReadOnlyList<SourcePolicyRule> Rules { get; init; }

    static SourcePolicyFile IJsonRecord<SourcePolicyFile>.Read(JsonMembers json) => new()
    {
        Rules = json.Objects<SourcePolicyRule>("rules") ?? throw JsonMembers.Missing("rules"),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Objects("rules", Rules);
    }
}

/// <summary>One rule.</summary>
internal sealed record SourcePolicyRule : IJsonRecord<SourcePolicyRule>
{
    /// <summary>ALLOW, DENY or CONVERT.</summary>
    public required string Action { get; init; }

    public required SourcePolicySelector Selector { get; init; }

    public SourcePolicyUpdates? Updates { get; init; }

    /// <summary>Refuses what nobody knows.</summary>
    public void Check()
    {
        if (Action is not ("ALLOW" or "DENY" or "CONVERT"))
        {
            throw new JsonException($"\"{Action}\" is no action: it must be ALLOW, DENY or CONVERT");
        }

        Selector.Check();
    }

    static SourcePolicyRule IJsonRecord<SourcePolicyRule>.Read(JsonMembers json) => new()
    {
        Action = json.RequiredText("action"),
        Selector = json.RequiredObject<SourcePolicySelector>("selector"),
        Updates = json.Object<SourcePolicyUpdates>("updates"),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("action", Action);
        json.Object("selector", Selector);
        json.Object("updates", Updates);
    }
}

/// <summary>Which sources a rule is about.</summary>
internal sealed record SourcePolicySelector : IJsonRecord<SourcePolicySelector>
{
    public required string Identifier { get; init; }

    /// <summary>WILDCARD, which is also what absence means, EXACT or REGEX.</summary>
    public string? MatchType { get; init; }

    /// <summary>Refuses what can't be matched.</summary>
    public void Check()
    {
        try
        {
            _ = MatchType is null or "WILDCARD" or "EXACT" or "REGEX"
                ? Expression()
                : throw new FormatException($"the match type \"{MatchType}\" is not supported: use WILDCARD, EXACT or REGEX");
        }
        catch (FormatException exception)
        {
            throw new JsonException(exception.Message, exception);
        }
    }

    /// <summary>Whether a source is meant.</summary>
    public bool Matches(string source) => Expression()?.Matches(source) ?? source == Identifier;

    /// <summary>What a source that is meant becomes: <c>$1</c> is what the first <c>*</c> or group stands for.</summary>
    public string Convert(string source, string update) => Expression()?.Replace(source, update) ?? update;

    // Made anew each time: stages that run side by side ask at once.
    private PolicyExpression? Expression() => MatchType switch
    {
        "EXACT" => null,
        "REGEX" => new PolicyExpression(Identifier),
        _ => PolicyExpression.OfWildcard(Identifier),
    };

    static SourcePolicySelector IJsonRecord<SourcePolicySelector>.Read(JsonMembers json) => new()
    {
        Identifier = json.RequiredText("identifier"),
        MatchType = json.Text("matchType"),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("identifier", Identifier);
        json.Text("matchType", MatchType);
    }
}

/// <summary>What a source becomes.</summary>
internal sealed record SourcePolicyUpdates : IJsonRecord<SourcePolicyUpdates>
{
    public string? Identifier { get; init; }

    static SourcePolicyUpdates IJsonRecord<SourcePolicyUpdates>.Read(JsonMembers json) => new()
    {
        Identifier = json.Text("identifier"),
    };

    void IJsonWritable.Write(Utf8JsonWriter json)
    {
        json.Text("identifier", Identifier);
    }
}
