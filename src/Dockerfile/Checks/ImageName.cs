using System.Buffers;

namespace Bld.Dockerfile.Checks;

/// <summary>
/// The grammar of image names, <c>[host[:port]/]path[:tag][@digest]</c>, as the distribution project's reference describes it.
/// Only whether a text has it: what it names is not the business of this project.
/// </summary>
internal static class ImageName
{
    private const int LongestPath = 255;
    private const int LongestTag = 128;
    private const int IdLength = 64;

    // Buildah's names of images that lie elsewhere than at a registry.
    private static readonly string[] Transports = ["docker://", "oci:", "oci-archive:", "docker-archive:", "dir:", "docker-daemon:", "containers-storage:"];

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    private static readonly SearchValues<char> Address = SearchValues.Create("0123456789abcdefABCDEF:");

    internal static bool IsValid(string text)
    {
        if (Array.Exists(Transports, transport => text.Length > transport.Length && text.StartsWith(transport, StringComparison.Ordinal)))
        {
            return true;
        }

        var rest = text.AsSpan();
        if (rest.IndexOf('@') is var at and >= 0)
        {
            if (!IsDigest(rest[(at + 1)..]))
            {
                return false;
            }

            rest = rest[..at];
        }

        // 64 hexadecimal digits would be taken for an image's id.
        if (rest.Length == IdLength && !rest.ContainsAnyExcept(Hexadecimal))
        {
            return false;
        }

        var slash = rest.IndexOf('/');
        if (slash >= 0 && IsHost(rest[..slash]))
        {
            if (!IsHostWithPort(rest[..slash]))
            {
                return false;
            }

            rest = rest[(slash + 1)..];
        }

        if (rest.LastIndexOf(':') is var colon and >= 0)
        {
            if (!IsTag(rest[(colon + 1)..]))
            {
                return false;
            }

            rest = rest[..colon];
        }

        return IsPath(rest);
    }

    // Without a dot, a port or a capital letter the first part is a directory at the default registry.
    private static bool IsHost(ReadOnlySpan<char> part) =>
        part.IndexOfAny('.', ':') >= 0 || part.SequenceEqual("localhost") || part.ContainsAnyInRange('A', 'Z');

    private static bool IsHostWithPort(ReadOnlySpan<char> host)
    {
        if (host.StartsWith("["))
        {
            var close = host.IndexOf(']');
            return close > 1 && !host[1..close].ContainsAnyExcept(Address) && IsPort(host[(close + 1)..]);
        }

        var colon = host.IndexOf(':');
        foreach (var label in (colon < 0 ? host : host[..colon]).Split('.'))
        {
            var text = host[label];
            if (text.IsEmpty || text[0] == '-' || text[^1] == '-' || !IsAlphanumeric(text, "-"))
            {
                return false;
            }
        }

        return colon < 0 || IsPort(host[colon..]);
    }

    private static bool IsPort(ReadOnlySpan<char> text) =>
        text.IsEmpty || (text.Length > 1 && text[0] == ':' && text[1..].IndexOfAnyExceptInRange('0', '9') < 0);

    private static bool IsPath(ReadOnlySpan<char> path)
    {
        if (path.Length is 0 or > LongestPath)
        {
            return false;
        }

        foreach (var part in path.Split('/'))
        {
            if (!IsPathPart(path[part]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Lower-case letters and digits, joined by one dot, one or two underscores, or dashes.</summary>
    private static bool IsPathPart(ReadOnlySpan<char> part)
    {
        var separators = 0;
        for (var i = 0; i <= part.Length; i++)
        {
            if (i < part.Length && part[i] is '.' or '_' or '-')
            {
                separators++;
                continue;
            }

            var separator = part.Slice(i - separators, separators);
            var isEdge = i == part.Length || i == separators;
            if ((separators > 0 || part.IsEmpty) && (isEdge || !(separator is "." or "_" or "__" || separator.IndexOfAnyExcept('-') < 0)))
            {
                return false;
            }

            separators = 0;
            if (i < part.Length && !(char.IsAsciiLetterLower(part[i]) || char.IsAsciiDigit(part[i])))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsTag(ReadOnlySpan<char> tag) =>
        tag.Length is > 0 and <= LongestTag && tag[0] is not ('.' or '-') && IsAlphanumeric(tag, "_.-");

    private static bool IsDigest(ReadOnlySpan<char> digest)
    {
        var colon = digest.IndexOf(':');
        return colon > 0 && IsAlphanumeric(digest[..colon], "+._-")
            && digest.Length - colon > 32 && !digest[(colon + 1)..].ContainsAnyExcept(Hexadecimal);
    }

    private static bool IsAlphanumeric(ReadOnlySpan<char> text, string others)
    {
        foreach (var character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character) && !others.Contains(character))
            {
                return false;
            }
        }

        return true;
    }
}
