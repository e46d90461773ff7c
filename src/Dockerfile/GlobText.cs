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
        value[Math.Max(MatchLength(value, Read(pattern), longest), 0)..];

    /// <summary>Removes the shortest or longest end of <paramref name="value"/> that the pattern matches.</summary>
    /// <exception cref="DockerfileException">The pattern escapes what can't be escaped.</exception>
    internal static string TrimEnd(string value, string pattern, bool longest)
    {
        var steps = Read(pattern);
        steps.Reverse();
        var reversed = value.ToCharArray();
        Array.Reverse(reversed);
        return value[..^Math.Max(MatchLength(reversed, steps, longest), 0)];
    }

    /// <summary>
    /// Replaces the first or every longest match. An empty match is one too (docker build has it from regular expressions), but not right
    /// behind another one.
    /// </summary>
    /// <exception cref="DockerfileException">The pattern escapes what can't be escaped.</exception>
    internal static string Replace(string value, string pattern, string replacement, bool all)
    {
        var steps = Read(pattern);
        var result = new StringBuilder();
        var end = 0;
        for (var position = 0; position <= value.Length; position = Math.Max(end, position + 1))
        {
            var (start, length) = FindMatch(value, position, steps);
            if (length < 0)
            {
                break;
            }

            result.Append(value, end, start - end).Append(start + length > end || start == 0 ? replacement : "");
            end = start + length;
            if (!all)
            {
                break;
            }
        }

        return result.Append(value.AsSpan(end)).ToString();
    }

    private static (int Start, int Length) FindMatch(string value, int position, List<char> steps)
    {
        for (var start = position; start <= value.Length; start++)
        {
            var length = MatchLength(value.AsSpan(start), steps, longest: true);
            if (length >= 0)
            {
                return (start, length);
            }
        }

        return (0, -1);
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

    /// <summary>How many characters at the start match; below 0 when the pattern does not match there.</summary>
    private static int MatchLength(ReadOnlySpan<char> text, List<char> steps, bool longest)
    {
        var places = new bool[steps.Count + 1];
        places[0] = true;
        SkipStars(places, steps);
        var found = places[^1] ? 0 : -1;
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
