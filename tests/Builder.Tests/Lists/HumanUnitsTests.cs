using Bld.Builder.Cli.Lists;

namespace Bld.Builder.Tests.Lists;

public sealed class HumanUnitsTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1 KB")]
    [InlineData(2446, "2.45 KB")]
    [InlineData(9_999, "10 KB")]
    [InlineData(45_678, "45.7 KB")]
    [InlineData(456_789, "457 KB")]
    [InlineData(999_600, "1e+03 KB")]
    [InlineData(4_860_000, "4.86 MB")]
    [InlineData(7_000_000_000_000_000, "7e+03 TB")]
    public void Sizes_have_three_digits_as_C_prints_them(long bytes, string expected) => Assert.Equal(expected, HumanUnits.Size(bytes));

    [Theory]
    [InlineData(0.5, "Less than a second ago")]
    [InlineData(1.5, "1 second ago")]
    [InlineData(59, "59 seconds ago")]
    [InlineData(61, "About a minute ago")]
    [InlineData(150, "2 minutes ago")]
    [InlineData(3_700, "About an hour ago")]
    [InlineData(3_600 * 47, "47 hours ago")]
    [InlineData(86_400 * 3, "3 days ago")]
    [InlineData(86_400 * 20, "2 weeks ago")]
    [InlineData(86_400 * 100, "3 months ago")]
    [InlineData(86_400 * 800, "2 years ago")]
    public void Ages_are_told_in_words(double seconds, string expected)
    {
        var now = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(expected, HumanUnits.Age(now.AddSeconds(-seconds), now));
    }

    [Theory]
    [InlineData("*", "app", true)]
    [InlineData("*", "a/b", false)]
    [InlineData("localhost/*", "localhost/app", true)]
    [InlineData("*/*:1.?", "team/app:1.0", true)]
    [InlineData("[a-c]pp", "app", true)]
    [InlineData("[^a]pp", "app", false)]
    [InlineData("a\\*b", "a*b", true)]
    [InlineData("a\\*b", "axb", false)]
    [InlineData("", "", true)]
    [InlineData("a*", "", false)]
    public void Patterns_match_as_Go_matches_paths(string pattern, string text, bool expected) => Assert.Equal(expected, Glob.Matches(pattern, text));
}
