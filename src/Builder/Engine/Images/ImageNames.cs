using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>Names of images as people write them, and as the store keeps them.</summary>
internal static class ImageNames
{
    private const string Local = "localhost/";
    private const string OwnStore = "containers-storage:";
    private const string DockerHub = "docker.io/";
    private const string Latest = ":latest";
    private const int IdLength = 64;

    /// <summary>The name that the store keeps: with a host (<c>localhost</c> when there is none) and a tag (<c>latest</c>).</summary>
    /// <exception cref="BuildException">It can't be a name.</exception>
    public static string Normalise(string name)
    {
        var full = WithTag(HasHost(name) ? Official(name) : Local + name);
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

    /// <summary>The name that an image is given.</summary>
    /// <exception cref="BuildException">It can't be a name, or has a digest, which follows from the image.</exception>
    public static string NormaliseTag(string name) =>
        name.Contains('@') ? throw new BuildException($"{name}: tag by digest not supported: give a name, or NAME:TAG")
        : IsId(name) ? throw new BuildException($"{name}: 64 hexadecimal digits are an image's id and can't be a name: choose another, or put localhost/ before it")
        : Normalise(name);

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
        name = WithoutStore(name);
        if (HasHost(name))
        {
            yield return WithTag(Official(name));
        }
        else if (!IsId(name))
        {
            yield return WithTag(Local + name);
            yield return WithTag(name.Contains('/') ? "docker.io/" + name : "docker.io/library/" + name);
        }

        yield return name;
    }

    /// <summary>
    /// The name without <c>containers-storage:</c> before it. Without a place in brackets that is our own store, as it is Buildah's for Buildah.
    /// </summary>
    public static string WithoutStore(string name) =>
        name.StartsWith(OwnStore) && !name.StartsWith(OwnStore + "[") ? name[OwnStore.Length..] : name;

    /// <summary>The name in the store, of any registry, that a name without a host is the end of; asked last, as Buildah does.</summary>
    public static IEnumerable<string> StoredEnding(ImageStore images, string name)
    {
        if (!HasHost(name) && images.FindNameEnding("/" + WithTag(name)) is { } stored)
        {
            yield return stored;
        }
    }

    /// <summary>The name with a tag, <c>latest</c> when it has none.</summary>
    public static string WithLatest(string name) => WithTag(name);

    /// <summary>A name to pull or push: without a host it is Docker Hub's.</summary>
    public static string WithDefaultHost(string name) =>
        HasHost(name) ? name : name.Contains('/') ? "docker.io/" + name : "docker.io/library/" + name;

    /// <summary>Whether only an image's id can be meant: no name looks like a whole one (distribution's grammar of references).</summary>
    public static bool IsId(string name) => name.Length == IdLength && name.All(char.IsAsciiHexDigitLower);

    /// <summary>Whether a name begins with a host.</summary>
    public static bool HasHost(string name)
    {
        var slash = name.IndexOf('/');
        return slash > 0 && (name[..slash] is "localhost" || name.AsSpan(0, slash).IndexOfAny('.', ':') >= 0);
    }

    // Docker Hub's names without a part for their owner are in library/.
    private static string Official(string name) =>
        name.StartsWith(DockerHub) && name.IndexOf('/', DockerHub.Length) < 0 ? $"{DockerHub}library/{name[DockerHub.Length..]}" : name;

    // Where a digest says what is meant, a tag says nothing.
    private static string WithTag(string name) =>
        name.IndexOf('@') is var at and > 0 ? WithoutTag(name[..at]) + name[at..] : name.LastIndexOf(':') > name.LastIndexOf('/') ? name : name + Latest;

    private static string WithoutTag(string name) => name.LastIndexOf(':') is var colon && colon > name.LastIndexOf('/') ? name[..colon] : name;
}
