using Bld.Builder.Store;

namespace Bld.Builder.Context;

/// <summary>A pattern for one name, as Go's filepath.Match has it.</summary>
internal static class NamePattern
{
    /// <summary>Whether a text has characters that mean something.</summary>
    public static bool IsPattern(string text) => text.AsSpan().IndexOfAny("*?[\\") >= 0;

    /// <summary>Refuses what is no pattern.</summary>
    public static void Check(string pattern, string where)
    {
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '\\' when ++i == pattern.Length:
                    throw new BuildException($"{where}: \"{pattern}\" ends in a backslash: syntax error in pattern");
                case '[':
                    i = ClassEnd(pattern, i) is var end and > 0
                        ? end
                        : throw new BuildException($"{where}: \"{pattern}\" has an open bracket: syntax error in pattern");
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Whether a name matches. A star inside a name that mixes with <c>**</c> counts as one star.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int p = 0, n = 0, star = -1, mark = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, mark) = (p++, n);
            }
            else if (p < pattern.Length && MatchesOne(pattern, p, name[n], out var width))
            {
                p += width;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++mark;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
        {
            p++;
        }

        return p == pattern.Length;
    }

    private static bool MatchesOne(ReadOnlySpan<char> pattern, int start, char character, out int width)
    {
        width = 1;
        switch (pattern[start])
        {
            case '?':
                return true;
            case '\\' when start + 1 < pattern.Length:
                width = 2;
                return pattern[start + 1] == character;
            case '[' when ClassEnd(pattern, start) is var end and > 0:
                width = end - start + 1;
                return MatchesClass(pattern[(start + 1)..end], character);
            default:
                return pattern[start] == character;
        }
    }

    private static bool MatchesClass(ReadOnlySpan<char> set, char character)
    {
        var negated = set.Length > 0 && set[0] == '^';
        set = negated ? set[1..] : set;
        var found = false;
        for (var i = 0; i < set.Length; i++)
        {
            var low = set[i] == '\\' && i + 1 < set.Length ? set[++i] : set[i];
            var high = low;
            if (i + 2 < set.Length && set[i + 1] == '-')
            {
                i += 2;
                high = set[i] == '\\' && i + 1 < set.Length ? set[++i] : set[i];
            }

            found |= character >= low && character <= high;
        }

        return found != negated;
    }

    private static int ClassEnd(ReadOnlySpan<char> pattern, int start)
    {
        var i = start + 1;
        i += i < pattern.Length && pattern[i] == '^' ? 1 : 0;
        for (var first = i; i < pattern.Length; i++)
        {
            if (pattern[i] == ']' && i > first)
            {
                return i;
            }

            i += pattern[i] == '\\' ? 1 : 0;
        }

        return -1;
    }
}
