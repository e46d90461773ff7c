namespace Bld.Dockerfile;

/// <summary>Shell patterns in substitutions: <c>*</c>, <c>?</c> and characters escaped by a backslash.</summary>
internal static class GlobText
{
    /// <summary>Removes the shortest or longest start of <paramref name="value"/> that the pattern matches.</summary>
    internal static string TrimStart(string value, string pattern, bool longest)
    {
        foreach (var length in Lengths(value.Length, longest))
        {
            if (Matches(value.AsSpan(0, length), pattern))
            {
                return value[length..];
            }
        }

        return value;
    }

    /// <summary>Removes the shortest or longest end of <paramref name="value"/> that the pattern matches.</summary>
    internal static string TrimEnd(string value, string pattern, bool longest)
    {
        foreach (var length in Lengths(value.Length, longest))
        {
            if (Matches(value.AsSpan(value.Length - length), pattern))
            {
                return value[..^length];
            }
        }

        return value;
    }

    /// <summary>Replaces the first or every longest match.</summary>
    internal static string Replace(string value, string pattern, string replacement, bool all)
    {
        var result = new System.Text.StringBuilder();
        var position = 0;
        while (position <= value.Length)
        {
            var length = LongestMatch(value, position, pattern);
            if (length <= 0)
            {
                result.Append(position < value.Length ? value[position] : "");
                position++;
                continue;
            }

            result.Append(replacement);
            position += length;
            if (!all)
            {
                return result.Append(value.AsSpan(position)).ToString();
            }
        }

        return result.ToString();
    }

    private static int LongestMatch(string value, int start, string pattern)
    {
        for (var length = value.Length - start; length > 0; length--)
        {
            if (Matches(value.AsSpan(start, length), pattern))
            {
                return length;
            }
        }

        return 0;
    }

    private static IEnumerable<int> Lengths(int most, bool longest) =>
        longest ? Enumerable.Range(0, most + 1).Reverse() : Enumerable.Range(0, most + 1);

    // Goes back to the last star only, so the time is at most the product of both lengths.
    private static bool Matches(ReadOnlySpan<char> text, ReadOnlySpan<char> pattern)
    {
        int t = 0, p = 0, star = -1, mark = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, mark) = (p++, t);
            }
            else if (p < pattern.Length && MatchesOne(text[t], pattern, p, out var width))
            {
                p += width;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++mark;
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

    private static bool MatchesOne(char character, ReadOnlySpan<char> pattern, int position, out int width)
    {
        width = 1;
        if (pattern[position] == '\\' && position + 1 < pattern.Length)
        {
            width = 2;
            return pattern[position + 1] == character;
        }

        return pattern[position] == '?' || pattern[position] == character;
    }
}
