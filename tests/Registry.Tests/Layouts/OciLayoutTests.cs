namespace Bld.Registry.Tests;

public sealed class OciLayoutTests : IDisposable
{
    private readonly DirectoryInfo _place = Directory.CreateTempSubdirectory("bld-layout-");

    public void Dispose() => _place.Delete(recursive: true);

    [Fact]
    public void Images_that_come_at_the_same_time_are_all_there_and_nothing_else_is()
    {
        const int Writers = 8;
        const int Each = 12;
        var path = $"{_place.FullName}/layout";
        using var start = new Barrier(Writers);
        var threads = Enumerable.Range(0, Writers).Select(writer => new Thread(() =>
        {
            start.SignalAndWait();
            for (var i = 0; i < Each; i++)
            {
                var name = $"{writer}-{i}";
                OciLayout.OpenOrCreate(path).Add(Describe(name), name);
            }
        })).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());

        var layout = OciLayout.Open(path);
        Assert.Equal(Writers * Each, layout.ReadIndex().Manifests.Count);
        Assert.Equal(Describe("3-7").Digest, layout.Find("3-7").Digest);
        Assert.Equal(["blobs", "index.json", "oci-layout"], Directory.EnumerateFileSystemEntries(path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private static Descriptor Describe(string name) =>
        new() { MediaType = MediaTypes.OciManifest, Digest = Digest.Of(System.Text.Encoding.UTF8.GetBytes(name)), Size = name.Length };
}
