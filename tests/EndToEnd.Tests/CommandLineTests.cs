namespace Bld.EndToEnd.Tests;

/// <summary>What holds for every command line.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly BldHome _home = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("unknown command \"imags\" for \"bld\" (did you mean images?)", "imags")]
    [InlineData("unknown command \"x\" for \"bld source\"", "source", "x")]
    [InlineData("unknown flag: --nothing", "images", "--nothing")]
    [InlineData("unknown shorthand flag: 'Z' in -Z", "images", "-Z")]
    [InlineData("flag needs an argument: --filter", "images", "--filter")]
    [InlineData("unknown command \"x\" for \"bld version\"", "version", "x")]
    [InlineData("unknown command \"x\" for \"bld info\"", "info", "x")]
    [InlineData("invalid format provided: json", "info", "--format", "json")]
    [InlineData("not a valid logrus Level: \"loud\"", "--log-level", "loud", "images")]
    [InlineData("unknown storage driver \"other\"", "--storage-driver", "other", "images")]
    [InlineData("--imagestore", "--imagestore", "/x", "images")]
    [InlineData("confidential workloads", "mkcw", "a", "b")]
    [InlineData("checking authfile: stat /nothing: no such file or directory", "from", "--authfile", "/nothing", "image")]
    [InlineData("checking authfile: stat /nothing: no such file or directory", "pull", "--authfile", "/nothing", "image")]
    [InlineData("invalid format provided: plain", "inspect", "--format", "plain", "image")]
    [InlineData("stat /nothing: no such file or directory", "bud", "--secret", "id=a,src=/nothing", ".")]
    [InlineData("stat /nothing: no such file or directory", "bud", "--ssh", "a=/nothing", ".")]
    [InlineData("no such file or directory", "bud", "/nothing")]
    [InlineData("open /nothing: no such file or directory", "compatibility", "/nothing")]
    [InlineData("reading build container \"nothing\": container not known", "rename", "nothing", "x")]
    public void A_wrong_command_line_is_one_error_and_125(string expected, params string[] arguments)
    {
        var outcome = _home.Bld(arguments);

        Assert.Equal(125, outcome.Code);
        Assert.StartsWith("Error: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void Help_is_there_for_every_command_and_shows_examples()
    {
        var program = _home.Succeed("--help");
        Assert.Equal(program, _home.Succeed("help"));
        Assert.DoesNotContain("compatibility", program, StringComparison.Ordinal);
        foreach (var line in program.Split("Commands:\n")[1].Split("\n\n")[0].Split('\n'))
        {
            var name = line.Trim().Split(' ')[0];
            Assert.Contains("Usage:\n  bld " + name, _home.Succeed("help", name), StringComparison.Ordinal);
        }

        Assert.Contains("Examples:\n  bld images", _home.Succeed("images", "-h"), StringComparison.Ordinal);
        Assert.Contains("bld source add", _home.Succeed("source", "add", "--help"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_version_is_told_in_a_line_in_a_list_and_in_JSON()
    {
        Assert.Matches(@"^bld version \d+\.\d+\.\d+ \(image-spec 1\.\d+\.\d+, runtime-spec 1\.\d+\.\d+\)$", _home.Succeed("--version"));
        Assert.Equal(_home.Succeed("--version"), _home.Succeed("-v"));
        Assert.Contains("Image Spec:      1.", _home.Succeed("version"), StringComparison.Ordinal);
        Assert.Contains("\"imageSpec\": \"1.", _home.Succeed("version", "--json"), StringComparison.Ordinal);
    }

    [Fact]
    public void Info_tells_where_the_store_is_and_templates_reach_into_it()
    {
        Assert.Equal(_home.Store, _home.Succeed("info", "--format", "{{.store.GraphRoot}}"));
        Assert.Equal("overlay", _home.Succeed("info", "--format", "{{.store.GraphDriverName}}"));
        Assert.Equal("vfs", _home.Succeed("--storage-driver", "vfs", "info", "--format", "{{.store.GraphDriverName}}"));
        Assert.Matches(@"^(\d+h )?(\d+m )?[\d.]+s( \(Approximately \d+\.\d\d days\))?$", _home.Succeed("info", "--format", "{{.host.uptime}}"));
        Assert.Equal(BldHome.Peer("buildah", "info", "--format", "{{.host.arch}} {{.host.os}} {{.host.kernel}} {{.host.cpus}} {{.host.MemTotal}} {{.host.Distribution.version}}"),
            _home.Succeed("info", "--format", "{{.host.arch}} {{.host.os}} {{.host.kernel}} {{.host.cpus}} {{.host.MemTotal}} {{.host.Distribution.version}}"));
    }

    [Fact]
    public void A_file_without_a_name_is_as_if_the_flag_were_not_given()
    {
        _home.WithBusybox();
        var archive = $"oci-archive:{_home.In("unnamed.tar")}";
        _home.Succeed("push", "-q", "--digestfile=", "--authfile", "", "busybox", archive);
        _home.Succeed("pull", "-q", "--signature-policy=", archive);
        var container = _home.Succeed("from", "--cidfile=", "busybox");
        _home.Succeed("copy", "-q", "--contextdir=", container, _home.Write("unnamed", "text"), "/");
        Assert.Matches("^[0-9a-f]{64}$", _home.Succeed("commit", "-q", "--rm", "--config=", "--iidfile=", "--metadata-file=", container));
    }

    [Fact]
    public void Debugging_writes_lines_and_errors_alone_write_none()
    {
        Assert.Contains("level=debug msg=", _home.Bld("--log-level=debug", "images").Error, StringComparison.Ordinal);
        Assert.Empty(_home.Bld("--log-level=error", "images").Error);
    }

    [Fact]
    public void Storage_conf_and_the_environment_move_the_store()
    {
        var configuration = _home.Write("storage.conf", $"[storage]\ndriver = \"overlay\"\ngraphroot = \"{_home.In("graph")}\"\nrunroot = \"{_home.In("runs")}\"\n");
        const string Places = "{{.store.GraphRoot}} {{.store.RunRoot}}";

        Assert.Equal($"{_home.In("graph")}/bld {_home.In("runs")}/bld", WithEnvironment(Places, ("CONTAINERS_STORAGE_CONF", configuration)));
        Assert.Equal($"{_home.In("own")} {_home.In("own-run")}", WithEnvironment(Places, ("CONTAINERS_STORAGE_CONF", configuration), ("BLD_ROOT", _home.In("own")), ("BLD_RUNROOT", _home.In("own-run"))));
        Assert.Contains("no value", WithEnvironment(Places, ("CONTAINERS_STORAGE_CONF", _home.Write("bad.conf", "[storage]\ngraphroot = nowhere\n"))).Replace("is no value", "no value", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "bash", "-n")]
    [InlineData("zsh", "", "")]
    [InlineData("fish", "", "")]
    public void Completion_scripts_know_commands_and_flags(string shell, string checker, string flag)
    {
        var script = _home.Write(shell, _home.Succeed("completion", shell) + "\n");
        var text = File.ReadAllText(script);

        Assert.Contains("images", text, StringComparison.Ordinal);
        Assert.Contains("no-trunc", text, StringComparison.Ordinal);
        Assert.DoesNotContain("default-mounts-file", text, StringComparison.Ordinal);
        if (checker.Length > 0)
        {
            BldHome.Peer(checker, flag, script);
        }
    }

    [Fact]
    public void Bash_completes_commands_flags_and_members_of_groups()
    {
        var script = _home.Write("completion", _home.Succeed("completion", "bash") + "\n");
        string Complete(params string[] words) => BldHome.Peer("bash", "-c",
            $"source {script}; COMP_WORDS=({string.Join(' ', words.Select(static word => $"'{word}'"))}); COMP_CWORD={words.Length - 1}; _bld; echo ${{COMPREPLY[*]}}");

        Assert.Equal("images", Complete("bld", "imag"));
        Assert.Equal("--no-trunc", Complete("bld", "--root", "/x", "images", "--no-t"));
        Assert.Equal("create", Complete("bld", "source", "cr"));
        Assert.Equal("--annotation", Complete("bld", "source", "add", "--an"));
    }

    [Fact]
    public void Manual_pages_are_roff_that_man_reads()
    {
        _home.Succeed("man", _home.In("man"));
        var pages = Directory.GetFiles(_home.In("man")).Select(Path.GetFileName).ToList();

        Assert.Contains("bld.1", pages);
        Assert.Contains("bld-images.1", pages);
        Assert.Contains("bld-source-add.1", pages);
        var text = File.ReadAllText(_home.In("man/bld-images.1"));
        Assert.StartsWith(".TH BLD-IMAGES 1", text, StringComparison.Ordinal);
        Assert.Contains("\\fB\\-q\\fP, \\fB\\-\\-quiet\\fP\nPrint only ids", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_of_compatibility_is_what_the_tables_say()
    {
        var page = _home.Succeed("compatibility", Path.Combine(BldHome.Root, "docs/buildah.txt"));

        Assert.True(page == File.ReadAllText(Path.Combine(BldHome.Root, "docs/compatibility.md")).Trim(), "docs/compatibility.md is stale: run make docs");
    }

    private static string WithEnvironment(string template, params (string Name, string Value)[] variables)
    {
        var outcome = BldHome.Run("env", [.. variables.Select(static each => $"{each.Name}={each.Value}"), BldHome.Executable, "info", "--format", template]);
        return outcome.Output + outcome.Error;
    }
}
