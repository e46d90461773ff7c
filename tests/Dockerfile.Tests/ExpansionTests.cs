namespace Bld.Dockerfile.Tests;

public sealed class ExpansionTests
{
    private static readonly Dictionary<string, string> Variables = new(StringComparer.Ordinal)
    {
        ["x"] = "xxyy",
        ["path"] = "/tmp/tmp/bar.txt",
        ["star"] = "a*b",
        ["한"] = "국",
    };

    [Theory]
    [InlineData("$x${none:-$y}${x:+$z}$x", "x", "y none z")]
    [InlineData("'$x'\\$x", "", "")]
    [InlineData("$1$@$$", "", "1 @ $")]
    public void What_was_asked_for_is_told(string word, string matched, string unmatched)
    {
        var expansion = WordExpander.Examine(word, Variables.GetValueOrDefault, '\\');
        Assert.Equal((matched, unmatched), (string.Join(' ', expansion.Matched), string.Join(' ', expansion.Unmatched)));
    }

    [Theory]
    [InlineData("${x#*x}", "xyy")]
    [InlineData("${x##*x}", "yy")]
    [InlineData("${x%y*}", "xxy")]
    [InlineData("${x%%y*}", "xx")]
    [InlineData("${x#?}", "xyy")]
    [InlineData("${star#*\\*}", "b")]
    [InlineData("${star#\"a\\*\"}", "b")]
    [InlineData("${path/\\/tmp/}", "/tmp/bar.txt")]
    [InlineData("${path//\\/tmp/}", "/bar.txt")]
    [InlineData("${path//t?p/x}", "/x/x/bar.txt")]
    [InlineData("${x//x*y/-}", "-")]
    [InlineData("$한!", "국!")]
    [InlineData("${none#a}${none/a/b}", "")]
    public void Patterns_and_names_are_those_of_the_shell(string word, string expected) =>
        Assert.Equal(expected, WordExpander.Expand(word, Variables.GetValueOrDefault, '\\'));

    [Fact]
    public void An_impossible_escape_in_a_pattern_is_refused()
    {
        var error = Assert.Throws<DockerfileException>(() => WordExpander.Expand("${x#\\a}", Variables.GetValueOrDefault, '\\'));
        Assert.EndsWith("invalid pattern (\\a) in substitution: invalid escape '\\a'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("`$x\\$x", "$x\\xxyy")]
    [InlineData("\"`$x\\n``\"", "$x\\n`")]
    public void The_escape_character_follows_the_directive(string word, string expected) =>
        Assert.Equal(expected, WordExpander.Expand(word, Variables.GetValueOrDefault, '`'));

    [Theory]
    [InlineData("'$x' \"$x\"", "'xxyy' \"xxyy\"")]
    [InlineData("\\$x \\\\ \\", "$x \\ ")]
    [InlineData("it's", "it's")]
    public void In_the_body_of_a_heredoc_quotes_are_text(string text, string expected) =>
        Assert.Equal(expected, WordExpander.ExpandText(text, Variables.GetValueOrDefault));
}
