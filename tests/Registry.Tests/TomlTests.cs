using Bld.Registry.Configuration;

namespace Bld.Registry.Tests;

public sealed class TomlTests
{
    [Fact]
    public void A_registries_file_is_read()
    {
        var table = TomlReader.Parse(
            """
            # a comment
            unqualified-search-registries = ["one.test", 'two.test', # between
              "three.test",
            ]
            short-name-mode = "enforcing"

            [[registry]]
            prefix = "*.example.test"
            insecure = true
            [[registry.mirror]]
            location = "mirror.test:5000"
            [[registry]]
            location = "other.test"

            [aliases]
            "library/busybox" = "one.test/busybox"
            """,
            "registries.conf");

        Assert.Equal(["one.test", "two.test", "three.test"], table.Texts("unqualified-search-registries"));
        Assert.Equal("enforcing", table.Text("short-name-mode"));
        Assert.Equal(2, table.Tables("registry").Count);
        Assert.True(table.Tables("registry")[0].Boolean("insecure"));
        Assert.Equal("mirror.test:5000", table.Tables("registry")[0].Tables("mirror")[0].Text("location"));
        Assert.Equal("other.test", table.Tables("registry")[1].Text("location"));
        Assert.Equal("one.test/busybox", table.Table("aliases").Text("library/busybox"));
    }

    [Theory]
    [InlineData("a = 1_000", 1000L)]
    [InlineData("a = 0x1F", 31L)]
    [InlineData("a = 0o755", 493L)]
    [InlineData("a = -7 # seven", -7L)]
    [InlineData("a = 1.5e3", 1500.0)]
    [InlineData("a = true", true)]
    [InlineData("a = \"q\\\"\\u00e9\\n\"", "q\"é\n")]
    [InlineData("a = 'C:\\x'", "C:\\x")]
    [InlineData("a = '''\nraw 'x'\n'''", "raw 'x'\n")]
    [InlineData("a = \"\"\"\none \\\n   two\"\"\"", "one two")]
    [InlineData("a = 2023-11-14", "2023-11-14")]
    [InlineData("\"a\" = 'x' # not # this", "x")]
    public void Values_are_read(string document, object expected) => Assert.Equal(expected, TomlReader.Parse(document, "f")["a"]);

    [Fact]
    public void Dotted_keys_and_inline_tables_make_tables()
    {
        var table = TomlReader.Parse("a.b.c = 1\na.b.d = { x = 1, \"y z\" = [2, 3] }\n[e.f]\ng = ''", "f");

        Assert.Equal(1, table.Table("a").Table("b").Number("c"));
        Assert.Equal([2L, 3L], (IEnumerable<object>)table.Table("a").Table("b").Table("d")["y z"]!);
        Assert.Equal("", table.Table("e").Table("f").Text("g"));
    }

    [Theory]
    [InlineData("a = 1\nb", "f, line 2: '=' is missing")]
    [InlineData("a = yes", "'yes' is no value; texts need quotes")]
    [InlineData("a = \"x", "a text has no end")]
    [InlineData("a = 1 2", "'1 2' is no value")]
    [InlineData("a = 'x' y", "something stands behind the value")]
    [InlineData("a = 1\na = 2", "the key a is there twice")]
    [InlineData("[a", "']' is missing")]
    [InlineData("a = [1, 2", "']' is missing")]
    public void What_is_no_TOML_is_told_with_file_and_line(string document, string expected) =>
        Assert.Contains(expected, Assert.Throws<RegistryException>(() => TomlReader.Parse(document, "f")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_later_file_wins_and_tables_are_merged()
    {
        var first = TomlReader.Parse("[storage]\ndriver = 'vfs'\ngraphroot = '/a'\n", "1");
        first.Merge(TomlReader.Parse("[storage]\ndriver = 'overlay'\n[storage.options]\nx = 1\n", "2"));

        Assert.Equal("overlay", first.Table("storage").Text("driver"));
        Assert.Equal("/a", first.Table("storage").Text("graphroot"));
        Assert.Equal(1, first.Table("storage").Table("options").Number("x"));
    }
}
