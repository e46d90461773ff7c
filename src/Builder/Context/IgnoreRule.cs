using Bld.Builder.Store;

namespace Bld.Builder.Context;

/// <summary>One line of a <c>.dockerignore</c>.</summary>
internal sealed class IgnoreRule
{
    private readonly PathPattern _pattern;

    private IgnoreRule(PathPattern pattern, bool isException, string place)
    {
        _pattern = pattern;
        IsException = isException;
        Place = place;
    }

    /// <summary>Whether it takes paths back in.</summary>
    public bool IsException { get; }

    /// <summary>File and line.</summary>
    public string Place { get; }

    public static IgnoreRule Parse(string text, string file, int line)
    {
        var isException = text.StartsWith('!');
        var pattern = isException ? text[1..].Trim() : text;
        if (pattern.Length == 0)
        {
            throw new BuildException($"{file} line {line}: illegal exclusion pattern: \"!\"");
        }

        return new IgnoreRule(PathPattern.Parse(pattern, $"{file} line {line}"), isException, $"{file} line {line}");
    }

    /// <summary>A rule that excludes one path, whatever characters are in its name.</summary>
    /// <param name="path">The path.</param>
    /// <param name="place">What explanations name as its place.</param>
    public static IgnoreRule Literal(string path, string place)
    {
        var escaped = string.Concat(path.Select(static letter => letter is '*' or '?' or '[' or ']' or '\\' ? $"\\{letter}" : $"{letter}"));
        return new IgnoreRule(PathPattern.Parse(escaped, place), isException: false, place);
    }

    /// <summary>Whether the pattern may match the path or what lies below it.</summary>
    public bool MayMatchBelow(string path) => _pattern.MayMatchBelow(path);

    /// <summary>Whether the pattern matches the path or a directory that it lies in.</summary>
    public bool MatchesOrAbove(string path)
    {
        for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
        {
            if (_pattern.Matches(path.AsSpan(0, end)))
            {
                return true;
            }
        }

        return false;
    }
}
