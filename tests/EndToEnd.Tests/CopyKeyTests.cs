namespace Bld.EndToEnd.Tests;

/// <summary>What a COPY, an ADD or a RUN made is used again only for what would make the same: each of these once wasn't so.</summary>
public sealed class CopyKeyTests(BusyboxFixture fixture) : IClassFixture<BusyboxFixture>
{
    private readonly BldHome _home = fixture.Home;

    [Theory]
    [InlineData("COPY a.tar /d/", "ADD a.tar /d/", "/d/in")]
    [InlineData("ADD a.tar /d/", "COPY a.tar /d/", "/d/a.tar")]
    [InlineData("ADD --unpack=false a.tar /d/", "ADD a.tar /d/", "/d/in")]
    public void An_archive_is_unpacked_or_not_whatever_was_before(string before, string after, string found)
    {
        var context = Context("archive", "echo $$ > in; tar cf a.tar in");
        Build(context, before);
        Assert.Equal(found, Find(context, after, "/d -type f"));
    }

    [Theory]
    [InlineData("COPY *.txt *.md /d/", "COPY --exclude=*.md *.txt *.md /d/", "/d/a.txt")]
    [InlineData("COPY --exclude=*.md *.txt *.md /d/", "COPY *.txt *.md /d/", "/d/a.txt /d/b.md")]
    [InlineData("COPY a.txt /d", "COPY a.txt zz* /d", "/d/a.txt")]
    [InlineData("COPY a.txt zz* /d", "COPY a.txt /d", "/d")]
    public void What_is_left_out_and_how_many_sources_there_are_counts(string before, string after, string found)
    {
        var context = Context("sources", "echo a $$ > a.txt; echo b $$ > b.md");
        Build(context, before);
        Assert.Equal(found, Find(context, after, "/d -type f"));
    }

    [Fact]
    public void An_excluded_file_that_changes_changes_nothing()
    {
        var context = Context("excluded", "echo a $$ > a.txt; echo b $$ > b.md");
        const string Instruction = "COPY --exclude=*.md *.txt *.md /d/";
        Build(context, Instruction);
        Shell(context, "echo other > b.md");
        Assert.Contains("Using cache", Build(context, Instruction), StringComparison.Ordinal);
    }

    [Fact]
    public void Modes_of_directories_that_parents_keeps_count()
    {
        var context = Context("parents", "mkdir -p x/y; echo f $$ > x/y/f; chmod 755 x x/y");
        Build(context, "COPY --parents x/y/f /d/");
        Shell(context, "chmod 700 x");
        Assert.Equal("700", Run(context, "COPY --parents x/y/f /d/", "stat -c %a /d/x"));
    }

    [Fact]
    public void A_file_that_lay_upon_another_of_its_name_is_not_taken_for_it()
    {
        var context = Context("twice", "mkdir -p a b; for i in $(seq 100); do echo $i > a/$i; done; echo AAAA > a/f; echo BBBB > b/f; echo $$ > a/own");
        Build(context, "COPY a b /d/");
        Shell(context, "rm b/f; echo new > b/g");
        Assert.Equal("AAAA", Run(context, "COPY a b /d/", "cat /d/f"));
    }

    [Fact]
    public void A_linked_layer_leaves_the_root_of_its_base_alone()
    {
        var context = Context("linked", "echo f $$ > f");
        _home.Write("strict/Dockerfile", "FROM localhost/busybox\nRUN chmod 700 / && chown 5:5 /\n");
        _home.Succeed("bud", "--network", "none", "-t", "strict", _home.In("strict"));
        Build(context, "COPY --link f /x/", "localhost/strict");
        Assert.Equal("755 0 1", Run(context, "COPY --link f /x/", "echo $(stat -c '%a %u' /) $(ls /x | wc -l)"));
    }

    [Fact]
    public void Whether_a_tmpfs_begins_with_what_it_covers_counts()
    {
        var context = Context("tmpfs", "true");
        Assert.Contains("seen passwd", Build(context, "RUN --mount=type=tmpfs,target=/etc,tmpcopyup echo seen $(ls /etc | grep passwd)"), StringComparison.Ordinal);
        Assert.DoesNotContain("Using cache", Build(context, "RUN --mount=type=tmpfs,target=/etc echo seen $(ls /etc | grep passwd)"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pattern_finds_names_that_are_not_UTF_8()
    {
        var context = Context("bytes", "mkdir d; echo one > \"$(printf 'd/b\\377d')\"; echo two > d/good");
        Assert.Equal("one two", Run(context, "COPY d/* /g/", "cat /g/*").ReplaceLineEndings(" "));
        Assert.Equal("62ff64", Run(context, "COPY d/b?d /g/", "cd /g; printf %s b* | od -An -tx1 | tr -d ' '"));
    }

    [Fact]
    public void What_was_made_of_files_that_changed_meanwhile_is_not_used_again()
    {
        var context = Context("changing", "echo one > f; touch -d 2001-01-01 f");
        const string Instruction = "RUN --mount=type=bind,target=/c cat /c/f; echo two > /w/f; cat /c/f > /seen";
        string[] volume = ["-v", $"{context}:/w"];
        Assert.Contains("files changed while this step took them", Build(context, $"{Instruction}\nRUN cat /seen > /again", "busybox", volume), StringComparison.Ordinal);
        Shell(context, "echo one > f");
        Assert.DoesNotContain("Using cache", Build(context, $"{Instruction}\nRUN cat /seen > /again", "busybox", volume), StringComparison.Ordinal);
    }

    // Its files have the shell's number in them: no two contexts of this class have equal files, which would be found in the cache for another reason.
    private string Context(string name, string prepare)
    {
        name += $"-{Guid.NewGuid():N}";
        Directory.CreateDirectory(_home.In(name));
        Shell(_home.In(name), prepare);
        return _home.In(name);
    }

    private static void Shell(string folder, string script) => BldHome.Peer("sh", "-ec", $"cd '{folder}'; {script}");

    private string Build(string context, string instructions, string from = "localhost/busybox", string[]? flags = null)
    {
        File.WriteAllText($"{context}.Dockerfile", $"FROM {from}\n{instructions}\n");
        var outcome = _home.Bld(["bud", "--network", "none", "-t", "keyed", "-f", $"{context}.Dockerfile", .. flags ?? [], context]);
        Assert.True(outcome.Code == 0, outcome.Error);
        return outcome.Output + outcome.Error;
    }

    private string Run(string context, string instructions, string command)
    {
        Build(context, instructions);
        var container = _home.Succeed("from", "keyed");
        return _home.Succeed("run", "--network", "none", container, "sh", "-c", command);
    }

    private string Find(string context, string instructions, string what) =>
        Run(context, instructions, $"find {what} | sort").ReplaceLineEndings(" ");
}
