using System.Text;

namespace Bld.Registry.Tests;

public sealed class DirectoryTransportTests : IDisposable
{
    private const string Manifest = """{"schemaVersion":2,"config":{},"layers":[]}""";
    private readonly DirectoryInfo _place = Directory.CreateTempSubdirectory("bld-directory-");

    public void Dispose() => _place.Delete(recursive: true);

    [Fact]
    public async Task A_member_of_an_index_must_be_what_its_digest_says()
    {
        var digest = Digest.Of(Encoding.UTF8.GetBytes(Manifest));
        var file = $"{_place.FullName}/{digest.Hex}.manifest.json";
        await File.WriteAllTextAsync(file, Manifest);
        using var source = new DirectorySource(_place.FullName);
        var member = new Descriptor { MediaType = MediaTypes.OciManifest, Digest = digest, Size = Manifest.Length };

        Assert.Equal(digest, (await source.GetManifestAsync(member, CancellationToken.None)).Digest);

        await File.AppendAllTextAsync(file, " ");
        var error = await Assert.ThrowsAsync<RegistryException>(() => source.GetManifestAsync(member, CancellationToken.None));
        Assert.Contains($"the content of {file} is damaged", error.Message, StringComparison.Ordinal);
    }
}
