namespace Bld.EndToEnd.Tests;

/// <summary><c>bld copy</c> and <c>bld add</c>, by what is then in the root.</summary>
public sealed class ContainerCopyTests : IDisposable
{
    private readonly BldHome _home = new();
    private readonly string _container;

    public ContainerCopyTests()
    {
        _home.Write("context/a", "a");
        _home.Write("context/d/b", "bb");
        _home.Write("context/d/b.x", "ignored");
        _home.Write("ignore", "**/*.x\n");
        _container = _home.Succeed("from", "scratch");
        BldHome.Peer("chown", "-R", "3:4", _home.In("context"));
    }

    public void Dispose() => _home.Dispose();

    [Fact]
    public void Files_and_directories_go_where_they_are_sent_and_a_digest_is_printed()
    {
        _home.Succeed("config", "--workingdir", "/work", _container);
        var digest = _home.Succeed("copy", _container, _home.In("context/a"));
        Assert.Matches("^[0-9a-f]{64}$", digest);
        Assert.Equal(digest, _home.Succeed("copy", _container, _home.In("context/a"), "/again"));
        Assert.Equal("", _home.Succeed("copy", "-q", _container, _home.In("context/d"), "relative"));
        _home.Succeed("copy", "--chown", "5:6", "--chmod", "0640", _container, _home.In("context/a"), _home.In("context/d/b"), "/two");
        AssertFiles("""
            again f 644 0:0  1
            two d 755 5:6 
            two/a f 640 5:6  1
            two/b f 640 5:6  2
            work d 755 0:0 
            work/a f 644 0:0  1
            work/relative d 755 0:0 
            work/relative/b f 644 0:0  2
            work/relative/b.x f 644 0:0  7
            """);
    }

    [Fact]
    public void Times_links_and_patterns_are_as_the_flags_say()
    {
        BldHome.Peer("ln", "-s", "a", _home.In("context/link"));
        _home.Succeed("copy", "-q", "--timestamp", "77", _container, _home.In("context/a"), _home.In("context"), "/timed/");
        BldHome.Peer("tar", "-cf", _home.In("timed.tar"), "-C", _home.In("context"), "a", "d");
        _home.Succeed("add", "-q", "--timestamp", "60", _container, _home.In("timed.tar"), "/unpacked");
        _home.Succeed("copy", "-q", "--no-follow-symlinks", _container, _home.In("context/link"), "/kept");
        _home.Succeed("copy", "-q", _container, _home.In("context/link"), "/followed");
        _home.Succeed("copy", "-q", "--allow-empty-wildcard", _container, _home.In("context/none*"), "/none/");
        _home.Succeed("copy", "-q", "--chown", "7", _container, _home.In("context/a"), "/owned");
        var root = _home.Succeed("mount", _container);
        Assert.Equal("77 77 77", BldHome.Peer("sh", "-c", $"cd {root} && echo $(stat -c %Y timed/a timed/d timed/d/b)"));
        Assert.Equal("60 60 60", BldHome.Peer("sh", "-c", $"cd {root} && echo $(stat -c %Y unpacked/a unpacked/d unpacked/d/b)"));
        Assert.Equal("a", BldHome.Peer("readlink", $"{root}/kept"));
        Assert.Equal("regular file 7:7", BldHome.Peer("sh", "-c", $"cd {root} && stat -c %F followed && stat -c %u:%g owned").Replace('\n', ' '));
        _home.Succeed("umount", _container);
        Fails("no source files were specified", "copy", _container, _home.In("context/none*"), "/none/");
        Fails("no such file or directory", "copy", _container, _home.In("context/none"), "/none/");
        Fails("no such file or directory", "copy", "--contextdir", _home.In("context"), _container, "none", "/none/");
        Fails("cannot fetch http://127.0.0.1:1/x", "copy", _container, "http://127.0.0.1:1/x", "/x");
        Fails("unknown user error looking up user \"nobody\"", "copy", "--chown", "nobody", _container, _home.In("context/a"), "/x");
    }

    [Fact]
    public void The_context_directory_holds_what_the_ignore_file_leaves()
    {
        _home.Succeed("copy", "--contextdir", _home.In("context"), "--ignorefile", _home.In("ignore"), _container, "/", "/all/");
        _home.Succeed("copy", "--contextdir", _home.In("context"), "--exclude", "b.x", "--parents", _container, "d/b", "/kept/");
        AssertFiles("""
            all d 755 0:0 
            all/a f 644 0:0  1
            all/d d 755 0:0 
            all/d/b f 644 0:0  2
            kept d 755 0:0 
            kept/d d 755 0:0 
            kept/d/b f 644 0:0  2
            """);
        Fails("--contextdir", "copy", "--ignorefile", _home.In("ignore"), _container, _home.In("context"), "/x");
    }

    [Fact]
    public void No_link_leaves_the_context_directory_or_the_container()
    {
        File.CreateSymbolicLink(_home.In("context/out"), "/etc/passwd");
        Fails("out", "copy", "--contextdir", _home.In("context"), _container, "out", "/x");
        Fails("not found", "copy", "--contextdir", _home.In("context"), _container, "../ignore", "/x");

        File.CreateSymbolicLink(_home.In("context/d/link"), _home.Folder);
        _home.Succeed("copy", "-q", _container, _home.In("context/d"), "/d/");
        _home.Succeed("copy", "-q", _container, _home.In("context/a"), "/d/link/through");
        Assert.False(File.Exists(_home.In("through")));
        Assert.Contains($"{_home.Folder.TrimStart('/')}/through f 644", Listing(), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_add_unpacks_and_copy_from_keeps_owners()
    {
        BldHome.Peer("tar", "-czf", _home.In("archive.tgz"), "-C", _home.In("context"), "d");
        _home.Succeed("add", "-q", _container, _home.In("archive.tgz"), "/unpacked/");
        _home.Succeed("copy", "-q", _container, _home.In("archive.tgz"), "/");
        Assert.Contains("unpacked/d/b f 644 3:4  2", Listing(), StringComparison.Ordinal);
        Assert.Contains("\narchive.tgz f ", "\n" + Listing(), StringComparison.Ordinal);

        var other = _home.Succeed("from", "scratch");
        _home.Succeed("copy", "-q", "--from", _container, other, "/unpacked/d/b", "/b");
        _home.Succeed("commit", "-q", _container, "source");
        _home.Succeed("copy", "-q", "--from", "source", "--chown", "1:1", other, "/unpacked/d/b", "/c");
        Assert.Equal("b f 644 3:4  2\nc f 644 1:1  2", Listing(other));
        Fails("no such file or directory", "copy", other, _home.In("missing"), "/");
    }

    [Fact]
    public void A_context_has_rules_may_be_named_by_its_sources_and_may_lie_in_a_container()
    {
        _home.Write("context/.dockerignore", "a\n");
        _home.Succeed("copy", "-q", "--contextdir", _home.In("context"), "--exclude", "d/b.x", _container, _home.In("context"), "/all/");
        Fails("excluded by .dockerignore", "copy", "--contextdir", _home.In("context"), _container, "a", "/x");
        _home.Write("context/.containerignore", "d\n");
        _home.Succeed("copy", "-q", "--contextdir", _home.In("context"), _container, _home.In("context/a"), "/one");

        var other = _home.Succeed("from", "scratch");
        _home.Succeed("copy", "-q", "--from", _container, "--contextdir", "/all/d", other, "b", "/1");
        _home.Succeed("copy", "-q", "--from", _container, "--contextdir", "all", other, "/all/d/b", "/2");
        _home.Succeed("copy", "-q", "--from", _container, "--exclude", "all/.dockerignore", other, "/all", "/3");
        Fails("/missing", "copy", "--from", _container, "--contextdir", "/missing", other, "b", "/4");
        AssertFiles("""
            all d 755 0:0 
            all/.dockerignore f 644 0:0  2
            all/d d 755 0:0 
            all/d/b f 644 0:0  2
            one f 644 0:0  1
            """);
        Assert.Equal("1 f 644 0:0  2\n2 f 644 0:0  2\n3 d 755 0:0 \n3/d d 755 0:0 \n3/d/b f 644 0:0  2", Listing(other));
    }

    [Fact]
    public void Names_of_one_file_stay_linked_within_a_source_only()
    {
        BldHome.Peer("ln", _home.In("context/a"), _home.In("context/hard"));
        _home.Succeed("copy", "-q", _container, _home.In("context/a"), _home.In("context/hard"), "/two/");
        _home.Succeed("copy", "-q", _container, _home.In("context"), "/tree");
        var root = _home.Succeed("mount", _container);
        Assert.Equal("1 1 2 2", BldHome.Peer("sh", "-c", $"cd {root} && echo $(stat -c %h two/a two/hard tree/a tree/hard)"));
        _home.Succeed("umount", _container);
    }

    [Fact]
    public void A_copy_that_fails_changes_nothing()
    {
        Fails("missing", "copy", _container, _home.In("context/a"), _home.In("missing"), "/x/");
        _home.Succeed("copy", "-q", _container, _home.In("context/a"), "/only");
        Assert.Equal("only f 644 0:0  1", Listing());
    }

    private void AssertFiles(string expected) => Assert.Equal(expected.ReplaceLineEndings("\n"), Listing());

    private string Listing(string? container = null)
    {
        var path = _home.Succeed("mount", container ?? _container);
        try
        {
            return ContainerImage.Listing(path);
        }
        finally
        {
            _home.Succeed("umount", container ?? _container);
        }
    }

    private void Fails(string words, params string[] arguments)
    {
        var outcome = _home.Bld(arguments);
        Assert.Equal(125, outcome.Code);
        Assert.Contains(words, outcome.Error, StringComparison.Ordinal);
    }
}
