using Bld.Builder.Store;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Tests.Store;

public sealed class SharedDirectoryTests : IDisposable
{
    private const string Part = "shared";

    private readonly TemporaryPlace _place = new();
    private readonly StateDirectory _state;
    private int _fills;

    public SharedDirectoryTests() => _state = _place.OpenState();

    private string[] Kept => Directory.GetDirectories($"{_state.Root}/{Part}");

    public void Dispose()
    {
        _state.Dispose();
        _place.Dispose();
    }

    [Fact]
    public void The_second_who_needs_it_takes_the_firsts()
    {
        using var first = Take("a");
        using var second = Take("a");
        Assert.Equal(first.Path, second.Path);
        Assert.Equal(1, _fills);
        Assert.True(File.Exists($"{first.Path}/file"));
        using var other = Take("b");
        Assert.NotEqual(first.Path, other.Path);
    }

    [Fact]
    public void What_could_not_be_filled_is_not_there()
    {
        Assert.Throws<InvalidOperationException>(() => SharedDirectory.Take(_state, Part, "a", static _ => throw new InvalidOperationException()));
        using var again = Take("a");
        Assert.Equal(1, _fills);
    }

    [Fact]
    public void What_is_held_stays_and_the_rest_is_removed()
    {
        using var held = Take("held");
        Take("free").Dispose();
        File.WriteAllText($"{_state.Root}/{Part}/stranger", "not a directory");
        SharedDirectory.RemoveUnused(_state, Part);
        Assert.Equal([held.Path], Kept);
        Assert.Empty(Directory.GetFileSystemEntries(_state.TemporaryPath));
    }

    [Fact]
    public void Their_number_is_bounded()
    {
        using var held = Take("held");
        for (var i = 0; i < SharedDirectory.Most + 10; i++)
        {
            Take($"{i}").Dispose();
            Assert.InRange(Kept.Length, 1, SharedDirectory.Most);
        }

        Assert.Contains(held.Path, Kept);
    }

    [Fact]
    public void One_of_another_boot_is_not_taken()
    {
        Take("a").Dispose();
        var mine = Assert.Single(Kept);
        Directory.Move(mine, mine.Replace(_state.Durability.Boot, "00000000-0000-0000-0000-000000000000", StringComparison.Ordinal));
        using var again = Take("a");
        Assert.Equal(2, _fills);
    }

    [Fact]
    public void Many_who_take_and_remove_at_once_always_find_it_whole()
    {
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            using var taken = Take("a");
            Assert.True(File.Exists($"{taken.Path}/file"));
            if (i % 3 == 0)
            {
                SharedDirectory.RemoveUnused(_state, Part);
            }

            Assert.True(File.Exists($"{taken.Path}/file"));
        });
    }

    private SharedDirectory Take(string key) => SharedDirectory.Take(_state, Part, key, Fill);

    private void Fill(SafeFileHandle directory)
    {
        Interlocked.Increment(ref _fills);
        FileCalls.Open(directory, "file"u8, OpenFlags.WriteOnly | OpenFlags.Create, 0x1A4).Dispose();
    }
}
