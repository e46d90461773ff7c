using Bld.Builder.Cache;
using Bld.Dockerfile.Checks;

namespace Bld.Builder.Engine.History;

/// <summary>
/// The parts of a cache key as a build's record has them. Long values are cut, and values of variables whose names say that they are
/// secret are left out; both keep a digest, so two records can still be compared exactly.
/// </summary>
internal static class RecordedParts
{
    private const int Longest = 400;

    /// <summary>Name, value, name, value …</summary>
    public static IReadOnlyList<string> Of(CacheKeyBuilder inputs)
    {
        var parts = new List<string>(inputs.Parts.Count * 2);
        foreach (var part in inputs.Parts)
        {
            parts.Add(part.Name);
            parts.Add(Value(part));
        }

        return parts;
    }

    private static string Value(CacheKeyPart part)
    {
        if (part.Name is "environment" or "argument" && part.Value.IndexOf('=') is var equals and >= 0 && SecretNames.Contains(part.Value[..equals]))
        {
            return $"{part.Value[..equals]}=(secret, {BuildProject.Short(part.Value)})";
        }

        return part.Value.Length <= Longest ? part.Value : $"{part.Value[..Longest]}… ({BuildProject.Short(part.Value)})";
    }
}
