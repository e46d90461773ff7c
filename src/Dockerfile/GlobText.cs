using System.Text;

namespace Bld.Dockerfile;

/// <summary>
/// Shell patterns in substitutions: <c>*</c>, <c>?</c>, and what a backslash escapes: these two, itself, <c>/</c> and <c>}</c>.
/// A pattern walks over the text once, with the set of all places in itself where it can stand.
/// </summary>
internal static class GlobText
{
    private const char AnyText = '\uFFFE';
    private const char AnyCharacter = '\uFFFF';

    /// <summary>Removes the shortest or longest start of <paramref name="value"/> that the pattern matches.</summary>
    /// <exception cref="DockerfileException">The pattern escapes what can't be escaped.</exception>
    internal static string TrimStart(string value, string pattern, bool longest) =>
        value[MatchLength(value, Read(pattern), longest)..];

    /// <summary>Removes the shortest or longest end of <paramref name="value"/> that the pattern matches.</summary>
    /// <exception cref="DockerfileException">The pattern escapes what can't be escaped.</exception>
    internal static string TrimEnd(string value, string pattern, bool longest)
    {
        var steps = Read(pattern);
        steps.Reverse();
        var reversed = value.ToCharArray();
        Array.Reverse(reversed);
        return value[..^MatchLength(reversed, steps, longest)];
    }

    /// <summary>Replaces the first or every longest match; an empty match is none.</summary>
    /// <exception cref="DockerfileException">The pattern escapes what can't be escaped.</exception>
    internal static string Replace(string value, string pattern, string replacement, bool all)
    {
        var steps = Read(pattern);
        var result = new StringBuilder();
        var position = 0;
        while (position < value.Length)
        {
            var length = MatchLength(value.AsSpan(position), steps, longest: true);
            if (length == 0)
            {
                result.Append(value[position++]);
                continue;
            }

            result.Append(replacement);
            position += length;
            if (!all)
            {
                break;
            }
        }

        return result.Append(value.AsSpan(position)).ToString();
    }

    private static List<char> Read(string pattern)
    {
        var steps = new List<char>(pattern.Length);
        for (var i = 0; i < pattern.Length; i++)
        {
            steps.Add(pattern[i] switch
            {
                '*' => AnyText,
                '?' => AnyCharacter,
                '\\' when i + 1 < pattern.Length && pattern[i + 1] is '*' or '?' or '\\' or '/' or '}' => pattern[++i],
                '\\' => throw new DockerfileException(
                    $"invalid pattern ({pattern}) in substitution: invalid escape '{pattern[i..Math.Min(i + 2, pattern.Length)]}'"),
                var other => other,
            });
        }

        return steps;
    }

    /// <summary>How many characters at the start match; 0 when none do.</summary>
    private static int MatchLength(ReadOnlySpan<char> text, List<char> steps, bool longest)
    {
        var places = new bool[steps.Count + 1];
        var found = 0;
        places[0] = true;
        SkipStars(places, steps);
        for (var i = 0; i < text.Length; i++)
        {
            // Shortest: an empty match before the first character counts.
            if (!longest && places[^1])
            {
                return i;
            }

            if (!Advance(places, steps, text[i]))
            {
                return found;
            }

            found = places[^1] ? i + 1 : found;
        }

        return found;
    }

    private static bool Advance(bool[] places, List<char> steps, char character)
    {
        var alive = false;
        for (var place = steps.Count; place >= 0; place--)
        {
            // From the end: each place reads what its neighbour held before this character.
            var stays = place < steps.Count && steps[place] == AnyText && places[place];
            var comes = place > 0 && places[place - 1] && (steps[place - 1] == character || steps[place - 1] == AnyCharacter);
            places[place] = stays || comes;
            alive |= places[place];
        }

        SkipStars(places, steps);
        return alive;
    }

    private static void SkipStars(bool[] places, List<char> steps)
    {
        for (var place = 0; place < steps.Count; place++)
        {
            places[place + 1] |= places[place] && steps[place] == AnyText;
        }
    }
}
