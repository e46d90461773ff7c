using System.Numerics;

namespace Bld.Dockerfile;

/// <summary>
/// Words that a misspelt one may have meant. A long file asks for each of its thousand mistakes among its thousand variables, so
/// nearly all of them have to be told apart without a look at the word: one change of a word changes which letters it has by at
/// most two.
/// </summary>
internal sealed class KnownWords
{
    private const int LargestDistance = 2;
    private readonly List<ulong> _letters = [];
    private readonly List<string> _words = [];

    internal void Add(string word)
    {
        _letters.Add(Letters(word));
        _words.Add(word);
    }

    /// <summary>The nearest word of at most two changes (Levenshtein), of equally near ones the first; null for none, or when the word itself is known.</summary>
    internal string? Nearest(string word)
    {
        string? best = null;
        var most = LargestDistance;
        var wanted = Letters(word);
        for (var i = 0; i < _letters.Count; i++)
        {
            if (BitOperations.PopCount(_letters[i] ^ wanted) > 2 * most)
            {
                continue;
            }

            var distance = Distance(word, _words[i], most);
            if (distance == 0)
            {
                return null;
            }

            if (distance <= most)
            {
                (best, most) = (_words[i], distance - 1);
            }
        }

        return best;
    }

    /// <summary>Which letters a word has; several share a bit.</summary>
    private static ulong Letters(string word)
    {
        var letters = 0UL;
        foreach (var letter in word)
        {
            letters |= 1UL << letter;
        }

        return letters;
    }

    /// <summary>The number of changes from one text to the other; more than <paramref name="most"/> means no more than that.</summary>
    private static int Distance(ReadOnlySpan<char> left, ReadOnlySpan<char> right, int most)
    {
        if (Math.Abs(left.Length - right.Length) > most)
        {
            return most + 1;
        }

        var same = left.CommonPrefixLength(right);
        left = left[same..];
        right = right[same..];
        if (left.IsEmpty || right.IsEmpty)
        {
            return left.Length + right.Length;
        }

        return most == 0
            ? 1
            : 1 + Math.Min(Distance(left[1..], right[1..], most - 1), Math.Min(Distance(left[1..], right, most - 1), Distance(left, right[1..], most - 1)));
    }
}
