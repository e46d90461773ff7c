using Bld.Builder.Store;

namespace Bld.Builder.Tests.Store;

public sealed class DurabilityTests : IDisposable
{
    private const string AnotherBoot = "00000000-1111-2222-3333-444444444444";
    private readonly TemporaryPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void What_this_boot_wrote_is_trusted_and_pending_until_it_is_synced()
    {
        using var state = _place.OpenState();
        Assert.False(state.Durability.IsPending);
        var moment = state.Durability.Record();
        Assert.True(state.Durability.IsTrusted(moment));
        Assert.True(state.Durability.IsPending);
        state.Durability.Synchronize();
        Assert.False(state.Durability.IsPending);
    }

    [Fact]
    public void What_another_boot_wrote_is_trusted_up_to_its_last_sync()
    {
        using var state = _place.OpenState();
        state.PublishFile($"synced/{AnotherBoot}", "1000\n"u8);
        Assert.True(state.Durability.IsTrusted(new BootMoment(AnotherBoot, 1000)));
        Assert.False(state.Durability.IsTrusted(new BootMoment(AnotherBoot, 1001)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1000")]
    [InlineData("rubbish\n")]
    public void A_mark_that_is_not_whole_covers_nothing(string content)
    {
        using var state = _place.OpenState();
        File.WriteAllText($"{state.Root}/synced/{AnotherBoot}", content);
        Assert.False(state.Durability.IsTrusted(new BootMoment(AnotherBoot, 1)));
    }

    [Fact]
    public void What_a_killed_process_wrote_in_this_boot_is_synced_by_who_adopts_it()
    {
        using var killed = _place.OpenState();
        var moment = killed.Durability.Record();
        using var state = _place.OpenState();
        Assert.True(state.Durability.IsTrusted(moment));
        Assert.True(state.Durability.IsPending);
    }

    [Fact]
    public void A_sync_by_another_process_counts()
    {
        using var one = _place.OpenState();
        using var two = _place.OpenState();
        one.Durability.Record();
        two.Durability.Record();
        two.Durability.Synchronize();
        Assert.False(one.Durability.IsPending);
    }
}
