using Bld.Builder.Snapshots;
using Bld.Builder.Tests.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Tests.Snapshots;

public sealed class PlainTreeCopyTests : IDisposable
{
    private readonly TemporaryPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void A_copy_inside_of_what_is_copied_has_all_but_itself()
    {
        Directory.CreateDirectory(_place.At("context/store/tmp/copy"));
        File.WriteAllText(_place.At("context/store/file"), "x");
        using (var source = FileCalls.Open(_place.At("context"), OpenFlags.ReadOnly | OpenFlags.Directory))
        using (var target = FileCalls.Open(_place.At("context/store/tmp/copy"), OpenFlags.ReadOnly | OpenFlags.Directory))
        {
            PlainTreeCopy.Copy(source, target);
        }

        Assert.Equal("x", File.ReadAllText(_place.At("context/store/tmp/copy/store/file")));
        Assert.Empty(Directory.GetFileSystemEntries(_place.At("context/store/tmp/copy/store/tmp")));
    }
}
