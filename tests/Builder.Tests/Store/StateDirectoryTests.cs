using Bld.Builder.Store;

namespace Bld.Builder.Tests.Store;

public sealed class StateDirectoryTests : IDisposable
{
    private readonly TemporaryPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void A_new_directory_gets_its_layout_and_opens_again()
    {
        using (var state = _place.OpenState())
        {
            Assert.True(Directory.Exists(state.SnapshotsPath));
            Assert.Equal("1\n", File.ReadAllText($"{state.Root}/version"));
        }

        using var again = _place.OpenState();
        Assert.Equal(_place.Root, again.Root);
    }

    [Fact]
    public void A_directory_of_somebody_else_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(_place.Root);
        File.WriteAllText($"{_place.Root}/letter", "x");
        var error = Assert.Throws<BuildException>(_place.OpenState);
        Assert.Contains("'letter'", error.Message, StringComparison.Ordinal);
        Assert.Equal([$"{_place.Root}/letter"], Directory.GetFileSystemEntries(_place.Root));
    }

    [Fact]
    public void Another_version_is_refused()
    {
        _place.OpenState().Dispose();
        File.WriteAllText($"{_place.Root}/version", "2\n");
        Assert.Contains("version '2'", Assert.Throws<BuildException>(_place.OpenState).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_making_that_was_killed_is_taken_up_again()
    {
        Directory.CreateDirectory($"{_place.Root}/images");
        File.WriteAllText($"{_place.Root}/version.new", "");
        using var state = _place.OpenState();
        Assert.True(Directory.Exists(state.TemporaryPath));
    }

    [Fact]
    public void Leftovers_of_the_dead_are_removed_and_those_of_the_living_stay()
    {
        using var first = _place.OpenState();
        using var living = first.CreateTemporary("living");
        Directory.CreateDirectory($"{first.TemporaryPath}/dead/a/b");
        File.WriteAllText($"{first.TemporaryPath}/dead/a/b/c", "x");
        using var second = _place.OpenState();
        Assert.Equal([living.Path], Directory.GetFileSystemEntries(first.TemporaryPath));
    }

    [Fact]
    public void A_temporary_directory_vanishes_with_its_owner()
    {
        using var state = _place.OpenState();
        string path;
        using (var temporary = state.CreateTemporary("x"))
        {
            path = temporary.Path;
            Directory.CreateDirectory($"{path}/full/of/things");
        }

        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public void A_published_file_replaces_the_old_one_and_makes_missing_directories()
    {
        using var state = _place.OpenState();
        state.PublishFile("cache/ab/key.json", "one"u8);
        state.PublishFile("cache/ab/key.json", "two"u8, durable: false);
        Assert.Equal("two"u8.ToArray(), state.ReadFile("cache/ab/key.json"));
        Assert.Null(state.ReadFile("cache/ab/other.json"));
    }

    [Fact]
    public void Files_longer_than_a_buffer_are_read_whole()
    {
        using var state = _place.OpenState();
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        state.PublishFile("containers/x", bytes);
        Assert.Equal(bytes, state.ReadFile("containers/x"));
    }

    [Theory]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(1 << 20)]
    public void Files_of_any_length_are_read_to_their_last_byte(int length)
    {
        using var state = _place.OpenState();
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        state.PublishFile("one", bytes);
        Assert.Equal(bytes, state.ReadFile("one"));
    }

    [Fact]
    public void Files_of_the_kernel_that_say_they_are_empty_are_read_whole()
    {
        // One read gives less than a page of it, whose lines are not cut, and there is more than a page.
        using var file = File.OpenHandle("/proc/self/smaps");
        var lines = System.Text.Encoding.ASCII.GetString(StateDirectory.ReadToEnd(file)).Split('\n');
        Assert.InRange(lines.Count(static line => line.StartsWith("VmFlags:", StringComparison.Ordinal)), 50, int.MaxValue);
        Assert.Equal("", lines[^1]);
    }

    [Fact]
    public void The_whole_is_locked_only_when_nobody_else_uses_it()
    {
        using var first = _place.OpenState();
        using (_place.OpenState())
        {
            Assert.False(first.TryLockAll());
        }

        Assert.True(first.TryLockAll());
        first.ShareAll();
        using var third = _place.OpenState();
        Assert.False(third.TryLockAll());
    }
}
