using Bld.Builder.Context;
using Bld.Builder.Copy;
using Bld.Builder.Tests.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Tests.Copy;

public sealed class CopierTests : IDisposable
{
    private readonly TemporaryPlace _place = new();

    public CopierTests()
    {
        Directory.CreateDirectory(_place.At("source/d"));
        Directory.CreateDirectory(_place.At("target"));
        File.WriteAllText(_place.At("source/d/f"), "one");
        File.WriteAllText(_place.At("source/single"), "one");
    }

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("nothing", false)]
    [InlineData("content", true)]
    [InlineData("new", true)]
    [InlineData("gone", true)]
    [InlineData("mode", true)]
    [InlineData("single", true)]
    [InlineData("elsewhere", false)]
    public void Files_that_change_between_the_digest_and_the_copy_are_noticed(string what, bool noticed)
    {
        using var state = _place.OpenState();
        using var root = FileCalls.Open(_place.At("source"), OpenFlags.ReadOnly | OpenFlags.Directory);
        using var target = FileCalls.Open(_place.At("target"), OpenFlags.ReadOnly | OpenFlags.Directory);
        var copier = new Copier(
            new CopySource(root, IgnoreRules.None, KeepsOwners: false, "test"), new CopyRequest { Sources = ["d", "single"], Destination = "/t/" }, CancellationToken.None);
        copier.ContentDigest(new FileDigests(state));
        Change(what);
        copier.Execute(target, null);
        Assert.Equal(noticed, copier.HaveSourcesChanged);
    }

    private void Change(string what)
    {
        switch (what)
        {
            case "content":
                File.WriteAllText(_place.At("source/d/f"), "two");
                break;
            case "new":
                File.WriteAllText(_place.At("source/d/g"), "new");
                break;
            case "gone":
                File.Delete(_place.At("source/d/f"));
                break;
            case "mode":
                using (var directory = FileCalls.Open(_place.At("source/d"), OpenFlags.ReadOnly | OpenFlags.Directory))
                {
                    FileCalls.ChangeMode(directory, "f"u8, 0x100);
                }

                break;
            case "single":
                File.WriteAllText(_place.At("source/single"), "two");
                break;
            case "elsewhere":
                File.WriteAllText(_place.At("source/other"), "two");
                break;
            default:
                break;
        }
    }
}
