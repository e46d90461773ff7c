namespace Bld.Dockerfile;

/// <summary>Guesses what somebody meant to write.</summary>
public static class Suggestion
{
    private const int LargestDistance = 2;

    /// <summary>The known word nearest to <paramref name="word"/>, if it is near enough to have been meant; upper and lower case are the same.</summary>
    public static string? For(string word, IEnumerable<string> known)
    {
        string? best = null;
        var bestDistance = LargestDistance + 1;
        foreach (var candidate in known)
        {
            var distance = Distance(word.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance > 0 && distance < bestDistance && distance < candidate.Length)
            {
                (best, bestDistance) = (candidate, distance);
            }
        }

        return best;
    }

    /// <summary>The text to put behind an error: <c> (did you mean X?)</c>, or nothing.</summary>
    public static string Text(string word, IEnumerable<string> known, string prefix = "") =>
        For(word, known) is { } meant ? $" (did you mean {prefix}{meant}?)" : "";

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
