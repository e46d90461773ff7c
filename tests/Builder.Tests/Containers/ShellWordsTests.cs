using Bld.Builder.Engine.Containers;
using Bld.Builder.Store;

namespace Bld.Builder.Tests.Containers;

public sealed class ShellWordsTests
{
    [Theory]
    [InlineData("a  b", "a|b")]
    [InlineData("a 'b c' \"d 'e\"", "a|b c|d 'e")]
    [InlineData("a\\ b c\\\"d", "a b|c\"d")]
    [InlineData("'' x", "|x")]
    [InlineData("x'y'z", "xyz")]
    [InlineData("'a\\b'", "a\\b")]
    [InlineData(" ", "")]
    public void Words_are_split_as_a_shell_does(string text, string expected) =>
        Assert.Equal(expected.Length == 0 ? [] : expected.Split('|'), ShellWords.Split(text));

    [Fact]
    public void A_quote_has_to_be_closed() => Assert.Throws<BuildException>(() => ShellWords.Split("a 'b"));

    [Fact]
    public void A_list_is_JSON_when_it_can_be()
    {
        Assert.Equal(["a b", "c"], ShellWords.List("[\"a b\", \"c\"]"));
        Assert.Equal(["[a,", "b]"], ShellWords.List("[a, b]"));
        Assert.Null(ShellWords.List(""));
    }
}
