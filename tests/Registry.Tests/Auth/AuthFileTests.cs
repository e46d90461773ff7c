using System.Text;

namespace Bld.Registry.Tests;

/// <summary>Credentials files as containers' tools and Docker write them.</summary>
public sealed class AuthFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bld-auth-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("team/app", "deep")]
    [InlineData("team/other", "team")]
    [InlineData("elsewhere", "host")]
    [InlineData("", "host")]
    public void The_longest_key_counts(string repository, string user)
    {
        var file = Read($$$"""{"auths":{"a.example":{"auth":"{{{Encode("host:1")}}}"},"a.example/team":{"auth":"{{{Encode("team:2")}}}"},"a.example/team/app":{"auth":"{{{Encode("deep:3")}}}"} } }""");

        Assert.Equal(user, file.Find("a.example", repository)?.User);
        Assert.Null(file.Find("b.example", repository));
    }

    [Theory]
    [InlineData("https://index.docker.io/v1/", "docker.io")]
    [InlineData("https://a.example", "a.example")]
    [InlineData("https://a.example/v1/", "a.example")]
    [InlineData("a.example:5000", "a.example:5000")]
    public void Hosts_are_known_as_Docker_writes_them(string key, string host)
    {
        var file = Read($$$"""{"auths":{"{{{key}}}":{"auth":"{{{Encode("me:pa:ss")}}}"} },"HttpHeaders":{"x":"y"}}""");

        Assert.Equal("pa:ss", file.Find(host, "team/app")?.Password);
    }

    [Fact]
    public void An_identity_token_stands_for_the_password()
    {
        var file = Read($$$"""{"auths":{"a.example":{"auth":"{{{Encode("me:")}}}","identitytoken":"tok"} } }""");

        Assert.Equal("tok", file.Find("a.example", "app")?.IdentityToken);
    }

    [Fact]
    public void What_is_written_is_read_and_the_rest_of_the_file_stays()
    {
        var path = Path.Combine(_folder, "auth.json");
        File.WriteAllText(path, """{"HttpHeaders":{"x":"y"},"auths":{"https://a.example/v1/":{"auth":"b2xkOm9sZA=="} } }""");

        AuthFile.ReadOrCreate(path).Set("b.example/team", new Credentials("me", "pässword"));

        Assert.Equal("pässword", AuthFile.TryRead(path)!.Find("b.example", "team/app")?.Password);
        Assert.Equal("old", AuthFile.TryRead(path)!.Find("a.example", "app")?.User);
        Assert.True(AuthFile.TryRead(path)!.Remove("a.example"));
        Assert.False(AuthFile.TryRead(path)!.Remove("a.example"));
        Assert.Contains("HttpHeaders", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Equal([path], Directory.EnumerateFiles(_folder));
    }

    [Theory]
    [InlineData("{not json")]
    [InlineData("""{"auths":{"a.example":{"auth":"c2VjcmV0"}}}""")]
    [InlineData("""{"auths":{"a.example":{"auth":"no base64!"}}}""")]
    public void A_damaged_file_is_told_without_its_content(string content)
    {
        var error = Assert.Throws<RegistryException>(() => Read(content).Find("a.example", "app"));

        Assert.Equal($"the credentials file {_folder}/auth.json is damaged; log in again", error.Message);
    }

    [Fact]
    public void A_helper_keeps_what_the_file_names_it_for()
    {
        var script = Path.Combine(_folder, "docker-credential-bldtest");
        File.WriteAllText(script, $"""
            #!/bin/sh
            read input
            echo "$1 $input" >> {_folder}/calls
            case "$1 $input" in
              "get a.example") echo '{"{"}"Username":"me","Secret":"from-helper"{"}"}';;
              "get "*) echo "credentials not found in native keychain"; exit 1;;
            esac
            """);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var before = Environment.GetEnvironmentVariable("PATH");
        Environment.SetEnvironmentVariable("PATH", $"{_folder}:{before}");
        try
        {
            var file = Read("""{"credHelpers":{"a.example":"bldtest","docker.io":"bldtest"}}""");
            Assert.Equal("from-helper", file.Find("a.example", "team/app")?.Password);
            Assert.Null(file.Find("docker.io", "library/app"));
            file.Set("a.example", new Credentials("me", "new"));
            Assert.True(file.Remove("a.example"));
            Assert.Equal(
                ["get a.example", "get https://index.docker.io/v1/", """store {"ServerURL":"a.example","Username":"me","Secret":"new"}""", "erase a.example"],
                File.ReadAllLines(Path.Combine(_folder, "calls")));
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", before);
        }
    }

    private AuthFile Read(string content)
    {
        var path = Path.Combine(_folder, "auth.json");
        File.WriteAllText(path, content);
        return AuthFile.TryRead(path)!;
    }

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
