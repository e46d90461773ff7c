namespace Bld.Dockerfile.Tests;

public sealed class WordExpanderTests
{
    private static readonly Dictionary<string, string> Variables = new()
    {
        ["x"] = "value",
        ["empty"] = "",
        ["path"] = "/a/b/c.tar.gz",
        ["two"] = "one two",
    };

    [Theory]
    [InlineData("$x", "value")]
    [InlineData("${x}y", "valuey")]
    [InlineData("a$unset.b", "a.b")]
    [InlineData("'$x'", "$x")]
    [InlineData("\"$x\"", "value")]
    [InlineData("\\$x", "$x")]
    [InlineData("\"\\$x \\n \\\\ \\\"\"", "$x \\n \\ \"")]
    [InlineData("${unset:-word}", "word")]
    [InlineData("${empty:-word}", "word")]
    [InlineData("${empty-word}", "")]
    [InlineData("${x:+word}", "word")]
    [InlineData("${empty:+word}", "")]
    [InlineData("${empty+word}", "word")]
    [InlineData("${unset:-${x}}", "value")]
    [InlineData("${unset:-'}'}", "}")]
    [InlineData("${path#*/}", "a/b/c.tar.gz")]
    [InlineData("${path##*/}", "c.tar.gz")]
    [InlineData("${path%.*}", "/a/b/c.tar")]
    [InlineData("${path%%.*}", "/a/b/c")]
    [InlineData("${path/a/z}", "/z/b/c.tar.gz")]
    [InlineData("${path//a/z}", "/z/b/c.tzr.gz")]
    [InlineData("${path/?.tar/X}", "/a/b/X.gz")]
    [InlineData("${path/$empty/X}", "X/a/b/c.tar.gz")]
    [InlineData("${x//$empty/-}", "-v-a-l-u-e-")]
    [InlineData("${x//*/-}", "-")]
    [InlineData("${empty/*/-}", "-")]
    [InlineData("${x///}", "value")]
    [InlineData("${x//e*/-}", "valu-")]
    [InlineData("$1$@$?", "")]
    [InlineData("$", "$")]
    [InlineData("a$%b", "a$%b")]
    public void Words_expand_as_the_reference_says(string word, string expected) =>
        Assert.Equal(expected, WordExpander.Expand(word, Variables.GetValueOrDefault, '\\'));

    [Theory]
    [InlineData("${}", "syntax error: bad substitution")]
    [InlineData("${:x}", "syntax error: bad substitution")]
    [InlineData("${{x}}", "syntax error: bad substitution")]
    [InlineData("${x", "syntax error: missing '}'")]
    [InlineData("${x:-a", "syntax error: missing '}'")]
    [InlineData("${x:-'a}", "syntax error: missing '}'")]
    [InlineData("${x:-${unset:?a}", "syntax error: missing '}'")]
    [InlineData("${x:=a", "syntax error: missing '}'")]
    [InlineData("${x:=a}", "unsupported modifier (:=) in substitution")]
    [InlineData("${x=a}", "unsupported modifier (=) in substitution")]
    [InlineData("${x:#a}", "unsupported modifier (:#) in substitution")]
    [InlineData("${x//ww}", "syntax error: missing '/' in ${}")]
    [InlineData("${unset:?}", "unset: is not allowed to be unset")]
    [InlineData("${empty:?}", "empty: is not allowed to be empty")]
    [InlineData("${unset?\"custom error\"}", "unset: custom error")]
    [InlineData("'x", "unexpected end of statement while looking for matching single-quote")]
    [InlineData("\"x", "unexpected end of statement while looking for matching double-quote")]
    public void Malformed_substitutions_are_refused(string word, string sentence) =>
        Assert.Equal($"failed to process {GoText.Quote(word)}: {sentence}", Assert.Throws<DockerfileException>(() => WordExpander.Expand(word, Variables.GetValueOrDefault, '\\')).Message);

    [Theory]
    [InlineData("$two", new[] { "one", "two" })]
    [InlineData("\"$two\"", new[] { "one two" })]
    [InlineData("a${unset:-b c}d", new[] { "ab", "cd" })]
    [InlineData("''", new string[0])]
    [InlineData("$empty", new string[0])]
    public void Words_are_split_after_expansion(string word, string[] expected) =>
        Assert.Equal(expected, WordExpander.ExpandWords(word, Variables.GetValueOrDefault, '\\'));

    [Fact]
    public void The_backtick_escapes_when_the_file_says_so() =>
        Assert.Equal("$x\\", WordExpander.Expand("`$x\\", Variables.GetValueOrDefault, '`'));

    [Fact]
    public void Quotes_are_text_in_the_body_of_a_heredoc() =>
        Assert.Equal("'value' \"value\"", WordExpander.ExpandText("'$x' \"$x\"", Variables.GetValueOrDefault));
}
