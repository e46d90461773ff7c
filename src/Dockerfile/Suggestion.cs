namespace Bld.Dockerfile;

/// <summary>Guesses what somebody meant to write.</summary>
public static class Suggestion
{
    /// <summary>The known word nearest to <paramref name="word"/>, if it is near enough to have been meant and isn't the word itself.</summary>
    /// <param name="word">The word as written.</param>
    /// <param name="known">What it could have been; of equally near ones the first is taken.</param>
    /// <param name="ignoreCase">Whether upper and lower case are the same; the suggestion then follows the case of the word.</param>
    public static string? For(string word, IEnumerable<string> known, bool ignoreCase = false)
    {
        var words = new KnownWords();
        foreach (var candidate in known)
        {
            words.Add(ignoreCase ? candidate.ToUpperInvariant() : candidate);
        }

        var best = words.Nearest(ignoreCase ? word.ToUpperInvariant() : word);
        return best is not null && ignoreCase && !word.Any(char.IsUpper) ? best.ToLowerInvariant() : best;
    }

    /// <summary>The text to put behind an error: <c> (did you mean X?)</c>, or nothing.</summary>
    public static string Text(string word, IEnumerable<string> known, string prefix = "", bool ignoreCase = false) =>
        Text(For(word, known, ignoreCase), prefix);

    internal static string Text(string? meant, string prefix) => meant is null ? "" : $" (did you mean {prefix}{meant}?)";
}
