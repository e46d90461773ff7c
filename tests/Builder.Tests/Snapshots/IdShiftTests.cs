using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Builder.Tests.Store;
using Bld.Runtime.Linux;
using Bld.Runtime.Spec;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Tests.Snapshots;

public sealed class IdShiftTests : IDisposable
{
    private readonly TemporaryPlace _place = new();
    private readonly StateDirectory _state;

    public IdShiftTests() => _state = _place.OpenState();

    public void Dispose()
    {
        _state.Dispose();
        _place.Dispose();
    }

    [Fact]
    public void A_file_of_two_names_is_given_away_once_and_comes_back_with_its_mode()
    {
        const uint SetUserId = 0x9ED;
        IReadOnlyList<IdMapping> map = [new IdMapping { ContainerId = 0, HostId = 100000, Size = 65536 }];
        using var shift = new IdShift(map, map);
        using var place = _state.CreateTemporary("shift");
        FileCalls.MakeDirectory(place.Handle, "folder"u8, 0x1ED);
        using var tree = FileCalls.Open(place.Handle, "folder"u8, OpenFlags.ReadOnly | OpenFlags.Directory);
        FileCalls.Open(tree, "one"u8, OpenFlags.WriteOnly | OpenFlags.Create, 0x180).Dispose();
        FileCalls.ChangeMode(tree, "one"u8, SetUserId);
        FileCalls.MakeHardLink(tree, "one"u8, tree, "two"u8);

        shift.ChangeOwners(tree, toHost: true);
        Assert.Equal((100000u, 100000u, SetUserId), Owner(tree, "one"u8));
        Assert.Equal((100000u, 100000u, SetUserId), Owner(tree, "two"u8));
        Assert.Equal(100000u, FileCalls.Status(tree).UserId);

        shift.ChangeOwners(tree, toHost: false);
        Assert.Equal((0u, 0u, SetUserId), Owner(tree, "two"u8));
    }

    [Fact]
    public void An_id_that_is_not_mapped_is_named()
    {
        IReadOnlyList<IdMapping> map = [new IdMapping { ContainerId = 0, HostId = 100000, Size = 10 }];
        using var shift = new IdShift(map, map);
        Assert.Contains("has no id 10,", Assert.Throws<BuildException>(() => shift.ToHost(10, 0)).Message, StringComparison.Ordinal);
    }

    private static (uint User, uint Group, uint Mode) Owner(SafeFileHandle tree, ReadOnlySpan<byte> name)
    {
        var status = FileCalls.Status(tree, name);
        return (status.UserId, status.GroupId, status.Permissions);
    }
}
