using Bld.Builder.Store;

namespace Bld.Builder.Context;

/// <summary>
/// A pattern for relative paths: <c>*</c> and <c>?</c> within a name, <c>[a-z]</c>, <c>\</c> before a character, and <c>**</c> for any
/// number of directories (Go's filepath.Match, with moby's <c>**</c>). <c>**.log</c> without other such characters is the end of a path.
/// </summary>
internal sealed class PathPattern
{
    private const string AnyDepth = "**";

    /// <summary>Any single name; no pattern reads so, because a slash is never part of one.</summary>
    private const string AnyName = "/";
    private readonly string[] _names;
    private readonly string? _ending;

    private PathPattern(string[] names, string? ending)
    {
        _names = names;
        _ending = ending;
    }

    /// <summary>Reads a pattern; slashes around it, <c>.</c> and <c>..</c> are resolved as in a path.</summary>
    /// <exception cref="BuildException">A bracket isn't closed, or the text ends in a backslash.</exception>
    public static PathPattern Parse(string text, string where)
    {
        var names = new List<string>();
        foreach (var name in text.Split('/'))
        {
            if (name == ".." && (text.StartsWith('/') || names is [.., not ".."]))
            {
                names.RemoveRange(Math.Max(names.Count - 1, 0), Math.Min(names.Count, 1));
            }
            else if (name is not ("" or "."))
            {
                NamePattern.Check(name, where);
                names.Add(name);
            }
        }

        return Of(names);
    }

    private static PathPattern Of(List<string> names)
    {
        var ending = names is [{ Length: > 2 } first, ..] && first.StartsWith(AnyDepth) ? string.Join('/', names)[AnyDepth.Length..] : null;
        if (ending is not null && !NamePattern.IsPattern(ending))
        {
            return new PathPattern([], ending);
        }

        // "**x" is x at any depth.
        List<string> parts = [.. names.SelectMany(static name => name.Length > 2 && name.StartsWith(AnyDepth) ? [AnyDepth, name[AnyDepth.Length..]] : new[] { name })];
        return new PathPattern([.. parts, .. parts is [.., AnyDepth] ? [AnyName] : Array.Empty<string>()], null);
    }

    /// <summary>Whether it may match the path or something below it, if that is a directory.</summary>
    public bool MayMatchBelow(ReadOnlySpan<char> path)
    {
        if (_ending is not null)
        {
            return true;
        }

        for (var index = 0; !path.IsEmpty; index++, path = Rest(path))
        {
            if (index >= _names.Length || _names[index] == AnyDepth)
            {
                return index < _names.Length;
            }

            if (!MatchesName(_names[index], First(path)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Whether the whole path matches. The pattern for the root itself (<c>.</c>) matches nothing. When what follows a <c>**</c> doesn't
    /// fit, only the last one takes a name more: nothing is gained by going back further, and time stays bounded whatever the pattern.
    /// </summary>
    public bool Matches(ReadOnlySpan<char> path)
    {
        if (_ending is not null)
        {
            return path.EndsWith(_ending);
        }

        var (index, resumeIndex) = (0, -1);
        var resumePath = path;
        while (!path.IsEmpty)
        {
            if (index < _names.Length && _names[index] == AnyDepth)
            {
                resumeIndex = ++index;
                resumePath = path;
            }
            else if (index < _names.Length && MatchesName(_names[index], First(path)))
            {
                path = Rest(path);
                index++;
            }
            else if (resumeIndex >= 0)
            {
                path = resumePath = Rest(resumePath);
                index = resumeIndex;
            }
            else
            {
                return false;
            }
        }

        // At the end ** wants at least one name: "a/**" is what lies in a.
        return _names.Length > 0 && index == _names.Length;
    }

    private static bool MatchesName(string pattern, ReadOnlySpan<char> name) => pattern == AnyName || NamePattern.Matches(pattern, name);

    private static ReadOnlySpan<char> First(ReadOnlySpan<char> path) => path.IndexOf('/') is var slash && slash < 0 ? path : path[..slash];

    private static ReadOnlySpan<char> Rest(ReadOnlySpan<char> path) => path.IndexOf('/') is var slash && slash < 0 ? default : path[(slash + 1)..];
}
