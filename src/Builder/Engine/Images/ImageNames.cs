using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>Names of images as people write them, and as the store keeps them.</summary>
internal static class ImageNames
{
    private const string Local = "localhost/";
    private const string Latest = ":latest";

    /// <summary>The name that the store keeps: with a host (<c>localhost</c> when there is none) and a tag (<c>latest</c>).</summary>
    /// <exception cref="BuildException">It can't be a name.</exception>
    public static string Normalise(string name)
    {
        var full = WithTag(HasHost(name) ? name : Local + name);
        try
        {
            RegistryName.Parse(full);
        }
        catch (RegistryException exception)
        {
            throw new BuildException($"normalizing name \"{name}\": {exception.Message}", exception);
        }

        return full;
    }

    /// <summary>A name without its tag or digest, and the tag; null when it has none.</summary>
    public static (string Repository, string? Tag) SplitTag(string name)
    {
        var plain = name.IndexOf('@') is var at and > 0 ? name[..at] : name;
        var colon = plain.LastIndexOf(':');
        return colon > plain.LastIndexOf('/') ? (plain[..colon], plain[(colon + 1)..]) : (plain, null);
    }

    /// <summary>The names of the store that a name may mean, the likeliest first; the name itself for an id.</summary>
    public static IEnumerable<string> Candidates(string name)
    {
        if (HasHost(name))
        {
            yield return WithTag(name);
        }
        else
        {
            yield return WithTag(Local + name);
            yield return WithTag(name.Contains('/') ? "docker.io/" + name : "docker.io/library/" + name);
        }

        yield return name;
    }

    /// <summary>The name with a tag, <c>latest</c> when it has none.</summary>
    public static string WithLatest(string name) => WithTag(name);

    /// <summary>A name to pull or push: without a host it is Docker Hub's.</summary>
    public static string WithDefaultHost(string name) =>
        HasHost(name) ? name : name.Contains('/') ? "docker.io/" + name : "docker.io/library/" + name;

    /// <summary>Whether a name begins with a host.</summary>
    public static bool HasHost(string name)
    {
        var slash = name.IndexOf('/');
        return slash > 0 && (name[..slash] is "localhost" || name.AsSpan(0, slash).IndexOfAny('.', ':') >= 0);
    }

    // Where a digest says what is meant, a tag says nothing.
    private static string WithTag(string name) =>
        name.IndexOf('@') is var at and > 0 ? WithoutTag(name[..at]) + name[at..] : name.LastIndexOf(':') > name.LastIndexOf('/') ? name : name + Latest;

    private static string WithoutTag(string name) => name.LastIndexOf(':') is var colon && colon > name.LastIndexOf('/') ? name[..colon] : name;
}
