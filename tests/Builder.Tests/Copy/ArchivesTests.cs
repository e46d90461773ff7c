using Bld.Builder.Copy;
using Bld.Builder.Store;
using Bld.Builder.Tests.Layers;
using Bld.Builder.Tests.Store;

namespace Bld.Builder.Tests.Copy;

public sealed class ArchivesTests : IDisposable
{
    private readonly TemporaryPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("cat whole")]
    [InlineData("cat whole; head -c 512 /dev/zero")]
    public void A_whole_gzip_is_read_to_its_end(string command)
    {
        using var file = Make(command);
        using var tar = Archives.TryOpen(file);

        Assert.NotNull(tar);
        tar.CopyTo(Stream.Null);
    }

    [Theory]
    [InlineData("head -c -8 whole")]
    [InlineData("head -c -1 whole")]
    [InlineData("head -c -8 whole; printf '12345678'")]
    [InlineData("head -c 500 whole")]
    public void A_gzip_without_its_good_end_is_a_damaged_archive_and_no_plain_file(string command)
    {
        using var file = Make(command);
        using var tar = Archives.TryOpen(file);

        Assert.NotNull(tar);
        var error = Assert.Throws<BuildException>(() => tar.CopyTo(Stream.Null));
        Assert.StartsWith("the gzip data is damaged: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("seq 1000 | gzip")]
    [InlineData("seq 1000 | gzip | head -c -8")]
    [InlineData("head -c 15 whole")]
    [InlineData("printf '\\x1f\\x8b'")]
    [InlineData("seq 1000")]
    public void What_does_not_begin_as_an_archive_is_none(string command)
    {
        using var file = Make(command);

        Assert.Null(Archives.TryOpen(file));
    }

    private FileStream Make(string command)
    {
        Programs.Shell($"seq 1 3000 >data; tar -czf whole data; ({command}) >file", _place.Path);
        return File.OpenRead(_place.At("file"));
    }
}
