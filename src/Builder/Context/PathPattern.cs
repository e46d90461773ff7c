using Bld.Builder.Store;

namespace Bld.Builder.Context;

/// <summary>
/// A pattern for relative paths: <c>*</c> and <c>?</c> within a name, <c>[a-z]</c>, <c>\</c> before a character, and <c>**</c> for any
/// number of directories (Go's filepath.Match, with moby's <c>**</c>).
/// </summary>
internal sealed class PathPattern
{
    private readonly string[] _names;

    private PathPattern(string[] names) => _names = names;

    /// <summary>Reads a pattern; slashes around it, <c>.</c> and <c>..</c> are resolved as in a path.</summary>
    /// <exception cref="BuildException">A bracket isn't closed, or the text ends in a backslash.</exception>
    public static PathPattern Parse(string text, string where)
    {
        var names = new List<string>();
        foreach (var name in text.Split('/'))
        {
            if (name == ".." && names.Count > 0)
            {
                names.RemoveAt(names.Count - 1);
            }
            else if (name is not ("" or "." or ".."))
            {
                NamePattern.Check(name, where);
                names.Add(name);
            }
        }

        return new PathPattern([.. names]);
    }

    /// <summary>Whether the whole path matches. The pattern for the root itself (<c>.</c>) matches nothing.</summary>
    public bool Matches(ReadOnlySpan<char> path) => _names.Length > 0 && Matches(path, 0);

    private bool Matches(ReadOnlySpan<char> path, int index)
    {
        while (true)
        {
            if (index == _names.Length)
            {
                return path.IsEmpty;
            }

            var pattern = _names[index];
            if (pattern == "**")
            {
                return MatchesAnyDepth(path, index + 1);
            }

            if (path.IsEmpty)
            {
                return false;
            }

            var slash = path.IndexOf('/');
            var name = slash < 0 ? path : path[..slash];
            if (!NamePattern.Matches(pattern, name))
            {
                return false;
            }

            path = slash < 0 ? default : path[(slash + 1)..];
            index++;
        }
    }

    private bool MatchesAnyDepth(ReadOnlySpan<char> path, int rest)
    {
        // At the end ** wants at least one name: "a/**" is what lies in a.
        if (rest == _names.Length)
        {
            return !path.IsEmpty;
        }

        while (true)
        {
            if (Matches(path, rest))
            {
                return true;
            }

            var slash = path.IndexOf('/');
            if (slash < 0)
            {
                return false;
            }

            path = path[(slash + 1)..];
        }
    }
}
