using System.Buffers;

namespace Bld.Builder.Engine;

/// <summary>
/// The part of regular expressions that hooks match commands with: <c>^ $ .</c> and a character or <c>.</c> with <c>*</c>. The whole of
/// them would bring a large library for one field of a rare file; what goes further is refused, not misread.
/// </summary>
internal static class CommandPattern
{
    private static readonly SearchValues<char> Unknown = SearchValues.Create("[](){}|+?");

    /// <summary>Whether a text holds what the pattern describes.</summary>
    /// <exception cref="FormatException">The pattern uses more than this knows.</exception>
    public static bool Matches(string pattern, string text)
    {
        if (pattern.AsSpan().ContainsAny(Unknown))
        {
            throw new FormatException($"the pattern \"{pattern}\" uses more than ^ $ . * and \\");
        }

        if (pattern.StartsWith('^'))
        {
            return MatchesHere(pattern.AsSpan(1), text);
        }

        for (var i = 0; i <= text.Length; i++)
        {
            if (MatchesHere(pattern, text.AsSpan(i)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool MatchesHere(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        if (pattern.IsEmpty)
        {
            return true;
        }

        if (pattern is "$")
        {
            return text.IsEmpty;
        }

        var escaped = pattern.Length > 1 && pattern[0] == '\\';
        var atom = escaped ? pattern[1] : pattern[0];
        var rest = pattern[(escaped ? 2 : 1)..];
        var isAny = !escaped && atom == '.';
        if (!rest.IsEmpty && rest[0] == '*')
        {
            for (var i = 0; ; i++)
            {
                if (MatchesHere(rest[1..], text[i..]))
                {
                    return true;
                }

                if (i == text.Length || (!isAny && text[i] != atom))
                {
                    return false;
                }
            }
        }

        return !text.IsEmpty && (isAny || text[0] == atom) && MatchesHere(rest, text[1..]);
    }
}
