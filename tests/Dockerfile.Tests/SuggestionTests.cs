namespace Bld.Dockerfile.Tests;

public sealed class SuggestionTests
{
    [Theory]
    [InlineData("bulid", "build")]
    [InlineData("build", null)]
    [InlineData("xyz", null)]
    [InlineData("tset", "test")]
    [InlineData("BUILD", null)]
    public void What_is_at_most_two_changes_away_was_meant(string word, string? meant) =>
        Assert.Equal(meant, Suggestion.For(word, ["test", "build", "release"]));

    [Fact]
    public void The_case_of_the_word_is_kept_where_case_does_not_matter()
    {
        Assert.Equal("copy", Suggestion.For("cpoy", ["COPY"], ignoreCase: true));
        Assert.Equal("COPY", Suggestion.For("CPOY", ["COPY"], ignoreCase: true));
        Assert.Null(Suggestion.For("copy", ["COPY"], ignoreCase: true));
    }
}
