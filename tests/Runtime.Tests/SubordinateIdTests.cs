using Bld.Runtime.Rootless;

namespace Bld.Runtime.Tests;

public sealed class SubordinateIdTests
{
    private const string File = "root:1:5\napp:100000:65536\n\n1000:300000:10\nother:9:9\napp:x:1\napp:5\napp:400000:0\n";

    [Fact]
    public void Ranges_are_found_by_name_and_by_number_in_their_order() =>
        Assert.Equal([(100000u, 65536u), (300000u, 10u)], SubordinateIds.Ranges(File, 1000, "app"));

    [Fact]
    public void Who_is_not_there_has_none() => Assert.Empty(SubordinateIds.Ranges(File, 7, null));

    [Fact]
    public void The_own_id_comes_first_and_the_ranges_behind_it_without_a_gap()
    {
        var path = Path.GetTempFileName();
        System.IO.File.WriteAllText(path, File);
        var map = SubordinateIds.Map(path, 1000, "app");
        System.IO.File.Delete(path);
        Assert.Equal([(0u, 1000u, 1u), (1u, 100000u, 65536u), (65537u, 300000u, 10u)], map.Select(static range => (range.ContainerId, range.HostId, range.Size)));
    }
}
