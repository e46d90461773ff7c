using System.Text.Json;

namespace Bld.EndToEnd.Tests;

/// <summary>Making, naming, listing, renaming and removing working containers.</summary>
public sealed class WorkingContainerTests : IDisposable
{
    private readonly BldHome _home = new();

    public WorkingContainerTests() => _home.Build("FROM scratch\nENV A=b\n", "-t", "empty");

    public void Dispose() => _home.Dispose();

    [Fact]
    public void Containers_are_named_after_their_image_and_numbered()
    {
        Assert.Equal("empty-working-container", _home.Succeed("from", "empty"));
        Assert.Equal("empty-working-container-1", _home.Succeed("from", "localhost/empty:latest"));
        Assert.Equal("working-container", _home.Succeed("from", "scratch"));
        Assert.Equal("working-container-1", _home.Succeed("from", "scratch"));
        Assert.Equal("mine", _home.Succeed("from", "--name", "mine", "scratch"));
        _home.Succeed("rm", "empty-working-container");
        Assert.Equal("empty-working-container", _home.Succeed("from", "empty"));

        var layout = _home.Layout("empty");
        _home.Succeed("rmi", "-f", "empty");
        Assert.Equal("oci-working-container", _home.Succeed("from", "-q", $"oci:{layout.Split(':')[0]}"));
    }

    [Fact]
    public void A_taken_name_an_unknown_image_and_a_late_flag_are_errors()
    {
        _home.Succeed("from", "--name", "mine", "scratch");
        Fails("already in use", "from", "--name", "mine", "scratch");
        Fails("not in the store", "from", "--pull-never", "nothing-of-this-name");
        Fails("no options (-q) can be specified after the image or container name", "from", "scratch", "-q");
        Fails("must be specified", "from");
        Fails("too many arguments", "from", "scratch", "scratch");
        Assert.Equal("mine", _home.Succeed("containers", "-n").Split(' ')[^1]);
    }

    [Fact]
    public void The_list_shows_what_people_and_scripts_read()
    {
        var file = _home.In("cid");
        _home.Succeed("from", "--cidfile", file, "empty");
        var id = File.ReadAllText(file);
        Assert.Matches("^[0-9a-f]{64}$", id);
        var image = _home.Succeed("images", "-q");

        var lines = _home.Succeed("containers").Split('\n');
        Assert.Equal("CONTAINER ID  BUILDER  IMAGE ID     IMAGE NAME                       CONTAINER NAME", lines[0]);
        Assert.Equal($"{id[..12]}     *     {image} localhost/empty:latest           empty-working-container", lines[1]);
        Assert.Equal(id, _home.Succeed("ls", "-q"));

        Assert.Equal(
            $"{id}   empty-working-container   localhost/empty:latest",
            _home.Succeed("containers", "--format", "{{.ContainerID}} {{.ContainerName}} {{.ImageName}}"));

        var entry = JsonDocument.Parse(_home.Succeed("containers", "--json")).RootElement[0];
        Assert.Equal(id, entry.GetProperty("id").GetString());
        Assert.True(entry.GetProperty("builder").GetBoolean());
        Assert.StartsWith(image, entry.GetProperty("imageid").GetString(), StringComparison.Ordinal);
        Assert.Equal("localhost/empty:latest", entry.GetProperty("imagename").GetString());
        Assert.Equal("empty-working-container", entry.GetProperty("containername").GetString());
    }

    [Fact]
    public void Long_names_are_cut_in_the_list_unless_that_is_not_wanted()
    {
        var name = $"localhost/{new string('a', 40)}:tag";
        _home.Succeed("tag", "empty", name);
        _home.Succeed("from", "--name", "mine", name);
        Assert.Contains($" localhost/{new string('a', 19)}... mine", _home.Succeed("containers", "-n"), StringComparison.Ordinal);
        Assert.Contains(name, _home.Succeed("containers", "-n", "--notruncate"), StringComparison.Ordinal);
        Fails("quiet and format are mutually exclusive", "containers", "-q", "--format", "{{.ContainerName}}");
    }

    [Fact]
    public void An_image_may_be_named_by_the_place_of_the_store_or_by_Docker_Hubs_short_form()
    {
        Assert.Equal("empty-working-container", _home.Succeed("from", "containers-storage:localhost/empty"));
        _home.Succeed("tag", "containers-storage:localhost/empty", "newer");
        Assert.Equal("newer-working-container", _home.Succeed("from", "containers-storage:localhost/newer"));
        Assert.Equal("newer-mine", _home.Succeed("from", "--suffix", "mine", "newer"));
        Assert.Equal("mine", _home.Succeed("from", "--suffix", "mine", "scratch"));
        _home.Succeed("tag", "empty", "docker.io/other");
        Assert.Contains("docker.io/library/other", _home.Succeed("images"), StringComparison.Ordinal);
        Assert.Equal("other-working-container", _home.Succeed("from", "--pull=never", "docker.io/other"));
        Fails("tag by digest not supported", "tag", "empty", $"x@sha256:{new string('1', 64)}");
        Fails("invalid reference format", "from", "nowhere:foo/bar");
        Fails("can only set one of", "from", "--pull-always", "--pull-never", "empty");
    }

    [Theory]
    [InlineData("missing", "")]
    [InlineData("ifmissing", "")]
    [InlineData("ifnotpresent", "")]
    [InlineData("notpresent", "")]
    [InlineData("never", "")]
    [InlineData("false", "")]
    [InlineData("newer", "")]
    [InlineData("IfNewer", "")]
    [InlineData("true", "cannot reach")]
    [InlineData("always", "cannot reach")]
    [InlineData("sometimes", "unsupported pull policy \"sometimes\"")]
    public void Pull_policies_have_all_of_Buildahs_names(string policy, string expected)
    {
        const string Name = "127.0.0.1:1/empty";
        _home.Succeed("tag", "empty", Name);
        string[][] commands = [["pull", "--retry", "0", "--policy", policy, Name], ["from", "--retry", "0", $"--pull={policy}", Name]];
        foreach (var command in commands)
        {
            var outcome = _home.Bld(command);
            Assert.Equal(expected.Length == 0 ? 0 : 125, outcome.Code);
            Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("sha256:")]
    [InlineData("")]
    public void An_id_that_no_image_has_is_looked_for_in_no_registry(string prefix)
    {
        var outcome = _home.Bld("from", prefix + new string('a', 64));
        Assert.Equal((125, $"Error: {prefix}{new string('a', 64)}: image not known\n"), (outcome.Code, outcome.Error));
    }

    [Fact]
    public void A_name_without_a_host_finds_what_any_registry_called_so()
    {
        _home.Succeed("tag", "empty", "registry.example:5000/team/app:v2");
        Assert.Equal("empty-working-container", _home.Succeed("from", "--pull=never", "app:v2"));
        Assert.Equal("empty-working-container-1", _home.Succeed("from", "--pull=never", "team/app:v2"));
        Fails("image not known", "from", "--pull=never", "pp:v2");
        Fails("image not known", "tag", "app", "x");
        Assert.Equal("untagged: registry.example:5000/team/app:v2", _home.Succeed("rmi", "app:v2"));
    }

    [Fact]
    public void A_container_tells_its_isolation_and_nobody_takes_its_id_as_a_name()
    {
        var container = _home.Succeed("from", "--isolation", "chroot", "scratch");
        Assert.Equal("chroot", _home.Succeed("inspect", "--format", "{{.Isolation}}", container));
        Assert.Equal("rootless", _home.Succeed("inspect", "--format", "{{.Isolation}}", _home.Succeed("from", "--isolation", "rootless", "scratch")));
        var id = _home.Succeed("containers", "-q", "--filter", $"name={container},ancestor=scratch").Split('\n')[0];
        var other = _home.Succeed("from", "empty");
        Fails("already in use", "rename", other, id);
        Assert.Equal(2, _home.Succeed("containers", "-q", "--filter", "ancestor=scratch").Split('\n').Length);
    }

    [Fact]
    public void An_image_of_a_registry_for_another_platform_is_not_the_one_that_was_asked_for()
    {
        _home.Succeed("tag", "empty", "registry.example.com/team/empty:1");
        Fails("image not known", "from", "--arch", "s390x", "--pull=never", "registry.example.com/team/empty:1");
        Assert.Equal("empty-working-container", _home.Succeed("from", "--pull=never", "registry.example.com/team/empty:1"));
        Assert.Equal("empty-working-container-1", _home.Succeed("from", "--arch", "s390x", "empty"));
        Assert.Equal("working-container", _home.Succeed("from", ""));
    }

    [Theory]
    [InlineData("name=empty", 1)]
    [InlineData("name=working", 2)]
    [InlineData("ancestor=empty", 1)]
    [InlineData("ancestor=localhost/empty:latest", 1)]
    [InlineData("ancestor=other", 0)]
    [InlineData("id=zz", 0)]
    public void Filters_choose(string filter, int count)
    {
        _home.Succeed("from", "empty");
        _home.Succeed("from", "scratch");
        Assert.Equal(count, _home.Succeed("containers", "-q", "--filter", filter).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Fails("invalid filter", "containers", "-f", "colour=red");
    }

    [Fact]
    public void A_container_is_found_by_name_id_and_the_beginning_of_it_under_its_new_name_too()
    {
        var name = _home.Succeed("from", "scratch");
        var id = _home.Succeed("containers", "-q");
        _home.Succeed("rename", name, "new/name");
        Fails("container not known", "config", "--author", "me", name);
        Fails("already", "from", "--name", "new/name", "scratch");
        Fails("same name", "rename", id, "new/name");
        _home.Succeed("config", "--author", "me", id[..8]);
        Assert.Equal(name, _home.Succeed("from", "scratch"));
        Assert.Equal(id, _home.Succeed("rm", "new/name"));
        Fails("container not known", "rm", "new/name");
    }

    [Fact]
    public void Removing_goes_on_after_an_unknown_name_and_leaves_no_files()
    {
        var names = Enumerable.Range(0, 3).Select(_ => _home.Succeed("from", "scratch")).ToList();
        _home.Succeed("copy", "-q", names[0], "/etc/hostname", "/x");
        var outcome = _home.Bld("rm", names[0], "nobody", names[1]);
        Assert.Equal(125, outcome.Code);
        Assert.Contains("nobody", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(2, outcome.Output.Trim().Split('\n').Length);
        _home.Succeed("delete", "--all");
        Assert.Equal("null", _home.Succeed("containers", "--json"));
        Assert.Equal("by-name", string.Join(' ', Directory.EnumerateFileSystemEntries($"{_home.Store}/containers").Select(Path.GetFileName)));
        Assert.Empty(Directory.EnumerateFileSystemEntries($"{_home.Store}/containers/by-name"));
        Assert.Empty(Directory.EnumerateFileSystemEntries($"{_home.Store}/snapshots"));
    }

    private void Fails(string words, params string[] arguments)
    {
        var outcome = _home.Bld(arguments);
        Assert.Equal(125, outcome.Code);
        Assert.Equal("", outcome.Output);
        Assert.Contains(words, outcome.Error, StringComparison.Ordinal);
    }
}
