namespace Bld.Builder.Cli.Lists;

/// <summary>Patterns of Go's path.Match: <c>*</c> and <c>?</c> stop at slashes, <c>[a-z]</c> is a class, a backslash takes the next as it is.</summary>
internal static class Glob
{
    /// <summary>Whether a whole text matches a pattern.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        while (!pattern.IsEmpty)
        {
            switch (pattern[0])
            {
                case '*':
                    return MatchesStar(pattern[1..], text);
                case '[' when pattern.IndexOf(']') is var end and > 0:
                    if (text.IsEmpty || !InClass(pattern[1..end], text[0]))
                    {
                        return false;
                    }

                    pattern = pattern[(end + 1)..];
                    break;
                case '?':
                    if (text.IsEmpty || text[0] == '/')
                    {
                        return false;
                    }

                    pattern = pattern[1..];
                    break;
                default:
                    pattern = pattern[0] == '\\' && pattern.Length > 1 ? pattern[1..] : pattern;
                    if (text.IsEmpty || text[0] != pattern[0])
                    {
                        return false;
                    }

                    pattern = pattern[1..];
                    break;
            }

            text = text[1..];
        }

        return text.IsEmpty;
    }

    private static bool MatchesStar(ReadOnlySpan<char> rest, ReadOnlySpan<char> text)
    {
        for (var i = 0; ; i++)
        {
            if (Matches(rest, text[i..]))
            {
                return true;
            }

            if (i == text.Length || text[i] == '/')
            {
                return false;
            }
        }
    }

    private static bool InClass(ReadOnlySpan<char> members, char character)
    {
        var negated = members.Length > 0 && members[0] == '^';
        members = negated ? members[1..] : members;
        var found = false;
        for (var i = 0; i < members.Length; i++)
        {
            if (i + 2 < members.Length && members[i + 1] == '-')
            {
                found |= character >= members[i] && character <= members[i + 2];
                i += 2;
            }
            else
            {
                found |= character == members[i];
            }
        }

        return found != negated;
    }
}
