namespace Bld.Dockerfile;

/// <summary>Guesses what somebody meant to write.</summary>
public static class Suggestion
{
    private const int LargestDistance = 2;

    /// <summary>The known word nearest to <paramref name="word"/>, if it is near enough to have been meant and isn't the word itself.</summary>
    /// <param name="word">The word as written.</param>
    /// <param name="known">What it could have been; of equally near ones the first is taken.</param>
    /// <param name="ignoreCase">Whether upper and lower case are the same; the suggestion then follows the case of the word.</param>
    public static string? For(string word, IEnumerable<string> known, bool ignoreCase = false)
    {
        string? best = null;
        var bestDistance = LargestDistance + 1;
        var wanted = ignoreCase ? word.ToUpperInvariant() : word;
        foreach (var candidate in known)
        {
            // Far apart in length is far apart; and this bounds the work for a stranger's long word.
            if (Math.Abs(candidate.Length - word.Length) >= bestDistance)
            {
                continue;
            }

            var distance = Distance(wanted, ignoreCase ? candidate.ToUpperInvariant() : candidate);
            if (distance == 0)
            {
                return null;
            }

            if (distance < bestDistance)
            {
                (best, bestDistance) = (candidate, distance);
            }
        }

        return best is not null && ignoreCase && !word.Any(char.IsUpper) ? best.ToLowerInvariant() : best;
    }

    /// <summary>The text to put behind an error: <c> (did you mean X?)</c>, or nothing.</summary>
    public static string Text(string word, IEnumerable<string> known, string prefix = "", bool ignoreCase = false) =>
        For(word, known, ignoreCase) is { } meant ? $" (did you mean {prefix}{meant}?)" : "";

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string left, string right)
    {
        var previous = new int[right.Length + 1];
        var current = new int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var change = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                current[j] = Math.Min(change, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[right.Length];
    }
}
