namespace Bld.EndToEnd.Tests;

/// <summary>images, tag, rmi, history and prune.</summary>
public sealed class ImageListTests : IDisposable
{
    private readonly BldHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void What_looks_like_a_whole_id_is_no_name()
    {
        Make("one", "FROM scratch\n");
        var id = new string('a', 64);
        Fails("64 hexadecimal digits are an image's id and can't be a name", "tag", "one", id);
        _home.Succeed("tag", "one", $"localhost/{id}");
        Assert.Equal($"untagged: localhost/{id}:latest", _home.Succeed("rmi", $"localhost/{id}"));
    }

    [Fact]
    public void The_place_of_the_store_may_stand_before_a_name()
    {
        const string Name = "containers-storage:localhost/one";
        var id = Make("one", "FROM scratch\nLABEL a=b\n");
        Assert.Equal([id[..12]], Lines("images", "-q", Name));
        Assert.Contains("LABEL a=b", _home.Succeed("history", Name), StringComparison.Ordinal);
        Assert.Equal("map[a:b] 0", _home.Succeed("inspect", "--format", "{{.OCIv1.Config.Labels}} {{len .Docker.RootFS.DiffIDs}}", Name));
        _home.Succeed("push", "-q", Name, $"docker-archive:{_home.In("one.tar")}");
        Assert.Contains("localhost/one:latest", BldHome.Peer("tar", "-xOf", _home.In("one.tar"), "manifest.json"), StringComparison.Ordinal);
        _home.Succeed("tag", Name, "two");
        Assert.Equal("untagged: localhost/one:latest", _home.Succeed("rmi", Name));
        Fails("image not known", "rmi", Name);
        Assert.StartsWith("untagged: localhost/two:latest", _home.Succeed("rmi", "containers-storage:two"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_has_a_line_for_each_name_and_filters_choose()
    {
        var first = Make("one", "FROM scratch\nLABEL kind=first\n");
        var second = Make("two", "FROM scratch\nLABEL kind=second other=1\n");
        _home.Succeed("tag", "two", "registry.example.com/team/app:1.0");
        _home.Write("context/Dockerfile", "FROM scratch\nLABEL kind=third\n");
        var nameless = _home.Succeed("bud", "-q", _home.In("context"));

        Assert.Equal(
            ["<none>:<none>", "localhost/two:latest", "registry.example.com/team/app:1.0", "localhost/one:latest"],
            Lines("images", "--format", "{{.Name}}:{{.Tag}}"));
        Assert.StartsWith("REPOSITORY", _home.Succeed("images"), StringComparison.Ordinal);
        Assert.DoesNotContain("REPOSITORY", _home.Succeed("images", "-n"), StringComparison.Ordinal);
        Assert.Equal(3, Lines("images", "-q").Length);
        Assert.Contains("sha256:" + first, Lines("images", "-q", "--no-trunc"));
        Assert.Equal([nameless[..12]], Filtered("dangling=true"));
        Assert.Equal(2, Filtered("dangling=false").Length);
        Assert.Equal([second[..12]], Filtered("label=other"));
        Assert.Equal([first[..12]], Filtered("label=kind=first"));
        Assert.Equal(2, Filtered("label!=kind=first").Length);
        Assert.Equal([second[..12]], Filtered("reference=registry.example.com/*/app"));
        Assert.Equal([second[..12]], Filtered("reference=tw*"));
        Assert.Equal([first[..12]], Filtered("before=two"));
        Assert.Equal([nameless[..12]], Filtered("since=two"));
        Assert.Equal([first[..12]], Filtered($"id={first[..8]}"));
        Assert.Equal(["[]"], Lines("images", "--json", "--filter", "label=nothing"));
        Assert.Equal([second[..12]], Lines("images", "-q", "two"));
    }

    [Fact]
    public void Fields_of_a_format_stand_in_columns_as_Buildahs_do()
    {
        Make("one", "FROM scratch\nLABEL a=b\n");
        Make("longer-name", "FROM scratch\nLABEL a=c\n");
        Assert.Equal("localhost/longer-name   latest\nlocalhost/one           latest", _home.Succeed("images", "--format", "{{.Name}} {{.Tag}}"));
        Assert.Equal("", _home.Succeed("images", "-q=true", "--filter", "label=none"));
        Assert.Equal(_home.Succeed("images"), _home.Succeed("images", "--format", ""));
        Assert.Equal("localhost/one", _home.Succeed("images", "--filter", "label=a=b,dangling=false", "--format", "{{.Name}}"));
        Assert.StartsWith("{\"Tag\":\"latest\",\"ID\":", _home.Succeed("images", "--format", "{{json .}}", "one"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_images_has_a_time_and_a_size()
    {
        Make("one", "FROM scratch\nLABEL a=b\n");
        _home.Succeed("manifest", "create", "list");
        var list = _home.Succeed("images", "--format", "{{.Name}}|{{.CreatedAt}}|{{.Size}}").Split('\n')[0];
        Assert.Matches(@"^localhost/list\|.+ (ago|second).*\|[1-9]\d* B$", list);
        _home.Succeed("manifest", "add", "list", "one");
        Assert.StartsWith("localhost/list|", _home.Succeed("images", "--format", "{{.Name}}|{{.CreatedAt}}|{{.Size}}"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_repository_with_a_digest_means_the_image_whatever_its_tag()
    {
        var id = Make("one", "FROM scratch\nLABEL a=b\n");
        var digest = _home.Succeed("images", "--format", "{{.Digest}}");
        Assert.Equal("one-working-container", _home.Succeed("from", "--pull=never", $"one@{digest}"));
        Assert.Equal(id[..12], _home.Succeed("images", "-q", $"localhost/one@{digest}"));
        Fails("image not known", "images", $"two@{digest}");
        _home.Succeed("rmi", "-f", $"one@{digest}");
        Assert.Equal("", _home.Succeed("images", "-q"));
    }

    [Fact]
    public void All_images_go_those_that_differ_by_annotations_too()
    {
        _home.Build("FROM scratch\nLABEL a=b\n", "-t", "one", "--timestamp", "0");
        _home.Build("FROM scratch\nLABEL a=b\n", "-t", "two", "--timestamp", "0", "--annotation", "c=d");
        Assert.Single(Lines("images", "-q"));
        _home.Succeed("rmi", "-a");
        Assert.Equal("", _home.Succeed("images", "-q"));
    }

    [Fact]
    public void An_archive_tells_the_name_of_its_image()
    {
        var id = Make("one", "FROM scratch\nLABEL a=b\n");
        var archive = $"oci-archive:{_home.In("one.tar")}";
        _home.Succeed("push", "-q", "one", archive + ":registry.example.com/team/one:2");
        _home.Succeed("rmi", "one");
        Assert.Equal(id, _home.Succeed("pull", "-q", archive));
        Assert.Equal("registry.example.com/team/one:2", _home.Succeed("images", "--format", "{{.Name}}:{{.Tag}}"));
    }

    [Theory]
    [InlineData("nothing: image not known", "nothing")]
    [InlineData("requires at most 1 argument", "a", "b")]
    [InlineData("quiet and format are mutually exclusive", "-q", "--format", "x")]
    [InlineData("when using the --all switch, you may not pass any images names or IDs", "-a", "x")]
    [InlineData("unsupported image filter \"wrong\"", "--filter", "wrong=x")]
    [InlineData("invalid image filter \"wrong\"", "--filter", "wrong")]
    [InlineData("could not find local image for filter", "--filter", "before=nothing")]
    [InlineData("can't evaluate field Wrong", "--format", "{{.Wrong}}")]
    public void What_images_cannot_do_is_told(string expected, params string[] arguments)
    {
        Make("one", "FROM scratch\nLABEL kind=first\n");
        Fails(expected, ["images", .. arguments]);
    }

    [Fact]
    public void A_name_of_several_is_taken_away_and_the_last_one_takes_the_image()
    {
        var id = Make("one", "FROM scratch\nLABEL a=b\n");
        _home.Succeed("tag", id[..12], "two:x", "three");

        Fails("by ID with more than one tag ([localhost/one:latest localhost/two:x localhost/three:latest])", "rmi", id);
        Assert.Equal("untagged: localhost/two:x", _home.Succeed("rmi", "two:x"));
        var outcome = _home.Bld("rmi", "nothing", "one", "nothing-else");
        Assert.Equal((125, "untagged: localhost/one:latest\n"), (outcome.Code, outcome.Output));
        Assert.Contains("2 errors occurred:\n\t* nothing: image not known\n\t* nothing-else: image not known", outcome.Error, StringComparison.Ordinal);
        Assert.Equal($"untagged: localhost/three:latest\n{id}", _home.Succeed("rmi", "three"));
        Assert.Empty(_home.Succeed("images", "-q"));
    }

    [Fact]
    public void What_an_earlier_argument_took_along_is_no_failure()
    {
        var id = Make("one", "FROM scratch\nLABEL a=b\n");
        Assert.Equal($"untagged: localhost/one:latest\n{id}", _home.Succeed("rmi", "one", "localhost/one", id, "one"));
        id = Make("two", "FROM scratch\nLABEL a=c\n");
        _home.Succeed("tag", "two", "three");
        Assert.Equal($"untagged: localhost/two:latest\nuntagged: localhost/three:latest\n{id}", _home.Succeed("rmi", "-f", id[..12], id[..12], "two"));
    }

    [Fact]
    public void An_image_that_a_container_uses_stays_unless_it_is_forced()
    {
        var id = Make("one", "FROM scratch\nLABEL a=b\n");
        _home.Succeed("from", "one");

        Fails("image is in use by a container", "rmi", "one");
        Fails("image is in use by a container", "rmi", "-a");
        Assert.Equal("localhost/one:latest", Assert.Single(Lines("images", "--format", "{{.Name}}:{{.Tag}}")));
        Assert.Equal($"untagged: localhost/one:latest\n{id}", _home.Succeed("rmi", "-f", "one"));
        Assert.Empty(_home.Succeed("containers", "-q"));
    }

    [Fact]
    public void A_base_without_a_name_goes_with_what_was_built_on_it()
    {
        _home.Write("context/file", "x");
        Make("base", "FROM scratch\nCOPY file /\n");
        var child = Make("child", "FROM localhost/base\nLABEL a=b\n");
        var other = Make("base", "FROM scratch\nLABEL other=1\n");

        // Now the first base has no name; as long as there is a child it stays, whatever is pruned of other things.
        Assert.Equal(3, Lines("images", "-q").Length);
        Assert.Equal(["untagged: localhost/child:latest", child], Lines("rmi", "child")[..2]);
        Assert.Equal([other[..12]], Lines("images", "-q"));
    }

    [Theory]
    [InlineData("image name or ID must be specified")]
    [InlineData("when using the --all switch, you may not pass any images names or IDs", "-a", "x")]
    [InlineData("when using the --prune switch, you may not pass any images names or IDs", "-p", "x")]
    [InlineData("when using the --all switch, you may not use --prune switch", "-a", "-p")]
    [InlineData("no options (-f) can be specified after the image or container name", "x", "-f")]
    public void What_rmi_cannot_do_is_told(string expected, params string[] arguments) => Fails(expected, ["rmi", .. arguments]);

    [Theory]
    [InlineData("requires at least 2 arg(s), only received 1", "one")]
    [InlineData("must be lowercase", "one", "Upper")]
    [InlineData("it has two colons", "one", "docker:example.com:5000/x")]
    [InlineData("invalid reference format", "one", "good", "a//b")]
    [InlineData("nothing: image not known", "nothing", "x")]
    public void What_tag_cannot_do_is_told_and_nothing_is_tagged(string expected, params string[] arguments)
    {
        Make("one", "FROM scratch\nLABEL a=b\n");
        Fails(expected, ["tag", .. arguments]);
        Assert.Single(Lines("images", "--format", "{{.Name}}"));
    }

    [Fact]
    public void The_history_of_names_is_kept_as_Buildah_keeps_it()
    {
        string[] buildah = ["--storage-driver", "vfs", "--root", _home.In("buildah"), "--runroot", _home.In("buildah-run")];
        var ours = Names((arguments) => _home.Succeed(arguments));
        Assert.Equal(Names((arguments) => BldHome.Peer("buildah", [.. buildah, .. arguments])), ours);
        Assert.Equal(["localhost/four:latest <none>", "localhost/three:latest localhost/four:latest, localhost/three:latest, localhost/two:latest, localhost/one:latest", "localhost/two:latest <none>"], ours);
        Assert.Contains("HISTORY", _home.Succeed("images", "--history"), StringComparison.Ordinal);

        string[] Names(Func<string[], string> run)
        {
            var container = run(["from", "scratch"]);
            run(["commit", "-q", container, "one"]);
            run(["tag", "one", "two"]);
            run(["rmi", "localhost/one"]);
            run(["tag", "two", "three", "four"]);
            foreach (var taken in (string[])["two", "four"])
            {
                run(["config", "--label", $"of={taken}", container]);
                run(["commit", "-q", container, taken]);
            }

            string[] lines = run(["images", "--history", "--format", "{{.Name}}:{{.Tag}} {{.History}}"]).Split('\n');
            run(["rm", "--all"]);
            return [.. lines.Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Order(StringComparer.Ordinal)];
        }
    }

    [Fact]
    public void History_shows_each_step_with_its_size_the_last_first()
    {
        _home.Write("context/file", new string('x', 5000));
        Make("one", "FROM scratch\nCOPY file /\nENV A=b\n");

        Assert.Equal(["ENV A=b|0 B", "COPY file / # buildkit|6.66 KB"], Lines("history", "--format", "{{.CreatedBy}}|{{.Size}}", "one"));
        Assert.StartsWith("IMAGE", _home.Succeed("history", "one"), StringComparison.Ordinal);
        Assert.Equal(2, Lines("history", "-q", "one").Length);
    }

    [Fact]
    public void Prune_removes_nameless_images_and_the_cache_and_leaves_the_others_whole()
    {
        _home.Write("context/file", "one");
        Make("app", "FROM scratch\nCOPY file /\n");
        _home.Write("context/file", "two");
        Make("app", "FROM scratch\nCOPY file /\n");
        var before = Directory.GetDirectories(Path.Combine(_home.Store, "snapshots")).Length;
        var kept = Lines("images", "-q", "app");
        _home.Succeed("prune");

        Assert.Equal(kept, Lines("images", "-q"));
        Assert.Equal(before - 1, Directory.GetDirectories(Path.Combine(_home.Store, "snapshots")).Length);
        _home.Succeed("push", "-q", "app", $"dir:{_home.In("out")}");
        _home.Succeed("from", "--name", "user", "app");
        _home.Succeed("prune", "-a");
        Assert.Equal(kept, Lines("images", "-q"));
        _home.Succeed("prune", "-a", "-f");
        Assert.Empty(_home.Succeed("images", "-q"));
        Assert.Empty(Directory.GetDirectories(Path.Combine(_home.Store, "snapshots")));
    }

    private string Make(string name, string dockerfile) => _home.Build(dockerfile, "-t", name);

    private string[] Lines(params string[] arguments) => _home.Succeed(arguments).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private string[] Filtered(string filter) => Lines("images", "-q", "--filter", filter);

    private void Fails(string expected, params string[] arguments)
    {
        var outcome = _home.Bld(arguments);
        Assert.Equal(125, outcome.Code);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
        Assert.StartsWith("Error: ", outcome.Error, StringComparison.Ordinal);
    }
}
