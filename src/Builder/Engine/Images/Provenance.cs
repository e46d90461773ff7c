using System.Text.Json;

namespace Bld.Builder.Engine.Images;

/// <summary>How an image came to be (SLSA provenance 1.0): what was asked for, from what, by what and when.</summary>
internal sealed record Provenance
{
    /// <summary>The predicate's type.</summary>
    public const string Type = "https://slsa.dev/provenance/v1";

    /// <summary>The Dockerfile's name.</summary>
    public required string Dockerfile { get; init; }

    /// <summary>The digest of the Dockerfile's text.</summary>
    public required string DockerfileDigest { get; init; }

    public string? Target { get; init; }

    public required string Platform { get; init; }

    /// <summary>Who has built it, a URI; null is bld.</summary>
    public string? Builder { get; init; }

    /// <summary>Values of ARGs; null when they are to stay private, since people put secrets there.</summary>
    public IReadOnlyDictionary<string, string>? Arguments { get; init; }

    /// <summary>The images that it was built from, with the digests of their manifests.</summary>
    public required IReadOnlyList<(string Name, string Digest)> Materials { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required DateTimeOffset Finished { get; init; }

    /// <summary>The predicate.</summary>
    public byte[] ToJson(string version)
    {
        using var content = new MemoryStream();
        using (var json = new Utf8JsonWriter(content))
        {
            json.WriteStartObject();
            WriteDefinition(json);
            json.WriteStartObject("runDetails");
            json.WriteStartObject("builder");
            json.WriteString("id", Builder ?? $"urn:bld:{version}");
            json.WriteEndObject();
            json.WriteStartObject("metadata");
            json.WriteString("startedOn", Time(Started));
            json.WriteString("finishedOn", Time(Finished));
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return content.ToArray();
    }

    private void WriteDefinition(Utf8JsonWriter json)
    {
        json.WriteStartObject("buildDefinition");
        json.WriteString("buildType", "urn:bld:dockerfile:v1");
        json.WriteStartObject("externalParameters");
        json.WriteString("dockerfile", Dockerfile);
        json.WriteString("platform", Platform);
        if (Target is not null)
        {
            json.WriteString("target", Target);
        }

        if (Arguments is not null)
        {
            json.WriteStartObject("buildArguments");
            foreach (var (name, value) in Arguments.OrderBy(static each => each.Key, StringComparer.Ordinal))
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartArray("resolvedDependencies");
        WriteDependency(json, Dockerfile, DockerfileDigest);
        foreach (var (name, digest) in Materials)
        {
            WriteDependency(json, name, digest);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteDependency(Utf8JsonWriter json, string name, string digest)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteStartObject("digest");
        json.WriteString(digest.Split(':')[0], digest.Split(':')[^1]);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
}
