namespace Bld.Registry.Tests;

/// <summary>policy.json: which images may come in.</summary>
public sealed class TrustPolicyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bld-policy-").FullName;
    private readonly TestRegistry _registry = new();

    public void Dispose()
    {
        _registry.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("team/app:1", true)]
    [InlineData("team/app:2", false)]
    [InlineData("team/other:1", true)]
    [InlineData("team/deep/er:1", true)]
    [InlineData("elsewhere/app:1", false)]
    public async Task The_narrowest_scope_counts(string image, bool isAllowed)
    {
        var policy = Load($$$"""
            {"default":[{"type":"reject"}],
             "transports":{"docker":{"{{{_registry.Server.Host}}}/team":[{"type":"insecureAcceptAnything"}],"{{{_registry.Server.Host}}}/team/app:2":[{"type":"reject"}]}}
            }
            """);

        Assert.Equal(isAllowed, await AllowsAsync(policy, image));
    }

    [Theory]
    [InlineData("""[]""")]
    [InlineData("""[{"type":"somethingNew"}]""")]
    [InlineData("""[{"type":"insecureAcceptAnything"},{"type":"reject"}]""")]
    public async Task What_is_not_understood_or_not_met_refuses(string requirements)
    {
        Assert.False(await AllowsAsync(Load($$"""{"default":{{requirements}}}"""), "team/app:1"));
    }

    [Fact]
    public async Task A_key_server_that_is_not_supported_refuses_rather_than_being_passed_over()
    {
        var policy = Load("""{"default":[{"type":"sigstoreSigned","keyPath":"/dev/null","rekorPublicKeyPath":"/dev/null"}]}""");

        Assert.False(await AllowsAsync(policy, "team/app:1"));
    }

    private TrustPolicy Load(string content)
    {
        var file = Path.Combine(_folder, "policy.json");
        File.WriteAllText(file, content);
        return TrustPolicy.Load(file);
    }

    private async Task<bool> AllowsAsync(TrustPolicy policy, string image)
    {
        var client = _registry.Client(image: image);
        using var source = new RegistrySource(client, client.Name, null);
        try
        {
            await policy.CheckAsync(source, new TransportReference(TransportKind.Registry, client.Name.ToString(), null), [new RawManifest([], MediaTypes.OciManifest)], CancellationToken.None);
            return true;
        }
        catch (RegistryException)
        {
            return false;
        }
    }
}
