namespace Bld.Dockerfile.Tests;

public sealed class KnownWordsTests
{
    [Fact]
    public void The_nearest_word_is_that_of_a_search_through_all_distances()
    {
        var random = new Random(7);
        for (var round = 0; round < 2_000; round++)
        {
            var known = Enumerable.Range(0, 12).Select(_ => Word(random)).ToList();
            var word = Word(random);
            var distances = known.Select(each => Distance(word, each)).ToList();
            var expected = distances.Contains(0) || distances.Min() > 2 ? null : known[distances.IndexOf(distances.Min())];
            Assert.Equal(expected, Suggestion.For(word, known));
        }
    }

    private static string Word(Random random) => string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => "abcd"[random.Next(4)]));

    private static int Distance(string left, string right) =>
        left.Length == 0 || right.Length == 0
            ? left.Length + right.Length
            : Math.Min(
                Distance(left[1..], right[1..]) + (left[0] == right[0] ? 0 : 1),
                Math.Min(Distance(left[1..], right), Distance(left, right[1..])) + 1);
}
