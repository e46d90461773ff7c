using Bld.Registry.Configuration;

namespace Bld.Registry.Tests;

/// <summary>registries.conf: what names mean and where images are asked for.</summary>
public sealed class RegistriesConfigurationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bld-conf-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("a.example/team/app:1", "here.example/x/app:1")]
    [InlineData("a.example/team:1", "here.example/x:1")]
    [InlineData("a.example/teams/app:1", "whole.example/teams/app:1")]
    [InlineData("a.example:5000/app:1", "a.example:5000/app:1")]
    [InlineData("x.y.wild.example/app:1", "caught.example/app:1")]
    [InlineData("wild.example/app:1", "wild.example/app:1")]
    public void The_longest_prefix_counts(string name, string place)
    {
        var configuration = Load("""
            [[registry]]
            prefix = "a.example"
            location = "whole.example"
            [[registry]]
            prefix = "a.example/team"
            location = "here.example/x"
            [[registry]]
            prefix = "*.wild.example"
            location = "caught.example"
            """);

        Assert.Equal(place, Assert.Single(configuration.PlacesToPull(RegistryName.Parse(name))).Name.ToString());
        Assert.Equal(name, configuration.PlaceToPush(RegistryName.Parse(name)).Name.ToString());
    }

    [Fact]
    public void Mirrors_come_first_and_say_what_they_are_for()
    {
        var configuration = Load("""
            [[registry]]
            location = "a.example"
            insecure = true
            [[registry.mirror]]
            location = "all"
            [[registry.mirror]]
            location = "digests.example"
            pull-from-mirror = "digest-only"
            [[registry.mirror]]
            location = "tags.example"
            pull-from-mirror = "tag-only"
            """);
        var digest = Digest.Of("x"u8);

        var tagged = configuration.PlacesToPull(RegistryName.Parse("a.example/app:1"));
        var exact = configuration.PlacesToPull(RegistryName.Parse($"a.example/app@{digest}"));

        Assert.Equal(["all/app:1", "tags.example/app:1", "a.example/app:1"], tagged.Select(static each => each.Name.ToString()));
        Assert.Equal([$"all/app@{digest}", $"digests.example/app@{digest}", $"a.example/app@{digest}"], exact.Select(static each => each.Name.ToString()));
        Assert.Equal([false, false, true], tagged.Select(static each => each.IsInsecure));
        Assert.Equal([true, true, false], tagged.Select(static each => each.IsMirror));
    }

    [Fact]
    public void Drop_ins_replace_registries_and_take_aliases_away()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "d"));
        File.WriteAllText(Path.Combine(_folder, "d/2.conf"), "[aliases]\n\"one\" = \"\"\n\"two\" = \"b.example/two\"\n[[registry]]\nlocation = \"a.example\"\nblocked = true\n");
        File.WriteAllText(Path.Combine(_folder, "d/1.conf"), "unqualified-search-registries = [\"s.example\"]\n[aliases]\n\"two\" = \"c.example/two\"\n");

        var configuration = Load("[aliases]\n\"one\" = \"a.example/one\"\n[[registry]]\nlocation = \"a.example\"\n", Path.Combine(_folder, "d"));

        Assert.Equal(["s.example/one:1"], configuration.Resolve("one:1"));
        Assert.Equal(["b.example/two@sha256:0"], configuration.Resolve("two@sha256:0"));
        Assert.Contains("a.example is blocked in", Assert.Throws<RegistryException>(() => configuration.PlacesToPull(RegistryName.Parse("a.example/app"))).Message, StringComparison.Ordinal);
        Assert.Throws<RegistryException>(() => configuration.PlaceToPush(RegistryName.Parse("a.example/app")));
    }

    [Fact]
    public void Without_anything_a_short_name_is_Docker_Hubs()
    {
        var configuration = Load("");

        Assert.Equal(["docker.io/library/app:1"], configuration.Resolve("app:1"));
        Assert.Equal(["docker.io/me/app"], configuration.Resolve("me/app"));
    }

    [Theory]
    [InlineData("[[registry]]\ninsecure = true", "has no location")]
    [InlineData("[[registry]]\nprefix = \"a.*.example\"\nlocation = \"b\"", "a wildcard stands for subdomains only")]
    [InlineData("short-name-mode = \"maybe\"", "use enforcing, permissive or disabled")]
    [InlineData("[registries.search]\nregistries = [\"a\"]", "version 1")]
    [InlineData("a = ", "is no value")]
    public void What_can_not_be_is_told_with_the_file(string content, string reason)
    {
        var error = Assert.Throws<RegistryException>(() => Load(content));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(_folder, "registries.conf"), error.Message, StringComparison.Ordinal);
    }

    private RegistriesConfiguration Load(string content, string? dropIns = null)
    {
        var file = Path.Combine(_folder, "registries.conf");
        File.WriteAllText(file, content);
        return RegistriesConfiguration.Load(file, dropIns, Path.Combine(_folder, "none"));
    }
}
